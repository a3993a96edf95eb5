package dev.tenrec.examples;

import java.util.Objects;

/**
 * A test image that was taken for another class.
 *
 * @param image 784 unsigned bytes, row by row
 * @param actual the label of the image
 * @param predicted the class with the highest probability
 * @param probability that probability, 0 to 1
 */
public record WrongPrediction(byte[] image, int actual, int predicted, double probability) {
    /**
     * Checks the image size and the classes.
     *
     * @throws IllegalArgumentException if the image has another size
     * @throws IndexOutOfBoundsException if a class is not 0 to 9
     */
    public WrongPrediction {
        if (image.length != ImageSet.PIXELS) {
            throw new IllegalArgumentException(
                    "wrong prediction: expected an image of " + ImageSet.PIXELS + " bytes, given " + image.length);
        }
        Objects.checkIndex(actual, FashionMnistData.CLASS_NAMES.size());
        Objects.checkIndex(predicted, FashionMnistData.CLASS_NAMES.size());
    }
}
