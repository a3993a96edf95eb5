package dev.tenrec.cpu;

import java.util.Objects;

/**
 * Matrix products over native memory: {@code C = A·B} or {@code C += A·B}.
 *
 * <p>A and B may have any strides; those with a row or column stride of 1, that is, plain and transposed matrices, are
 * fast. Rows of C are contiguous. Sums are formed with fused multiply-add where the machine has vectors, in an order
 * that depends on the shape and the kind of vectors alone, never on the number of threads. NaN and infinities take
 * part as IEEE 754 says; no product is left out because one factor is zero.
 */
public final class Gemm {
    /** A batch of products smaller than this each is cut by matrix; larger ones are cut inside. */
    private static final long BATCH_WORK = 1L << 23;

    /** Multiplications that one task of a batch should have at least. */
    private static final long TASK_WORK = 1 << 18;

    /** Below this, waking another thread costs more than it saves. */
    private static final long PARALLEL_WORK = 1 << 18;

    private Gemm() {}

    /**
     * Product of 32-bit floats. C must not overlap A or B.
     *
     * @param workers threads to run on
     * @param shape sizes
     * @param a left operand, {@code [batch, m, k]}
     * @param b right operand, {@code [batch, k, n]}
     * @param c result, {@code [batch, m, n]}, column stride 1, rows apart from each other
     * @param accumulate adds to C instead of replacing it
     * @param epilogue work on each finished block of C
     * @throws IndexOutOfBoundsException if an operand does not lie inside its segment; nothing is written then
     * @throws IllegalArgumentException if C has another column stride than 1 or rows or matrices that overlap
     */
    public static void f32(
            Workers workers,
            GemmShape shape,
            MatrixRef a,
            MatrixRef b,
            MatrixRef c,
            boolean accumulate,
            Epilogue epilogue) {
        f32(workers, shape, a, b, c, accumulate, epilogue, null, null);
    }

    /** The same; panels of operands that are not null may be kept with them. */
    static void f32(
            Workers workers,
            GemmShape shape,
            MatrixRef a,
            MatrixRef b,
            MatrixRef c,
            boolean accumulate,
            Epilogue epilogue,
            KeptPanels ofA,
            KeptPanels ofB) {
        check(shape, a, b, c, epilogue, Float.BYTES);
        if (shape.batch() == 0 || shape.m() == 0 || shape.n() == 0) {
            return;
        }
        if (shape.batch() > 1 && isOneMatrix(shape, a, b, c)) {
            GemmShape flat = GemmShape.of(shape.batch() * shape.m(), shape.n(), shape.k());
            f32(workers, flat, a, b, c, accumulate, perMatrix(shape.m(), epilogue), ofA, ofB);
            return;
        }
        FloatSkinny skinny = FloatSkinny.of(shape, a, b, c, accumulate, epilogue);
        if (skinny != null) {
            skinny.run(workers);
            return;
        }
        runBatch(workers, shape, () -> new FloatGemm(shape, a, b, c, accumulate, epilogue), ofA, ofB);
    }

    /**
     * Product of 64-bit floats. C must not overlap A or B.
     *
     * @param workers threads to run on
     * @param shape sizes
     * @param a left operand, {@code [batch, m, k]}
     * @param b right operand, {@code [batch, k, n]}
     * @param c result, {@code [batch, m, n]}, column stride 1, rows apart from each other
     * @param accumulate adds to C instead of replacing it
     * @param epilogue work on each finished block of C
     * @throws IndexOutOfBoundsException if an operand does not lie inside its segment; nothing is written then
     * @throws IllegalArgumentException if C has another column stride than 1 or rows or matrices that overlap
     */
    public static void f64(
            Workers workers,
            GemmShape shape,
            MatrixRef a,
            MatrixRef b,
            MatrixRef c,
            boolean accumulate,
            Epilogue epilogue) {
        f64(workers, shape, a, b, c, accumulate, epilogue, null, null);
    }

    /** The same; panels of operands that are not null may be kept with them. */
    static void f64(
            Workers workers,
            GemmShape shape,
            MatrixRef a,
            MatrixRef b,
            MatrixRef c,
            boolean accumulate,
            Epilogue epilogue,
            KeptPanels ofA,
            KeptPanels ofB) {
        check(shape, a, b, c, epilogue, Double.BYTES);
        if (shape.batch() == 0 || shape.m() == 0 || shape.n() == 0) {
            return;
        }
        if (shape.batch() > 1 && isOneMatrix(shape, a, b, c)) {
            GemmShape flat = GemmShape.of(shape.batch() * shape.m(), shape.n(), shape.k());
            f64(workers, flat, a, b, c, accumulate, perMatrix(shape.m(), epilogue), ofA, ofB);
            return;
        }
        DoubleSkinny skinny = DoubleSkinny.of(shape, a, b, c, accumulate, epilogue);
        if (skinny != null) {
            skinny.run(workers);
            return;
        }
        runBatch(workers, shape, () -> new DoubleGemm(shape, a, b, c, accumulate, epilogue), ofA, ofB);
    }

    private static void check(
            GemmShape shape, MatrixRef a, MatrixRef b, MatrixRef c, Epilogue epilogue, int elementBytes) {
        Objects.requireNonNull(epilogue, "epilogue");
        a.check("left", shape.batch(), shape.m(), shape.k(), elementBytes);
        b.check("right", shape.batch(), shape.k(), shape.n(), elementBytes);
        c.check("result", shape.batch(), shape.m(), shape.n(), elementBytes);
        if (shape.n() > 1 && c.colStride() != 1) {
            throw new IllegalArgumentException("matmul: the result needs column stride 1, given " + c.colStride()
                    + "; swap and transpose both operands for a transposed result");
        }
        if (shape.m() > 1 && c.rowStride() < shape.n()) {
            throw new IllegalArgumentException(
                    "matmul: rows of the result overlap: " + shape.n() + " columns, row stride " + c.rowStride());
        }
        long matrix = (shape.m() - 1L) * c.rowStride() + shape.n();
        if (shape.batch() > 1 && c.batchStride() < matrix) {
            throw new IllegalArgumentException("matmul: matrices of the result overlap: " + matrix
                    + " elements each, batch stride " + c.batchStride());
        }
    }

    /** Whether the batch is one tall product with a common right operand. */
    private static boolean isOneMatrix(GemmShape shape, MatrixRef a, MatrixRef b, MatrixRef c) {
        return b.batchStride() == 0
                && a.batchStride() == shape.m() * a.rowStride()
                && c.batchStride() == shape.m() * c.rowStride()
                && (long) shape.batch() * shape.m() <= Integer.MAX_VALUE / 2;
    }

    /** Hands blocks of a flattened batch to the epilogue matrix by matrix. */
    private static Epilogue perMatrix(int m, Epilogue epilogue) {
        if (epilogue == Epilogue.NONE) {
            return epilogue;
        }
        return (batch, rowStart, rowEnd, colStart, colEnd) -> {
            for (int row = rowStart; row < rowEnd; ) {
                int matrix = row / m;
                int end = Math.min(rowEnd, (matrix + 1) * m);
                epilogue.apply(matrix, row - matrix * m, end - matrix * m, colStart, colEnd);
                row = end;
            }
        };
    }

    private interface Factory {
        BlockedGemm create();
    }

    private static void runBatch(Workers workers, GemmShape shape, Factory factory, KeptPanels ofA, KeptPanels ofB) {
        long work = Math.max(1, (long) shape.m() * shape.n() * Math.max(1, shape.k()));
        int batch = shape.batch();
        if (batch == 1 || work > BATCH_WORK) {
            BlockedGemm gemm = factory.create();
            if (batch == 1) {
                gemm.keep(ofA, ofB);
            }
            Workspace workspace = workers.workspaces().acquire();
            for (int i = 0; i < batch; i++) {
                gemm.run(work < PARALLEL_WORK ? null : workers, workspace, i);
            }
            workers.workspaces().release(workspace);
            return;
        }
        int group = (int) Math.min(batch, Math.ceilDiv(TASK_WORK, work));
        workers.parallel(Math.ceilDiv(batch, group), task -> {
            BlockedGemm gemm = factory.create();
            Workspace workspace = workers.workspaces().acquire();
            int end = (int) Math.min(batch, (task + 1L) * group);
            for (int i = task * group; i < end; i++) {
                gemm.run(null, workspace, i);
            }
            workers.workspaces().release(workspace);
        });
    }
}
