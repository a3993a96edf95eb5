package dev.tenrec.cuda;

import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.gpu.DeviceFailure;
import dev.tenrec.gpu.MatrixLibrary;
import dev.tenrec.type.DType;
import java.util.Optional;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * Products by cuBLAS, which has matrices by columns: of matrices by rows it computes Cᵀ = Bᵀ Aᵀ, and a matrix by rows is
 * its transpose by columns, so nothing is moved. The workspace is the handle's own, so that results do not depend on what
 * else runs (cuBLAS library, "Results Reproducibility"). Calls are made one at a time, under the lock of the device.
 */
final class CublasProducts {

    /**
     * The system property that lets products and convolutions of F32 round their factors to TF32, which tensor cores take.
     */
    static final String TF32_PROPERTY = "tenrec.cuda.tf32";

    /** What cuBLAS advises for its workspace on devices of compute capability 9.0, and on others. */
    private static final long WORKSPACE = 32L << 20;

    private static final long SMALL_WORKSPACE = 4L << 20;

    /** Compute capability with which products of BF16 and TF32 begin. */
    static final int AMPERE = 8;

    /** Compute capability for which cuBLAS wants the larger workspace. */
    private static final int HOPPER = 9;

    private final CudaDevice device;
    private final boolean tf32;
    private final boolean bfloat16;
    private final cublasHandle handle;
    private final cublasHandle capturing;
    private final Pointer oneF32 = Pointer.to(new float[] {1});
    private final Pointer zeroF32 = Pointer.to(new float[] {0});
    private final Pointer oneF64 = Pointer.to(new double[] {1});
    private final Pointer zeroF64 = Pointer.to(new double[] {0});

    CublasProducts(CudaDevice device, int major, boolean tf32) {
        this.device = device;
        this.tf32 = tf32;
        this.bfloat16 = major >= AMPERE;
        device.enter();
        CudaMemory workspace = (CudaMemory) device.allocate(major == HOPPER ? WORKSPACE : SMALL_WORKSPACE);
        handle = handle(device.stream(), workspace);
        // What is captured runs in the same stream in the end, so that the workspace can be the same.
        capturing = handle(device.spare(), workspace);
    }

    private cublasHandle handle(CUstream stream, CudaMemory workspace) {
        cublasHandle made = new cublasHandle();
        check("cublasCreate", JCublas2.cublasCreate(made));
        check("cublasSetStream", JCublas2.cublasSetStream(made, new cudaStream_t(stream)));
        check("cublasSetWorkspace", JCublas2.cublasSetWorkspace(made, workspace, workspace.byteSize()));
        return made;
    }

    /** All that a product is but for the matrices' places, in the terms of cuBLAS. */
    private record Form(
            int type,
            int compute,
            int firstOperation,
            int secondOperation,
            int m,
            int n,
            int k,
            int firstLeading,
            int secondLeading,
            int leading,
            long firstStride,
            long secondStride,
            long stride,
            int batches) {}

    /** A product that is to be issued. */
    private record Product(
            CublasProducts owner,
            Form form,
            CudaMemory first,
            long firstOffset,
            CudaMemory second,
            long secondOffset,
            CudaMemory result,
            long offset)
            implements Issue.Call {

        private static final String NAME = "cublasGemmStridedBatchedEx";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Object shape() {
            return form;
        }

        @Override
        public void use(long batch) {
            first.use(batch);
            second.use(batch);
            result.use(batch);
        }

        @Override
        public int issue(CUstream stream) {
            return owner.issue(this, stream);
        }

        @Override
        public void fail(CudaDevice device, int code) {
            owner.check(NAME, code);
        }
    }

    private int issue(Product product, CUstream stream) {
        Form form = product.form;
        boolean wide = form.type == cudaDataType.CUDA_R_64F;
        return JCublas2.cublasGemmStridedBatchedEx_new(
                stream == device.stream() ? handle : capturing,
                form.firstOperation,
                form.secondOperation,
                form.m,
                form.n,
                form.k,
                wide ? oneF64 : oneF32,
                product.first.withByteOffset(product.firstOffset),
                form.type,
                form.firstLeading,
                form.firstStride,
                product.second.withByteOffset(product.secondOffset),
                form.type,
                form.secondLeading,
                form.secondStride,
                wide ? zeroF64 : zeroF32,
                product.result.withByteOffset(product.offset),
                form.type,
                form.leading,
                form.stride,
                form.batches,
                form.compute,
                cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
    }

    /** What cuBLAS takes a matrix by rows for: whether to transpose it, and the distance of its columns. */
    private record Stored(int operation, int leading) {

        /** Finds it for a matrix of some rows and columns, or nothing if its strides are none that cuBLAS takes. */
        static Optional<Stored> of(MatrixLibrary.Matrices matrices, long rows, long columns) {
            long row = matrices.rowStride();
            long column = matrices.columnStride();
            if ((column == 1 || columns == 1) && (row >= columns || rows == 1)) {
                return leading(cublasOperation.CUBLAS_OP_N, rows == 1 ? columns : row);
            }
            if ((row == 1 || rows == 1) && (column >= rows || columns == 1)) {
                return leading(cublasOperation.CUBLAS_OP_T, columns == 1 ? rows : column);
            }
            return Optional.empty();
        }

        private static Optional<Stored> leading(int operation, long leading) {
            return leading > Integer.MAX_VALUE
                    ? Optional.empty()
                    : Optional.of(new Stored(operation, (int) Math.max(1, leading)));
        }
    }

    boolean multiply(
            DType dtype,
            long m,
            long n,
            long k,
            long batches,
            MatrixLibrary.Matrices a,
            MatrixLibrary.Matrices b,
            MatrixLibrary.Matrices c) {
        Optional<Stored> left = Stored.of(a, m, k);
        Optional<Stored> right = Stored.of(b, k, n);
        Optional<Stored> product = Stored.of(c, m, n);
        if (Math.max(Math.max(m, n), Math.max(k, batches)) > Integer.MAX_VALUE
                || left.isEmpty()
                || right.isEmpty()
                || product.isEmpty()
                || product.get().operation != cublasOperation.CUBLAS_OP_N
                || c.columnStride() != 1 && n > 1) {
            return false;
        }
        int type = switch (dtype) {
            case F32 -> cudaDataType.CUDA_R_32F;
            case F64 -> cudaDataType.CUDA_R_64F;
            case F16 -> cudaDataType.CUDA_R_16F;
            case BF16 -> bfloat16 ? cudaDataType.CUDA_R_16BF : -1;
            case I32, I64, U8, BOOL -> -1;
        };
        if (type < 0) {
            return false;
        }
        boolean wide = dtype == DType.F64;
        int compute = wide
                ? cublasComputeType.CUBLAS_COMPUTE_64F
                : dtype == DType.F32 && tf32
                        ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
                        : cublasComputeType.CUBLAS_COMPUTE_32F;
        int bytes = dtype.byteSize();
        Form form = new Form(
                type,
                compute,
                right.get().operation,
                left.get().operation,
                (int) n,
                (int) m,
                (int) k,
                right.get().leading,
                left.get().leading,
                product.get().leading,
                b.batchStride(),
                a.batchStride(),
                c.batchStride(),
                (int) batches);
        device.call(new Product(
                this,
                form,
                (CudaMemory) b.memory(),
                b.offset() * bytes,
                (CudaMemory) a.memory(),
                a.offset() * bytes,
                (CudaMemory) c.memory(),
                c.offset() * bytes));
        return true;
    }

    private void check(String call, int code) {
        if (code == cublasStatus.CUBLAS_STATUS_SUCCESS) {
            return;
        }
        String name = cublasStatus.stringFor(code);
        if (code == cublasStatus.CUBLAS_STATUS_ALLOC_FAILED) {
            throw new OutOfDeviceMemory(
                    Message.of(call, "cuBLAS has no room on the device")
                            .line("driver", name)
                            .hint("use a smaller batch, or close tensors by working inside a Scope")
                            .toString(),
                    0);
        }
        if (code == cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED || code == cublasStatus.CUBLAS_STATUS_INTERNAL_ERROR) {
            throw new DeviceFailure(call + ": " + name + device.recent());
        }
        throw new IllegalStateException(call + ": " + name);
    }

    /** Gives the handle back, with the device's context current. */
    void close() {
        JCublas2.cublasDestroy(handle);
        JCublas2.cublasDestroy(capturing);
    }
}
