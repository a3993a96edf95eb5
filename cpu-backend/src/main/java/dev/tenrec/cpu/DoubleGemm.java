package dev.tenrec.cpu;

/** Matrix product of 64-bit doubles from packed panels. */
final class DoubleGemm extends BlockedGemm {
    /** The micro-kernel of this machine. */
    static final DoubleTile TILE = select();

    private static final int ROWS = TILE.rows();
    private static final int COLS = TILE.cols();

    // A panel of B of two 256-bit vectors then takes 16 KiB, half of a first-level cache of 32 KiB.
    private static final int DEPTH = 256;

    private double[] panelsA;
    private double[] panelsB;

    DoubleGemm(GemmShape shape, MatrixRef a, MatrixRef b, MatrixRef c, boolean accumulate, Epilogue epilogue) {
        super(shape, a, b, c, accumulate, epilogue, ROWS, COLS, DEPTH);
    }

    private DoubleGemm(DoubleGemm whole, double[] panelsA, double[] panelsB) {
        super(whole);
        this.panelsA = panelsA;
        this.panelsB = panelsB;
    }

    @Override
    BlockedGemm part(Workspace local, int sizeA, int sizeB) {
        return new DoubleGemm(
                this,
                sizeA == 0 ? panelsA : local.doublePanelsA(sizeA),
                sizeB == 0 ? panelsB : local.doublePanelsB(sizeB));
    }

    private static DoubleTile select() {
        return CpuVector.scalar() ? new DoubleTileScalar() : new DoubleTileWarming();
    }

    @Override
    void reserve(Workspace workspace, int sizeA, int sizeB, KeptPanels.Use useA, KeptPanels.Use useB) {
        panelsA = useA == null ? workspace.doublePanelsA(sizeA) : kept(useA, sizeA);
        panelsB = useB == null ? workspace.doublePanelsB(sizeB) : kept(useB, sizeB);
    }

    private static double[] kept(KeptPanels.Use use, int size) {
        return use.panels() == null ? new double[size] : (double[]) use.panels();
    }

    @Override
    void keepA(KeptPanels.Use use) {
        use.keep(panelsA, (long) panelsA.length * Double.BYTES);
    }

    @Override
    void keepB(KeptPanels.Use use) {
        use.keep(panelsB, (long) panelsB.length * Double.BYTES);
    }

    @Override
    int elementBytes() {
        return Double.BYTES;
    }

    @Override
    void packA(Workspace local, int row, int rows, int p, int depth, int start) {
        double[] line = local.doubleRows(DoublePanels.stage(rows));
        DoublePanels.pack(
                a.segment(),
                a.index(batch, row, p),
                a.rowStride(),
                a.colStride(),
                rows,
                depth,
                ROWS,
                panelsA,
                start,
                ROWS * depth,
                line);
    }

    @Override
    void packB(Workspace local, int col, int cols, int p, int depth, int start) {
        double[] line = local.doubleRows(DoublePanels.stage(cols));
        DoublePanels.pack(
                b.segment(),
                b.index(batch, p, col),
                b.colStride(),
                b.rowStride(),
                cols,
                depth,
                COLS,
                panelsB,
                start,
                COLS * depth,
                line);
    }

    @Override
    void tile(Workspace local, int depth, int startA, int startB, int row, int col, int rows, int cols, boolean add) {
        double[] tile = local.doubleTile(ROWS * COLS);
        TILE.multiply(depth, panelsA, startA, panelsB, startB, tile);
        long at = c.index(batch, row, col) * Double.BYTES;
        long rowBytes = c.rowStride() * Double.BYTES;
        if (rows == ROWS && cols == COLS) {
            TILE.store(tile, c.segment(), at, rowBytes, add);
        } else {
            TILE.storePart(tile, c.segment(), at, rowBytes, add, rows, cols);
        }
    }
}
