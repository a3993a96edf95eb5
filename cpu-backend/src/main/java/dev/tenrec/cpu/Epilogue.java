package dev.tenrec.cpu;

/** Work on a finished block of a product while it is still in the cache, such as adding a bias or an activation. */
@FunctionalInterface
public interface Epilogue {
    /** Does nothing. */
    Epilogue NONE = (batch, rowStart, rowEnd, colStart, colEnd) -> {};

    /**
     * Called after all of a block of the result has been written to its segment. The blocks of one product cover every
     * element exactly once; how they are cut depends on the problem alone. Calls come from several threads at once.
     *
     * @param batch which matrix of the batch
     * @param rowStart first row of the block
     * @param rowEnd first row after the block
     * @param colStart first column of the block
     * @param colEnd first column after the block
     */
    void apply(int batch, int rowStart, int rowEnd, int colStart, int colEnd);
}
