package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@link Kernel.MatMul}: the product by {@link Gemm}, the epilogue on each of its finished blocks while they are in
 * the cache. The product is written to the memory of the first output of its type.
 */
final class MatMulKernel implements CompiledKernel {
    private final Kernel.MatMul kernel;
    private final Program program;
    private final Workers workers;
    private final ScratchPool scratch;
    private final int productOutput;

    MatMulKernel(Kernel.MatMul kernel, Workers workers, ScratchPool scratch) {
        this.kernel = kernel;
        this.workers = workers;
        this.scratch = scratch;
        DType[] types = new DType[1 + kernel.extras().size()];
        types[0] = kernel.dtype();
        for (int i = 1; i < types.length; i++) {
            types[i] = kernel.extras().get(i - 1).dtype();
        }
        this.program = ProgramBuilder.build(kernel.epilogue(), types);
        int output = -1;
        for (int i = program.outputs() - 1; i >= 0; i--) {
            output = program.outputType(i) == kernel.dtype() ? i : output;
        }
        this.productOutput = output;
    }

    @Override
    public void run(Launch launch) {
        Shape space = launch.space();
        int batchRank = space.rank() - 3;
        Shape result = space.without(space.rank() - 1);
        if (result.elementCount() == 0) {
            return;
        }
        MemorySegment temporary = null;
        MemorySegment product;
        long offset;
        if (productOutput >= 0) {
            Operand output = launch.outputs().get(productOutput);
            product = Binding.memory(output);
            offset = output.layout().offset();
        } else {
            temporary = scratch.acquire(result.elementCount() * kernel.dtype().byteSize());
            product = temporary;
            offset = 0;
        }
        Layout dense = Layout.of(result, result.denseStrides(), offset);
        multiply(launch, batchRank, product, offset, epilogue(launch, result, product, dense));
        if (temporary != null) {
            scratch.release(temporary);
        }
    }

    /** Work on rows and columns of matrix {@code batch}, counted over all batch axes. */
    private interface Finish {
        void apply(long batch, int rowStart, int rowEnd, int colStart, int colEnd);
    }

    private Finish epilogue(Launch launch, Shape result, MemorySegment product, Layout dense) {
        if (kernel.isPlain()) {
            return null;
        }
        List<View> inputs = new ArrayList<>();
        inputs.add(View.of(product, kernel.dtype(), dense));
        inputs.addAll(View.all(launch.inputs().subList(2, launch.inputs().size())));
        List<View> outputs = View.all(launch.outputs());
        Binding binding = new Binding(program, result, inputs, outputs, launch.params());
        long m = result.size(result.rank() - 2);
        long n = result.size(result.rank() - 1);
        return (batch, rowStart, rowEnd, colStart, colEnd) -> {
            long first = (batch * m + rowStart) * n;
            long count = (rowEnd - rowStart) * n;
            try (Block block = new Block(binding, scratch, colEnd - colStart == n ? count : colEnd - colStart)) {
                if (colEnd - colStart == n) {
                    block.evaluateRange(first, first + count);
                    return;
                }
                for (int row = rowStart; row < rowEnd; row++) {
                    long start = (batch * m + row) * n;
                    block.evaluateRange(start + colStart, start + colEnd);
                }
            }
        };
    }

    private void multiply(Launch launch, int batchRank, MemorySegment product, long offset, Finish finish) {
        Shape space = launch.space();
        int m = size(space, batchRank);
        int n = size(space, batchRank + 1);
        int k = size(space, batchRank + 2);
        Layout a = launch.inputs().get(0).layout();
        Layout b = launch.inputs().get(1).layout();
        long[] sizes = new long[batchRank];
        long[] strideA = new long[batchRank];
        long[] strideB = new long[batchRank];
        int axes = mergeBatchAxes(a, b, batchRank, sizes, strideA, strideB);
        // The last of the merged axes is the product's batch; the others are walked here.
        int inner = axes == 0 ? 1 : Math.toIntExact(sizes[axes - 1]);
        long stepA = axes == 0 ? 0 : strideA[axes - 1];
        long stepB = axes == 0 ? 0 : strideB[axes - 1];
        MatrixRef refA = matrix(launch.inputs().get(0), batchRank, stepA);
        MatrixRef refB = matrix(launch.inputs().get(1), batchRank, stepB);
        GemmShape shape = new GemmShape(inner, m, n, k);
        long outer = 1;
        for (int i = 0; i < axes - 1; i++) {
            outer *= sizes[i];
        }
        for (long index = 0; index < outer; index++) {
            long rest = index;
            long shiftA = 0;
            long shiftB = 0;
            for (int i = axes - 2; i >= 0; i--) {
                shiftA += rest % sizes[i] * strideA[i];
                shiftB += rest % sizes[i] * strideB[i];
                rest /= sizes[i];
            }
            long first = index * inner;
            MatrixRef refC = new MatrixRef(product, offset + first * m * n, n, 1, (long) m * n);
            Epilogue work = finish == null
                    ? Epilogue.NONE
                    : (batch, r0, r1, c0, c1) -> finish.apply(first + batch, r0, r1, c0, c1);
            gemm(launch, shape, shifted(refA, shiftA), shifted(refB, shiftB), refC, work);
        }
    }

    private void gemm(Launch launch, GemmShape shape, MatrixRef a, MatrixRef b, MatrixRef c, Epilogue epilogue) {
        KeptPanels ofA = panels(launch.inputs().get(0));
        KeptPanels ofB = panels(launch.inputs().get(1));
        if (kernel.dtype() == DType.F32) {
            Gemm.f32(workers, shape, a, b, c, false, epilogue, ofA, ofB);
        } else {
            Gemm.f64(workers, shape, a, b, c, false, epilogue, ofA, ofB);
        }
    }

    private static KeptPanels panels(Operand operand) {
        return operand.buffer() instanceof CpuBuffer buffer ? buffer.panels() : null;
    }

    private static MatrixRef shifted(MatrixRef matrix, long shift) {
        return shift == 0
                ? matrix
                : new MatrixRef(
                        matrix.segment(),
                        matrix.offset() + shift,
                        matrix.rowStride(),
                        matrix.colStride(),
                        matrix.batchStride());
    }

    /** A matrix whose axis of size 1 may have any stride gets one that the product knows as dense. */
    private static MatrixRef matrix(Operand operand, int batchRank, long batchStride) {
        Layout layout = operand.layout();
        long rows = layout.shape().size(batchRank);
        long cols = layout.shape().size(batchRank + 1);
        long rowStride = layout.stride(batchRank);
        long colStride = layout.stride(batchRank + 1);
        if (cols == 1 && rowStride != 1) {
            colStride = 1;
        } else if (rows == 1 && colStride != 1) {
            rowStride = 1;
        } else if (rows == 1) {
            rowStride = cols;
        } else if (cols == 1) {
            colStride = rows;
        }
        return new MatrixRef(Binding.memory(operand), layout.offset(), rowStride, colStride, batchStride);
    }

    /** Merges batch axes that one stride walks in both operands; the product is dense and does not hinder. */
    private static int mergeBatchAxes(Layout a, Layout b, int batchRank, long[] sizes, long[] strideA, long[] strideB) {
        int count = 0;
        for (int i = 0; i < batchRank; i++) {
            long size = a.shape().size(i);
            if (size == 1) {
                continue;
            }
            boolean joins =
                    count > 0 && strideA[count - 1] == a.stride(i) * size && strideB[count - 1] == b.stride(i) * size;
            int at = joins ? count - 1 : count++;
            sizes[at] = joins ? sizes[at] * size : size;
            strideA[at] = a.stride(i);
            strideB[at] = b.stride(i);
        }
        return count;
    }

    private static int size(Shape space, int axis) {
        long size = space.size(axis);
        if (size > Integer.MAX_VALUE) {
            throw new InvalidArgument(Message.of("matmul", "a matrix is too long")
                    .line("expected", "at most " + Integer.MAX_VALUE + " rows and columns")
                    .line("given", space)
                    .hint("split it into several products")
                    .toString());
        }
        return (int) size;
    }
}
