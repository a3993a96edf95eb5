package dev.tenrec.cuda;

import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.gpu.DeviceFailure;
import java.util.Set;
import jcuda.driver.CUresult;

/** What the error codes of CUDA's driver mean. */
final class CudaError {

    /** After these nothing works in the context any more; most are kernels that failed, the rest is broken hardware. */
    private static final Set<Integer> LOST = Set.of(
            CUresult.CUDA_ERROR_DEINITIALIZED,
            CUresult.CUDA_ERROR_INVALID_CONTEXT,
            CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
            CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
            CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
            CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
            CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
            CUresult.CUDA_ERROR_ASSERT,
            CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
            CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
            CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
            CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
            CUresult.CUDA_ERROR_INVALID_PC,
            CUresult.CUDA_ERROR_LAUNCH_FAILED,
            CUresult.CUDA_ERROR_UNKNOWN);

    private CudaError() {}

    static boolean isLost(int code) {
        return LOST.contains(code);
    }

    /** Throws what a code means, unless it is success. */
    static void check(String call, int code) {
        check(call, code, 0, "");
    }

    /**
     * Throws what a code means: of a want of memory with the size that was asked for, 0 if that is not known; of a lost
     * device with what was issued before.
     */
    static void check(String call, int code, long bytes, String issued) {
        if (code == CUresult.CUDA_SUCCESS) {
            return;
        }
        if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw new OutOfDeviceMemory(
                    Message.of(call, "the device has no room")
                            .line("requested", bytes == 0 ? "by the driver itself" : bytes + " bytes")
                            .line("driver", CUresult.stringFor(code))
                            .hint("use a smaller batch, or close tensors by working inside a Scope; nvidia-smi lists"
                                    + " other processes on the device")
                            .toString(),
                    bytes);
        }
        if (isLost(code)) {
            throw new DeviceFailure(call + ": " + CUresult.stringFor(code) + issued);
        }
        throw new IllegalStateException(call + ": " + CUresult.stringFor(code));
    }
}
