package dev.tenrec.cpu;

import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/** Some axes of a view, merged where one stride can walk them; strides count bytes. Positions are row-major. */
record Axes(long[] sizes, long[] strides, long count) {

    /** The axes {@code from} to {@code to} of a layout whose elements have {@code size} bytes. */
    static Axes of(Layout layout, int from, int to, int size) {
        long[] sizes = Arrays.copyOfRange(layout.shape().sizes(), from, to);
        long[] strides = Arrays.copyOfRange(layout.strides(), from, to);
        Layout merged = Layout.of(Shape.of(sizes), strides, 0).collapse();
        long[] bytes = merged.strides();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] *= size;
        }
        return new Axes(merged.shape().sizes(), bytes, merged.shape().elementCount());
    }

    /** How far a position lies from the first, in bytes. */
    long offset(long position) {
        long rest = position;
        long offset = 0;
        for (int i = sizes.length - 1; i > 0; i--) {
            offset += rest % sizes[i] * strides[i];
            rest /= sizes[i];
        }
        return sizes.length == 0 ? 0 : offset + rest * strides[0];
    }

    /** Elements along the last axis; 1 without axes. */
    long lastSize() {
        return sizes.length == 0 ? 1 : sizes[sizes.length - 1];
    }

    /** Bytes between elements along the last axis; 0 without axes. */
    long lastStride() {
        return sizes.length == 0 ? 0 : strides[strides.length - 1];
    }

    /** These axes without the last one. */
    Axes withoutLast() {
        int rank = Math.max(0, sizes.length - 1);
        return new Axes(Arrays.copyOf(sizes, rank), Arrays.copyOf(strides, rank), count / lastSize());
    }
}
