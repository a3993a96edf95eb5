package dev.tenrec.examples;

import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.ConvOptions;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Flatten;
import dev.tenrec.nn.MaxPool2d;
import dev.tenrec.nn.Sequential;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Shape;

/** The networks that can be trained on Fashion-MNIST. */
public enum Network {
    /** 784-512-256-10 with ReLU. */
    DENSE,
    /** Two convolutions of 3 x 3 with 32 and 64 channels, each with ReLU and pooling, then 128 units and 10. */
    CNN;

    /** The convolutional network's first convolution and its activation end before this module. */
    static final int FIRST_BLOCK = 2;

    /** And the second ones before this. */
    static final int SECOND_BLOCK = 5;

    private static final int CLASSES = FashionMnistData.CLASS_NAMES.size();
    private static final int SIDE_AFTER_POOLS = ImageSet.SIDE / 4;

    /** {@return the network with new weights} */
    Sequential create(long seed) {
        Sequential model = switch (this) {
            case DENSE ->
                Sequential.of(
                        new Dense(ImageSet.PIXELS, 512),
                        Activation.RELU,
                        new Dense(512, 256),
                        Activation.RELU,
                        new Dense(256, CLASSES));
            case CNN ->
                Sequential.of(
                        new Conv2d(1, 32, ConvOptions.kernel(3).same()),
                        Activation.RELU,
                        new MaxPool2d(2),
                        new Conv2d(32, 64, ConvOptions.kernel(3).same()),
                        Activation.RELU,
                        new MaxPool2d(2),
                        new Flatten(),
                        new Dense(64 * SIDE_AFTER_POOLS * SIDE_AFTER_POOLS, 128),
                        Activation.RELU,
                        new Dense(128, CLASSES));
        };
        model.initialize(seed);
        return model;
    }

    /** {@return the learning rate at first unless the user says} */
    float learningRate() {
        return this == DENSE ? 1e-3f : 4e-3f;
    }

    /** {@return how the learning rate goes unless the user says} */
    RateSchedule schedule() {
        return this == DENSE ? RateSchedule.CONSTANT : RateSchedule.COSINE;
    }

    /** {@return the shape that a batch has when it enters the network} */
    Shape input(long batch) {
        return this == DENSE ? Shape.of(batch, ImageSet.PIXELS) : Shape.of(batch, 1, ImageSet.SIDE, ImageSet.SIDE);
    }

    /** {@return pictures in the shape of {@link #input}} */
    Tensor shaped(Tensor pixels) {
        return pixels.reshape(input(pixels.shape().size(0)).sizes());
    }
}
