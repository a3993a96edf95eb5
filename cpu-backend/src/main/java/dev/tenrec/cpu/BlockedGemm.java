package dev.tenrec.cpu;

/**
 * The loops around the micro-kernel, for one product of one element type.
 *
 * <p>Both operands are packed slab by slab into panels, in parallel; then tiles of the result are computed in parallel,
 * each by one thread and through all of the slab's depth. Small products are cut into parts instead, each packed and
 * computed by one thread. The depth is cut by constants alone and every element of the
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

    /** The part of the second-level cache that a block's rows of A and columns of B take, in hundredths. */
    private static final int CACHE_SHARE = 70;

    private static final int LEAST_ROWS = 48;
    private static final int MOST_ROWS = 264;

    /** Products of more multiplications than this are packed by all threads for each other. */
    private static final long PART_WORK = 1L << 26;

    /** With more threads, each would pack the same too often. */
    private static final int MOST_PARTS = 4;

    /** Tasks wanted of each thread, so that threads that are not equally fast still end together. */
    private static final int TASKS_WANTED = 4;

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
    private final int blockRows;
    private final int blockCols;

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
        // 96 rows and 256 columns of floats where the cache has 512 KiB.
        int lines = (int) Math.min(1 << 20, CacheSizes.SECOND / 100 * CACHE_SHARE / (maxDepth * elementBytes()));
        this.blockCols = lines >= 2 * LEAST_ROWS + 256 ? 256 : 128;
        this.blockRows = Math.clamp(lines - blockCols, LEAST_ROWS, MOST_ROWS);
    }

    /** A part of a product: with the panels of the whole, but for those of the operand that each part packs for itself. */
    BlockedGemm(BlockedGemm whole) {
        m = whole.m;
        n = whole.n;
        k = whole.k;
        a = whole.a;
        b = whole.b;
        c = whole.c;
        accumulate = whole.accumulate;
        epilogue = whole.epilogue;
        mr = whole.mr;
        nr = whole.nr;
        depthBlock = whole.depthBlock;
        blockRows = whole.blockRows;
        blockCols = whole.blockCols;
        useA = whole.useA;
        useB = whole.useB;
        batch = whole.batch;
        slabDepth = whole.slabDepth;
        slabRows = m;
        slabCols = n;
        slabEnd = k;
    }

    /** A part of this product; sizes are those of panels of its own, 0 for those of the whole. */
    abstract BlockedGemm part(Workspace local, int sizeA, int sizeB);

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

    /** Whether all of both operands is packed at once. */
    private boolean isOneSlab() {
        return slabDepth >= k && m <= MAX_LINES && n <= MAX_LINES;
    }

    /** Looks for kept panels. */
    private void findKept() {
        boolean single = isOneSlab();
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
        int sizeA = rowsMax * slabDepth;
        int sizeB = colsMax * slabDepth;
        if (workers != null && worksInParts(workers.threads())) {
            reserve(workspace, byColumns() ? 0 : sizeA, byColumns() ? sizeB : 0, useA, useB);
            runParts(workers, sizeA, sizeB);
            return;
        }
        reserve(workspace, sizeA, sizeB, useA, useB);
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

    /**
     * Whether each thread packs what it needs, though others pack the same: then nobody waits for the panels of others,
     * nor fetches them from the cache of another core. An operand that is to be kept is packed once.
     */
    private boolean worksInParts(int threads) {
        boolean small = isOneSlab() && (long) m * n * k <= PART_WORK;
        boolean bothKept = useA != null && !isPacked(useA) && useB != null && !isPacked(useB);
        if (!small || bothKept || threads < 2 || threads > MOST_PARTS) {
            return false;
        }
        return byColumns() ? n >= threads * nr : m >= threads * mr;
    }

    /** Cuts the longer side, so that the smaller operand is packed by all; but never packs one twice that is to be kept. */
    private boolean byColumns() {
        if (useA != null && !isPacked(useA)) {
            return false;
        }
        return useB != null && !isPacked(useB) || n >= m;
    }

    private void runParts(Workers workers, int sizeA, int sizeB) {
        boolean byColumns = byColumns();
        int threads = workers.threads();
        int unit = byColumns ? nr : mr;
        int panels = Math.ceilDiv(byColumns ? n : m, unit);
        workers.parallel(threads, t -> {
            int from = (int) ((long) panels * t / threads) * unit;
            int to = Math.min(byColumns ? n : m, (int) ((long) panels * (t + 1) / threads) * unit);
            Workspace local = workers.workspaces().acquire();
            BlockedGemm part =
                    part(local, byColumns && !isPacked(useA) ? sizeA : 0, !byColumns && !isPacked(useB) ? sizeB : 0);
            if (byColumns) {
                part.runPart(local, 0, m, from, to);
            } else {
                part.runPart(local, from, to, 0, n);
            }
            workers.workspaces().release(local);
        });
        keepPacked();
    }

    /** Packs, where need be, and multiplies some rows and columns. */
    private void runPart(Workspace local, int rowStart, int rowEnd, int colStart, int colEnd) {
        for (int p = 0; p < k; p += depthBlock) {
            int depth = Math.min(depthBlock, k - p);
            if (!isPacked(useA)) {
                packA(local, rowStart, rowEnd - rowStart, p, depth, p * roundUp(m, mr) + rowStart * depth);
            }
            if (!isPacked(useB)) {
                packB(local, colStart, colEnd - colStart, p, depth, p * roundUp(n, nr) + colStart * depth);
            }
        }
        int height = Math.max(1, blockRows / mr) * mr;
        int width = Math.max(1, blockCols / nr) * nr;
        for (int row = rowStart; row < rowEnd; row += height) {
            for (int col = colStart; col < colEnd; col += width) {
                block(local, row, Math.min(rowEnd, row + height), col, Math.min(colEnd, col + width));
            }
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
        cutTiles(workers == null ? 1 : workers.threads());
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

    /** Chooses the tile of a task. */
    private void cutTiles(int threads) {
        int panelsM = Math.ceilDiv(slabRows, mr);
        int panelsN = Math.ceilDiv(slabCols, nr);
        int down = Math.ceilDiv(panelsM * mr, blockRows);
        int across = Math.ceilDiv(panelsN * nr, blockCols);
        long work = (long) slabRows * slabCols * Math.max(1, slabEnd - slabStart);
        long wanted = Math.min((long) TASKS_WANTED * threads, work / TASK_WORK);
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

    private void block(Workspace local, int blockRow, int blockCol) {
        int rowStart = blockRow * tilePanelsM * mr;
        int colStart = blockCol * tilePanelsN * nr;
        block(
                local,
                rowStart,
                Math.min(slabRows, rowStart + tilePanelsM * mr),
                colStart,
                Math.min(slabCols, colStart + tilePanelsN * nr));
    }

    /** A block of the result through the whole depth of the slab, then its epilogue. */
    private void block(Workspace local, int rowStart, int rowEnd, int colStart, int colEnd) {
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
