package dev.tenrec.cpu;

/**
 * The loops around the micro-kernel, for one product of one element type.
 *
 * <p>Both operands are packed slab by slab into panels, in parallel; then tiles of the result are computed in parallel,
 * each by one thread and through all of the slab's depth. The depth is cut by constants alone and every element of the
 * result is summed in the same order whatever the tiles and threads are, so results are the same bit for bit.
 *
 * <p>After Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
 */
abstract class BlockedGemm {
    /** Elements of A or B in packed form at a time: 4 MiB of floats, 8 MiB of doubles. */
    private static final int PANEL_BUDGET = 1 << 20;

    /** Rows of A or columns of B in a slab at most. */
    private static final int MAX_LINES = 4096;

    /** Panels and depth packed by one task: enough for long runs in memory, few enough for all threads. */
    private static final int PACK_LINES = 96;

    /** Fewer multiplications than this are not worth another task: some 10 microseconds. */
    private static final long TASK_WORK = 1 << 19;

    /** Tiles wanted, so that threads that are not equally fast still end together. */
    private static final int TASKS_WANTED = 16;

    final int m;
    final int n;
    final int k;
    final MatrixRef a;
    final MatrixRef b;
    final MatrixRef c;
    final boolean accumulate;
    private final Epilogue epilogue;
    private final int mr;
    private final int nr;
    private final int depthBlock;

    private KeptPanels keptA;
    private KeptPanels keptB;
    private KeptPanels.Use useA;
    private KeptPanels.Use useB;

    // The current matrix and slab; written between parallel phases only.
    int batch;
    private int slabDepth;
    private int slabRow;
    private int slabRows;
    private int slabCol;
    private int slabCols;
    private int slabStart;
    private int slabEnd;
    private int tilePanelsM;
    private int tilePanelsN;

    /**
     * @param maxDepth depth of a block: a panel of B of that depth should take half of the first-level cache
     */
    BlockedGemm(
            GemmShape shape,
            MatrixRef a,
            MatrixRef b,
            MatrixRef c,
            boolean accumulate,
            Epilogue epilogue,
            int mr,
            int nr,
            int maxDepth) {
        this.m = shape.m();
        this.n = shape.n();
        this.k = shape.k();
        this.a = a;
        this.b = b;
        this.c = c;
        this.accumulate = accumulate;
        this.epilogue = epilogue;
        this.mr = mr;
        this.nr = nr;
        this.depthBlock = evenDepth(k, maxDepth);
    }

    /** Makes room for packed panels of that many elements; panels that are given or to be kept are no workspace's. */
    abstract void reserve(Workspace workspace, int sizeA, int sizeB, KeptPanels.Use useA, KeptPanels.Use useB);

    /** Hands over panels for keeping. */
    abstract void keepA(KeptPanels.Use use);

    /** Hands over panels for keeping. */
    abstract void keepB(KeptPanels.Use use);

    /** Size of an element. */
    abstract int elementBytes();

    /** Packs rows of A, from {@code row} and depth {@code p}, into the panels from {@code start}. */
    abstract void packA(Workspace local, int row, int rows, int p, int depth, int start);

    /** Packs columns of B, from {@code col} and depth {@code p}, into the panels from {@code start}. */
    abstract void packB(Workspace local, int col, int cols, int p, int depth, int start);

    /** Multiplies panels and writes or adds the valid part of the tile at {@code (row, col)}. */
    abstract void tile(
            Workspace local, int depth, int startA, int startB, int row, int col, int rows, int cols, boolean add);

    /** Cuts the depth into equal blocks, rounded so that loops unrolled by four have no rest. */
    private static int evenDepth(int k, int maxDepth) {
        int blocks = Math.max(1, Math.ceilDiv(k, maxDepth));
        return Math.max(1, Math.min(k, Math.ceilDiv(Math.ceilDiv(k, blocks), 4) * 4));
    }

    /** Lets packed operands be kept; either may be null. For single products. */
    final void keep(KeptPanels ofA, KeptPanels ofB) {
        keptA = ofA;
        keptB = ofB;
    }

    /** Looks for kept panels, where all of an operand is packed at once. */
    private void findKept() {
        boolean single = slabDepth >= k && m <= MAX_LINES && n <= MAX_LINES;
        useA = keptA == null || !single
                ? null
                : keptA.begin(new KeptPanels.Key(a.offset(), a.rowStride(), a.colStride(), m, k, mr, elementBytes()));
        useB = keptB == null || !single
                ? null
                : keptB.begin(new KeptPanels.Key(b.offset(), b.colStride(), b.rowStride(), n, k, nr, elementBytes()));
    }

    private static boolean isPacked(KeptPanels.Use use) {
        return use != null && use.panels() != null;
    }

    /** Computes matrix {@code index} of the batch, on the calling thread alone if {@code workers} is null. */
    final void run(Workers workers, Workspace workspace, int index) {
        batch = index;
        int lines = Math.min(MAX_LINES, Math.max(m, n));
        int blocks = Math.max(1, PANEL_BUDGET / (lines * depthBlock));
        slabDepth = (int) Math.min(Math.max(1, k), (long) blocks * depthBlock);
        int rowsMax = roundUp(Math.min(m, MAX_LINES), mr);
        int colsMax = roundUp(Math.min(n, MAX_LINES), nr);
        findKept();
        reserve(workspace, rowsMax * slabDepth, colsMax * slabDepth, useA, useB);
        for (slabCol = 0; slabCol < n; slabCol += MAX_LINES) {
            slabCols = Math.min(MAX_LINES, n - slabCol);
            slabStart = 0;
            do {
                slabEnd = Math.min(k, slabStart + slabDepth);
                for (slabRow = 0; slabRow < m; slabRow += MAX_LINES) {
                    slabRows = Math.min(MAX_LINES, m - slabRow);
                    pack(workers, workspace, !isPacked(useA), slabRow == 0 && !isPacked(useB));
                    keepPacked();
                    multiply(workers, workspace);
                }
                slabStart = slabEnd;
            } while (slabStart < k);
        }
    }

    private void keepPacked() {
        if (useA != null && !isPacked(useA)) {
            keepA(useA);
        }
        if (useB != null && !isPacked(useB)) {
            keepB(useB);
        }
    }

    private void pack(Workers workers, Workspace workspace, boolean withA, boolean withB) {
        int linesA = roundUp(PACK_LINES, mr);
        int linesB = roundUp(PACK_LINES, nr);
        int groupsA = withA ? Math.ceilDiv(slabRows, linesA) : 0;
        int groupsB = withB ? Math.ceilDiv(slabCols, linesB) : 0;
        int groups = groupsA + groupsB;
        int depths = Math.ceilDiv(slabEnd - slabStart, depthBlock);
        if (workers == null) {
            for (int t = 0; t < groups * depths; t++) {
                packTask(workspace, t, groups, groupsA, linesA, linesB);
            }
            return;
        }
        workers.parallel(groups * depths, t -> {
            Workspace local = workers.workspaces().acquire();
            packTask(local, t, groups, groupsA, linesA, linesB);
            workers.workspaces().release(local);
        });
    }

    private void packTask(Workspace local, int task, int groups, int groupsA, int linesA, int linesB) {
        int group = task % groups;
        int p = slabStart + task / groups * depthBlock;
        int depth = Math.min(depthBlock, slabEnd - p);
        if (group < groupsA) {
            int row = group * linesA;
            int start = (p - slabStart) * roundUp(slabRows, mr) + row * depth;
            packA(local, slabRow + row, Math.min(linesA, slabRows - row), p, depth, start);
        } else {
            int col = (group - groupsA) * linesB;
            int start = (p - slabStart) * roundUp(slabCols, nr) + col * depth;
            packB(local, slabCol + col, Math.min(linesB, slabCols - col), p, depth, start);
        }
    }

    private void multiply(Workers workers, Workspace workspace) {
        cutTiles();
        int across = Math.ceilDiv(Math.ceilDiv(slabCols, nr), tilePanelsN);
        int down = Math.ceilDiv(Math.ceilDiv(slabRows, mr), tilePanelsM);
        if (workers == null) {
            for (int t = 0; t < across * down; t++) {
                block(workspace, t / across, t % across);
            }
            return;
        }
        workers.parallel(across * down, t -> {
            Workspace local = workers.workspaces().acquire();
            block(local, t / across, t % across);
            workers.workspaces().release(local);
        });
    }

    /** Chooses the tile of a task: 96 rows of A and 256 columns of B take 360 KiB of a second-level cache of 512 KiB. */
    private void cutTiles() {
        int panelsM = Math.ceilDiv(slabRows, mr);
        int panelsN = Math.ceilDiv(slabCols, nr);
        int down = Math.ceilDiv(panelsM * mr, 96);
        int across = Math.ceilDiv(panelsN * nr, 256);
        long work = (long) slabRows * slabCols * Math.max(1, slabEnd - slabStart);
        long wanted = Math.min(TASKS_WANTED, work / TASK_WORK);
        while ((long) down * across < wanted) {
            // Halves the longer side, as the shorter one decides how often a loaded panel is used.
            boolean byRows = (long) slabRows * across >= (long) slabCols * down;
            if (byRows && down < panelsM) {
                down = Math.min(panelsM, 2 * down);
            } else if (across < panelsN) {
                across = Math.min(panelsN, 2 * across);
            } else if (down < panelsM) {
                down = Math.min(panelsM, 2 * down);
            } else {
                break;
            }
        }
        tilePanelsM = Math.ceilDiv(panelsM, down);
        tilePanelsN = Math.ceilDiv(panelsN, across);
    }

    /** One task: a block of the result through the whole depth of the slab, then its epilogue. */
    private void block(Workspace local, int blockRow, int blockCol) {
        int rowStart = blockRow * tilePanelsM * mr;
        int rowEnd = Math.min(slabRows, rowStart + tilePanelsM * mr);
        int colStart = blockCol * tilePanelsN * nr;
        int colEnd = Math.min(slabCols, colStart + tilePanelsN * nr);
        int p = slabStart;
        do {
            int depth = Math.min(depthBlock, slabEnd - p);
            boolean add = accumulate || p > 0;
            int panelsA = (p - slabStart) * roundUp(slabRows, mr);
            int panelsB = (p - slabStart) * roundUp(slabCols, nr);
            for (int col = colStart; col < colEnd; col += nr) {
                column(
                        local,
                        depth,
                        panelsA,
                        panelsB + col * depth,
                        rowStart,
                        rowEnd,
                        col,
                        Math.min(nr, colEnd - col),
                        add);
            }
            p += depth;
        } while (p < slabEnd);
        if (slabEnd == k) {
            epilogue.apply(batch, slabRow + rowStart, slabRow + rowEnd, slabCol + colStart, slabCol + colEnd);
        }
    }

    /** One panel of B, which stays in the first-level cache, with all panels of A of the block. */
    private void column(
            Workspace local,
            int depth,
            int panelsA,
            int panelB,
            int rowStart,
            int rowEnd,
            int col,
            int cols,
            boolean add) {
        for (int row = rowStart; row < rowEnd; row += mr) {
            int rows = Math.min(mr, rowEnd - row);
            tile(local, depth, panelsA + row * depth, panelB, slabRow + row, slabCol + col, rows, cols, add);
        }
    }

    private static int roundUp(int size, int unit) {
        return Math.ceilDiv(size, unit) * unit;
    }
}
