package dev.tenrec.engine;

import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/**
 * Layouts of one shape with as few axes as possible.
 *
 * @param space their shape
 * @param boundary how many of its axes come before the boundary
 * @param layouts the layouts, in order
 */
record Collapsed(Shape space, int boundary, Layout[] layouts) {

    /**
     * Merges axes that all layouts can walk with one stride, and drops axes of size 1.
     *
     * @param layouts of one shape
     * @param boundary axes before and from this one on are not merged with each other
     */
    static Collapsed of(Layout[] layouts, int boundary) {
        Shape space = layouts[0].shape();
        int rank = space.rank();
        int[] target = new int[rank];
        long[] sizes = new long[rank];
        int count = 0;
        int before = 0;
        int last = -1;
        for (int axis = 0; axis < rank; axis++) {
            target[axis] = -1;
            if (space.size(axis) == 1) {
                continue;
            }
            boolean merges = last >= 0 && (last >= boundary || axis < boundary);
            for (Layout layout : layouts) {
                merges = merges && layout.stride(last) == layout.stride(axis) * space.size(axis);
            }
            if (merges) {
                sizes[count - 1] *= space.size(axis);
            } else {
                before += axis < boundary ? 1 : 0;
                sizes[count++] = space.size(axis);
            }
            target[axis] = count - 1;
            last = axis;
        }
        Shape collapsed = Shape.of(Arrays.copyOf(sizes, count));
        Layout[] result = new Layout[layouts.length];
        for (int i = 0; i < layouts.length; i++) {
            long[] strides = new long[count];
            for (int axis = 0; axis < rank; axis++) {
                if (target[axis] >= 0) {
                    strides[target[axis]] = layouts[i].stride(axis);
                }
            }
            result[i] = Layout.of(collapsed, strides, layouts[i].offset());
        }
        return new Collapsed(collapsed, before, result);
    }
}
