package dev.tenrec.ir;

import dev.tenrec.type.Layout;

/** What a compiled kernel may rely on about an operand's layout. */
public enum LayoutClass {
    /** Dense in the order of the iteration space. */
    CONTIGUOUS,
    /** One element for the whole iteration space. */
    SCALAR,
    /** Any strides. */
    STRIDED;

    /**
     * Classifies a layout that has the shape of the iteration space.
     *
     * @param layout the operand's layout
     * @return the narrowest class
     */
    public static LayoutClass of(Layout layout) {
        if (layout.isContiguous()) {
            return CONTIGUOUS;
        }
        return layout.isScalar() ? SCALAR : STRIDED;
    }
}
