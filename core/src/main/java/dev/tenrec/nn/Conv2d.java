package dev.tenrec.nn;

/**
 * A convolution (cross-correlation) over [N, in, H, W]. Each spatial size becomes
 * ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 */
public final class Conv2d extends Convolution {

    /**
     * Makes a layer of F32 with a bias, stride 1 and no padding.
     *
     * @param in input channels, 1 or more
     * @param out output channels, 1 or more
     * @param kernel size of the kernel along each axis, 1 or more
     * @throws dev.tenrec.error.InvalidArgument if a number is out of range
     */
    public Conv2d(long in, long out, long kernel) {
        this(in, out, ConvOptions.kernel(kernel));
    }

    /**
     * Makes a layer.
     *
     * @param in input channels, 1 or more
     * @param out output channels, 1 or more
     * @param options everything else
     * @throws dev.tenrec.error.InvalidArgument if a number is out of range, or the groups do not divide the channels
     */
    public Conv2d(long in, long out, ConvOptions options) {
        super(2, false, in, out, options);
    }
}
