package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;
import java.util.Arrays;

/**
 * Pools the last axes of [N, C, spatial…] to given sizes, whatever the input's: output i of n takes the elements from
 * ⌊i·size/n⌋ to ⌈(i + 1)·size/n⌉. Of size 1 it is global pooling.
 */
public final class AdaptivePool extends Module {

    private final boolean max;
    private final long[] sizes;

    private AdaptivePool(boolean max, long[] sizes) {
        if (sizes.length == 0 || Arrays.stream(sizes).anyMatch(size -> size < 1)) {
            throw new InvalidArgument(Message.of("AdaptivePool", "sizes out of range")
                    .line("expected", "one per spatial axis, 1 or more")
                    .line("given", Arrays.toString(sizes))
                    .toString());
        }
        this.max = max;
        this.sizes = sizes.clone();
    }

    /**
     * Takes means.
     *
     * @param sizes the output's sizes, one per spatial axis
     * @return a layer
     * @throws InvalidArgument if there are none or one is below 1
     */
    public static AdaptivePool average(long... sizes) {
        return new AdaptivePool(false, sizes);
    }

    /**
     * Takes the largest elements.
     *
     * @param sizes the output's sizes, one per spatial axis
     * @return a layer
     * @throws InvalidArgument if there are none or one is below 1
     */
    public static AdaptivePool max(long... sizes) {
        return new AdaptivePool(true, sizes);
    }

    /**
     * Takes the mean of all positions.
     *
     * @param axes number of spatial axes; each is of size 1 then
     * @return a layer
     */
    public static AdaptivePool globalAverage(int axes) {
        return new AdaptivePool(false, ones(axes));
    }

    /**
     * Takes the largest element of all positions.
     *
     * @param axes number of spatial axes; each is of size 1 then
     * @return a layer
     */
    public static AdaptivePool globalMax(int axes) {
        return new AdaptivePool(true, ones(axes));
    }

    private static long[] ones(int axes) {
        long[] ones = new long[Math.max(0, axes)];
        Arrays.fill(ones, 1);
        return ones;
    }

    @Override
    protected Tensor compute(Tensor input) {
        int first = input.rank() - sizes.length;
        if (first < 1 || input.elementCount() == 0) {
            throw new ShapeMismatch(Message.of("AdaptivePool", "input does not fit")
                    .line("expected", "at least " + (sizes.length + 1) + " axes, none empty", toString())
                    .line("given", input.shape())
                    .toString());
        }
        Tensor result = input;
        for (int i = 0; i < sizes.length; i++) {
            // Means and largest elements of rectangles are those of their rows, then of what these give.
            result = pool(result, first + i, sizes[i]);
        }
        return result;
    }

    private Tensor pool(Tensor x, int axis, long count) {
        long size = x.size(axis);
        if (size % count == 0) {
            Tensor split = x.reshape(x.shape().with(axis, count).insert(axis + 1, size / count));
            return max ? split.max(axis + 1) : split.mean(axis + 1);
        }
        Tensor[] parts = new Tensor[Math.toIntExact(count)];
        for (int i = 0; i < parts.length; i++) {
            Tensor part = x.slice(axis, i * size / count, Math.ceilDiv((i + 1) * size, count));
            parts[i] = max ? part.max(true, axis) : part.mean(true, axis);
        }
        return Tensor.concat(axis, parts);
    }

    /** Returns the type, what it takes, and the sizes. */
    @Override
    public String toString() {
        return "AdaptivePool(" + (max ? "max " : "average ") + Arrays.toString(sizes) + ")";
    }
}
