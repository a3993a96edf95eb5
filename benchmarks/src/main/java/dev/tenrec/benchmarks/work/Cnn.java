package dev.tenrec.benchmarks.work;

import java.util.List;

/**
 * The convolutional network that is trained, on images of 28 x 28 with one channel: 3 x 3 with 32 channels, ReLU, max
 * pooling 2 x 2, 3 x 3 with 64 channels, ReLU, max pooling 2 x 2, dense layers of 128 with ReLU and of 10. Nothing is
 * padded.
 */
public final class Cnn {

    /** Height and width of an image. */
    public static final int SIDE = 28;

    /** Height and width of the filters. */
    public static final int KERNEL = 3;

    /** Height, width and steps of the pools. */
    public static final int POOL = 2;

    /** Channels after the first convolution. */
    public static final int FIRST = 32;

    /** Channels after the second convolution. */
    public static final int SECOND = 64;

    /** Numbers that come out of the convolutions. */
    public static final int FEATURES = SECOND * 5 * 5;

    /** Units of the first dense layer. */
    public static final int UNITS = 128;

    /** Numbers that come out of the network. */
    public static final int CLASSES = Mlp.CLASSES;

    private Cnn() {}

    /**
     * Makes weights and biases by turns.
     *
     * @return from input to output
     */
    public static List<Parameter> parameters() {
        double he = Math.sqrt(6);
        return List.of(
                Parameter.uniform(he, 200, FIRST, 1, KERNEL, KERNEL),
                Parameter.zeros(FIRST),
                Parameter.uniform(he, 201, SECOND, FIRST, KERNEL, KERNEL),
                Parameter.zeros(SECOND),
                Parameter.uniform(he, 202, UNITS, FEATURES),
                Parameter.zeros(UNITS),
                Parameter.uniform(he, 203, CLASSES, UNITS),
                Parameter.zeros(CLASSES));
    }

    /** Counts multiply-adds of an example's training step: the first convolution's input needs no gradient. */
    static double products() {
        double first = 26 * 26 * FIRST * KERNEL * KERNEL;
        double second = 11 * 11 * SECOND * FIRST * KERNEL * KERNEL;
        return 2 * first + 3 * (second + FEATURES * UNITS + UNITS * CLASSES);
    }
}
