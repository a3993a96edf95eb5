package dev.tenrec.cpu;

/** Matrix product of 32-bit floats from packed panels. */
final class FloatGemm extends BlockedGemm {
    /** The micro-kernel of this machine. */
    static final FloatTile TILE = select();

    private static final int ROWS = TILE.rows();
    private static final int COLS = TILE.cols();

    // A panel of B of two 256-bit vectors then takes 16 KiB, half of a first-level cache of 32 KiB.
    private static final int DEPTH = 256;

    private float[] panelsA;
    private float[] panelsB;

    FloatGemm(GemmShape shape, MatrixRef a, MatrixRef b, MatrixRef c, boolean accumulate, Epilogue epilogue) {
        super(shape, a, b, c, accumulate, epilogue, ROWS, COLS, DEPTH);
    }

    private FloatGemm(FloatGemm whole, float[] panelsA, float[] panelsB) {
        super(whole);
        this.panelsA = panelsA;
        this.panelsB = panelsB;
    }

    @Override
    BlockedGemm part(Workspace local, int sizeA, int sizeB) {
        return new FloatGemm(
                this,
                sizeA == 0 ? panelsA : local.floatPanelsA(sizeA),
                sizeB == 0 ? panelsB : local.floatPanelsB(sizeB));
    }

    private static FloatTile select() {
        return CpuVector.scalar() ? new FloatTileScalar() : new FloatTileWarming();
    }

    @Override
    void reserve(Workspace workspace, int sizeA, int sizeB, KeptPanels.Use useA, KeptPanels.Use useB) {
        panelsA = useA == null ? workspace.floatPanelsA(sizeA) : kept(useA, sizeA);
        panelsB = useB == null ? workspace.floatPanelsB(sizeB) : kept(useB, sizeB);
    }

    private static float[] kept(KeptPanels.Use use, int size) {
        return use.panels() == null ? new float[size] : (float[]) use.panels();
    }

    @Override
    void keepA(KeptPanels.Use use) {
        use.keep(panelsA, (long) panelsA.length * Float.BYTES);
    }

    @Override
    void keepB(KeptPanels.Use use) {
        use.keep(panelsB, (long) panelsB.length * Float.BYTES);
    }

    @Override
    int elementBytes() {
        return Float.BYTES;
    }

    @Override
    void packA(Workspace local, int row, int rows, int p, int depth, int start) {
        float[] line = local.floatRows(FloatPanels.stage(rows));
        FloatPanels.pack(
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
        float[] line = local.floatRows(FloatPanels.stage(cols));
        FloatPanels.pack(
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
        float[] tile = local.floatTile(ROWS * COLS);
        TILE.multiply(depth, panelsA, startA, panelsB, startB, tile);
        long at = c.index(batch, row, col) * Float.BYTES;
        long rowBytes = c.rowStride() * Float.BYTES;
        if (rows == ROWS && cols == COLS) {
            TILE.store(tile, c.segment(), at, rowBytes, add);
        } else {
            TILE.storePart(tile, c.segment(), at, rowBytes, add, rows, cols);
        }
    }
}
