package dev.tenrec.examples;

import java.util.Arrays;
import java.util.Objects;

/**
 * Grey images and the class of each.
 *
 * @param images unsigned bytes, shape [count, 28, 28] in row-major order; 0 is the background
 * @param labels class of each image, shape [count], 0 to 9
 */
public record ImageSet(byte[] images, byte[] labels) {
    /** The height and the width of an image, in pixels. */
    public static final int SIDE = 28;

    /** The pixels of one image. */
    public static final int PIXELS = SIDE * SIDE;

    /**
     * Checks that there is one label per image.
     *
     * @throws IllegalArgumentException if the lengths disagree
     */
    public ImageSet {
        if (images.length != (long) labels.length * PIXELS) {
            throw new IllegalArgumentException("image set: expected " + labels.length + " * " + PIXELS
                    + " bytes of images for " + labels.length + " labels, given " + images.length);
        }
    }

    /** {@return the number of images} */
    public int count() {
        return labels.length;
    }

    /**
     * Copies one image.
     *
     * @param index 0 to {@code count() - 1}
     * @return 784 unsigned bytes, row by row
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public byte[] image(int index) {
        int start = Objects.checkIndex(index, count()) * PIXELS;
        return Arrays.copyOfRange(images, start, start + PIXELS);
    }
}
