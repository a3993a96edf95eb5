package dev.tenrec.benchmarks.work;

/** The sizes of a matrix that fits into a Java array. */
record Matrix(int rows, int columns) {
    private static final long LARGEST = 1 << 30;

    static Matrix parse(String rows, String columns) {
        Matrix matrix = new Matrix(Sizes.positive("rows", rows), Sizes.positive("columns", columns));
        if ((long) matrix.rows * matrix.columns > LARGEST) {
            throw new BadInput("matrix is too large, it has at most 2^30 elements: rows=" + rows.strip() + " columns="
                    + columns.strip());
        }
        return matrix;
    }
}
