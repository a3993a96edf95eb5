package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.random.RandomKey;
import dev.tenrec.type.DType;
import java.util.Arrays;
import java.util.Objects;

/**
 * Options of convolution layers, read when a layer is made. Where a number is asked for per spatial axis, one number
 * counts for all.
 *
 * <pre>{@code
 * new Conv2d(64, 128, ConvOptions.kernel(3).stride(2).padding(1).withoutBias());
 * }</pre>
 */
public final class ConvOptions {

    long[] kernel;
    long[] stride = {1};
    long[] padding = {0};
    long[] outputPadding = {0};
    long[] dilation = {1};
    boolean same;
    PaddingMode mode = PaddingMode.ZEROS;
    long groups = 1;
    DType dtype = DType.F32;
    Initializer weight = Initializers.fanInUniform();
    Initializer bias = Initializers.fanInUniform();
    RandomKey key;

    private ConvOptions(long[] kernel) {
        this.kernel = kernel;
    }

    /**
     * Starts with the kernel's size; the stride is 1, there is no padding, one group and a bias.
     *
     * @param sizes one for all axes or one per axis, 1 or more
     * @return options, to be changed
     */
    public static ConvOptions kernel(long... sizes) {
        return new ConvOptions(sizes.clone());
    }

    /**
     * Sets the step between positions of the kernel.
     *
     * @param newStride 1 or more
     * @return this
     */
    public ConvOptions stride(long... newStride) {
        stride = newStride.clone();
        return this;
    }

    /**
     * Sets what is added to both ends of each axis; of a transposed convolution it is cut off its output.
     *
     * @param newPadding 0 or more
     * @return this
     */
    public ConvOptions padding(long... newPadding) {
        padding = newPadding.clone();
        same = false;
        return this;
    }

    /**
     * Pads so that the output has the input's size. The stride must be 1. An odd element is added behind.
     *
     * @return this
     */
    public ConvOptions same() {
        same = true;
        return this;
    }

    /**
     * Pads nothing: the kernel stays within the input. This is so at first.
     *
     * @return this
     */
    public ConvOptions valid() {
        return padding(0);
    }

    /**
     * Sets what the padding consists of; for layers that are not transposed.
     *
     * @param newMode the mode
     * @return this
     */
    public ConvOptions paddingMode(PaddingMode newMode) {
        mode = Objects.requireNonNull(newMode);
        return this;
    }

    /**
     * Sets what a transposed convolution adds behind its output.
     *
     * @param newPadding 0 or more, below the stride or the dilation
     * @return this
     */
    public ConvOptions outputPadding(long... newPadding) {
        outputPadding = newPadding.clone();
        return this;
    }

    /**
     * Sets the distance between the elements the kernel takes.
     *
     * @param newDilation 1 or more
     * @return this
     */
    public ConvOptions dilation(long... newDilation) {
        dilation = newDilation.clone();
        return this;
    }

    /**
     * Sets the number of groups; as many groups as input channels make a depthwise convolution.
     *
     * @param newGroups 1 or more; divides the numbers of channels
     * @return this
     */
    public ConvOptions groups(long newGroups) {
        groups = newGroups;
        return this;
    }

    /**
     * Sets the element type.
     *
     * @param newDtype F32 or F64
     * @return this
     */
    public ConvOptions dtype(DType newDtype) {
        dtype = newDtype;
        return this;
    }

    /**
     * Sets how the weight starts.
     *
     * @param initializer the initialiser
     * @return this
     */
    public ConvOptions weight(Initializer initializer) {
        weight = initializer;
        return this;
    }

    /**
     * Sets how the bias starts.
     *
     * @param initializer the initialiser
     * @return this
     */
    public ConvOptions bias(Initializer initializer) {
        bias = initializer;
        return this;
    }

    /**
     * Leaves the bias out.
     *
     * @return this
     */
    public ConvOptions withoutBias() {
        bias = null;
        return this;
    }

    /**
     * Sets where the first values come from.
     *
     * @param newKey the key
     * @return this
     */
    public ConvOptions key(RandomKey newKey) {
        key = newKey;
        return this;
    }

    /** One number per axis. */
    static long[] perAxis(String layer, String what, int axes, long least, long[] given) {
        boolean fits = given.length == 1 || given.length == axes;
        if (!fits || Arrays.stream(given).anyMatch(value -> value < least)) {
            throw new InvalidArgument(Message.of(layer, what + " out of range")
                    .line(
                            "expected",
                            (axes == 1 ? "1 number" : "1 or " + axes + " numbers") + " of " + least + " or more")
                    .line("given", Arrays.toString(given))
                    .toString());
        }
        long[] all = Arrays.copyOf(given, axes);
        if (given.length == 1) {
            Arrays.fill(all, given[0]);
        }
        return all;
    }
}
