package dev.tenrec.benchmarks;

/**
 * The sizes of a product [rows, inner] · [inner, columns].
 *
 * @param rows M
 * @param inner K
 * @param columns N
 */
record MatMulShape(int rows, int inner, int columns) {

    /**
     * Reads {@code MxKxN}, or one number for square matrices.
     *
     * @throws BadInput if the text has another form, or a matrix more elements than a Java array can hold
     */
    static MatMulShape parse(String text) {
        String[] sizes = text.strip().split("x", -1);
        if (sizes.length != 1 && sizes.length != 3) {
            throw new BadInput("shape is neither MxKxN nor one size: \"" + text + '"');
        }
        int first = Work.positive("shape", sizes[0]);
        MatMulShape shape = sizes.length == 1
                ? new MatMulShape(first, first, first)
                : new MatMulShape(first, Work.positive("shape", sizes[1]), Work.positive("shape", sizes[2]));
        long largest = Math.max((long) shape.rows * shape.inner, (long) shape.inner * shape.columns);
        if (Math.max(largest, (long) shape.rows * shape.columns) > Integer.MAX_VALUE / 2) {
            throw new BadInput("shape is too large, a matrix has at most 2^30 elements: \"" + text + '"');
        }
        return shape;
    }

    /** {@return multiplications and additions of one product} */
    double operations() {
        return 2.0 * rows * inner * columns;
    }

    /** {@return bytes of the three matrices} */
    long bytes() {
        return Float.BYTES * ((long) rows * inner + (long) inner * columns + (long) rows * columns);
    }
}
