package dev.tenrec.testkit.kernel;

import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;

/** The kinds of layout that operands come in. Each applies to every shape. */
public enum View {
    /** Dense, at the start. */
    CONTIGUOUS,
    /** Dense, at an odd offset. */
    OFFSET,
    /** Axes stored in reverse order. */
    TRANSPOSED,
    /** Every second element of rows that are longer than the view, at an offset. */
    SLICED,
    /** Dense, walked backwards on every axis. */
    REVERSED,
    /** One row repeated. */
    ROW,
    /** One column repeated. */
    COLUMN,
    /** One element repeated. */
    SCALAR;

    /** Those in which every index has an element of its own, so that outputs may have them. */
    public static final View[] DISTINCT = {CONTIGUOUS, OFFSET, TRANSPOSED, SLICED, REVERSED};

    /**
     * Makes the layout.
     *
     * @param shape the operand's shape
     * @return a layout of that shape that touches no position below 0
     */
    public Layout layout(Shape shape) {
        int rank = shape.rank();
        long[] strides = shape.denseStrides();
        return switch (this) {
            case CONTIGUOUS -> Layout.dense(shape);
            case OFFSET -> Layout.of(shape, strides, 3);
            case TRANSPOSED -> {
                long stride = 1;
                for (int axis = 0; axis < rank; axis++) {
                    strides[axis] = stride;
                    stride *= Math.max(shape.size(axis), 1);
                }
                yield Layout.of(shape, strides, 0);
            }
            case SLICED -> {
                long stride = 2;
                for (int axis = rank - 1; axis >= 0; axis--) {
                    strides[axis] = stride;
                    stride = stride * Math.max(shape.size(axis), 1) + 3;
                }
                yield Layout.of(shape, strides, 1);
            }
            case REVERSED -> {
                for (int axis = 0; axis < rank; axis++) {
                    strides[axis] = -strides[axis];
                }
                yield Layout.of(shape, strides, Math.max(shape.elementCount() - 1, 0));
            }
            case ROW -> {
                for (int axis = 0; axis < rank - 1; axis++) {
                    strides[axis] = 0;
                }
                yield Layout.of(shape, strides, 0);
            }
            case COLUMN -> {
                for (int axis = 0; axis < rank; axis++) {
                    strides[axis] = axis == rank - 1 ? 0 : strides[axis] / Math.max(shape.size(rank - 1), 1);
                }
                yield Layout.of(shape, strides, 0);
            }
            case SCALAR -> Layout.of(shape, new long[rank], 0);
        };
    }

    /**
     * Lists where the elements of a layout lie, in row-major order of the index.
     *
     * @param layout the layout
     * @return positions in elements
     */
    public static int[] positions(Layout layout) {
        Shape shape = layout.shape();
        int count = Math.toIntExact(shape.elementCount());
        int[] positions = new int[count];
        int rank = shape.rank();
        long[] index = new long[rank];
        long[] strides = layout.strides();
        long position = layout.offset();
        for (int i = 0; i < count; i++) {
            positions[i] = (int) position;
            for (int axis = rank - 1; axis >= 0; axis--) {
                position += strides[axis];
                if (++index[axis] < shape.size(axis)) {
                    break;
                }
                position -= strides[axis] * shape.size(axis);
                index[axis] = 0;
            }
        }
        return positions;
    }
}
