package dev.tenrec.cpu;

import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;

/** Moves elements between a view of any strides and dense memory, in the row-major order of the view. Immutable. */
final class Walker {
    private final MemorySegment segment;
    private final int size;
    private final long base;
    private final long[] sizes;
    private final long[] strides;
    private final long period;

    /**
     * Prepares.
     *
     * @param segment the buffer
     * @param size bytes of an element
     * @param layout the view; not empty
     */
    Walker(MemorySegment segment, int size, Layout layout) {
        Layout merged = layout.collapse();
        this.segment = segment;
        this.size = size;
        this.base = merged.offset() * size;
        this.sizes = merged.shape().sizes();
        this.strides = merged.strides();
        for (int i = 0; i < strides.length; i++) {
            strides[i] *= size;
        }
        long count = merged.shape().elementCount();
        this.period = strides.length > 1 && strides[0] == 0 ? count / sizes[0] : 0;
    }

    /** After so many elements all repeats; 0 if it does not. */
    long period() {
        return period;
    }

    /**
     * Reads elements into dense memory.
     *
     * @param position the first, counted row-major
     * @param n how many
     * @param target where to
     * @param at byte offset there
     */
    void gather(long position, int n, MemorySegment target, long at) {
        if (period == 0 || period >= n) {
            walk(position, n, target, at, true);
            return;
        }
        walk(position, (int) period, target, at, true);
        // What is there already is whole periods, so that it may be repeated.
        int done = (int) period;
        while (done < n) {
            int more = Math.min(done, n - done);
            MemorySegment.copy(target, at, target, at + (long) done * size, (long) more * size);
            done += more;
        }
    }

    /**
     * Writes elements from dense memory.
     *
     * @param position the first, counted row-major
     * @param n how many
     * @param source where from
     * @param at byte offset there
     */
    void scatter(long position, int n, MemorySegment source, long at) {
        walk(position, n, source, at, false);
    }

    private void walk(long position, int n, MemorySegment dense, long at, boolean read) {
        int last = sizes.length - 1;
        if (last < 0) {
            run(base, 0, n, dense, at, read);
            return;
        }
        long[] index = new long[sizes.length];
        long offset = base;
        long rest = position;
        for (int i = last; i >= 0; i--) {
            index[i] = rest % sizes[i];
            rest /= sizes[i];
            offset += index[i] * strides[i];
        }
        long target = at;
        int left = n;
        while (left > 0) {
            int count = (int) Math.min(left, sizes[last] - index[last]);
            run(offset, strides[last], count, dense, target, read);
            left -= count;
            target += (long) count * size;
            offset += advance(index, count);
        }
    }

    /** Moves the index on along the last axis, at most to its end, and returns by how many bytes. */
    private long advance(long[] index, int count) {
        int axis = sizes.length - 1;
        long moved = count * strides[axis];
        index[axis] += count;
        while (index[axis] == sizes[axis]) {
            index[axis] = 0;
            moved -= sizes[axis] * strides[axis];
            if (axis == 0) {
                // Past the last element the view begins again, as a repeated period does.
                return moved;
            }
            axis--;
            index[axis]++;
            moved += strides[axis];
        }
        return moved;
    }

    private void run(long offset, long stride, int count, MemorySegment dense, long at, boolean read) {
        if (!read) {
            Elements.copy(size, dense, at, size, segment, offset, stride, count);
        } else if (stride == 0) {
            Elements.fill(size, dense, at, Elements.get(size, segment, offset), count);
        } else {
            Elements.copy(size, segment, offset, stride, dense, at, size, count);
        }
    }
}
