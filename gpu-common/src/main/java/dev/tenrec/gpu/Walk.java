package dev.tenrec.gpu;

import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * How an iteration space and the operands on it are walked: sizes, and for each operand an offset and strides.
 * Neighbouring axes that every operand walks with one stride are merged, and axes of size 1 dropped.
 *
 * @param sizes of the axes, at least one
 * @param offsets of each operand's first element
 * @param strides of each operand along each axis
 * @param begin index of the first element along each axis, for kernels that read it
 * @param first row-major position of the first element
 */
record Walk(long[] sizes, long[] offsets, long[][] strides, long[] begin, long first) {

    /**
     * Plans a walk.
     *
     * @param space the iteration space
     * @param layouts of the operands, which have that shape
     * @param from first axis of the space that counts
     * @param to axis after the last that counts
     * @param merge whether axes may be merged, because no index along one is read
     */
    static Walk of(Shape space, List<Layout> layouts, int from, int to, boolean merge) {
        int operands = layouts.size();
        int most = Math.max(1, to - from);
        long[] sizes = new long[most];
        long[][] strides = new long[operands][most];
        int count = 0;
        for (int axis = from; axis < to; axis++) {
            long size = space.size(axis);
            if (merge && size == 1) {
                continue;
            }
            boolean joins = merge && count > 0;
            for (int k = 0; joins && k < operands; k++) {
                joins = strides[k][count - 1] == layouts.get(k).stride(axis) * size;
            }
            int at = joins ? count - 1 : count++;
            sizes[at] = joins ? sizes[at] * size : size;
            for (int k = 0; k < operands; k++) {
                strides[k][at] = layouts.get(k).stride(axis);
            }
        }
        if (count == 0) {
            sizes[count++] = 1;
        }
        int rank = count;
        long[][] cut = new long[operands][];
        Arrays.setAll(cut, k -> Arrays.copyOf(strides[k], rank));
        long[] offsets = layouts.stream().mapToLong(Layout::offset).toArray();
        return new Walk(Arrays.copyOf(sizes, rank), offsets, cut, new long[rank], 0);
    }

    /** Returns a walk over this one's axes and then another's, from this one's first elements. */
    Walk then(Walk inner) {
        long[][] both = new long[strides.length][];
        Arrays.setAll(both, k -> joined(strides[k], inner.strides[k]));
        long[] starts = offsets.clone();
        return new Walk(joined(sizes, inner.sizes), starts, both, joined(begin, inner.begin), first);
    }

    private static long[] joined(long[] a, long[] b) {
        long[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    int rank() {
        return sizes.length;
    }

    long count() {
        long count = 1;
        for (long size : sizes) {
            count *= size;
        }
        return count;
    }

    /** Visits parts of at most a number of elements each, in order. */
    void split(long limit, Consumer<Walk> part) {
        if (count() <= limit) {
            part.accept(this);
            return;
        }
        int axis = 0;
        while (sizes[axis] == 1) {
            axis++;
        }
        long inner = count() / sizes[axis];
        long step = Math.max(1, limit / inner);
        for (long start = 0; start < sizes[axis]; start += step) {
            long[] partSizes = sizes.clone();
            partSizes[axis] = Math.min(step, sizes[axis] - start);
            long[] partOffsets = offsets.clone();
            for (int k = 0; k < partOffsets.length; k++) {
                partOffsets[k] += start * strides[k][axis];
            }
            long[] partBegin = begin.clone();
            partBegin[axis] += start;
            new Walk(partSizes, partOffsets, strides, partBegin, first + start * inner).split(limit, part);
        }
    }
}
