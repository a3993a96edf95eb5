package dev.tenrec.opencl;

import static org.lwjgl.opencl.CL10.*;

import dev.tenrec.gpu.GpuDevice;
import java.lang.ref.Reference;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.system.MemoryUtil;

/**
 * A kernel of a program. The arguments of a {@code cl_kernel} are state, so no two threads may have one at a time: each
 * launch takes one from a list and gives it back. To be called with the device's lock held.
 */
final class OpenClFunction implements GpuDevice.Function {

    private final OpenClProgram program;
    private final String name;
    private final int maxGroupSize;
    private final ConcurrentLinkedQueue<Long> idle = new ConcurrentLinkedQueue<>();

    OpenClFunction(OpenClDevice device, OpenClProgram program, String name) {
        this.program = program;
        this.name = name;
        long kernel = create();
        idle.add(kernel);
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long size = stack.nlong(0);
            ClError.check(
                    "clGetKernelWorkGroupInfo",
                    nclGetKernelWorkGroupInfo(kernel, device.device(), CL_KERNEL_WORK_GROUP_SIZE, Long.BYTES, size, 0));
            maxGroupSize = (int) MemoryUtil.memGetLong(size);
        }
        ConcurrentLinkedQueue<Long> kernels = idle;
        OpenClProgram.CLEANER.register(
                this, () -> device.releaseLater(() -> kernels.forEach(one -> clReleaseKernel(one))));
    }

    private long create() {
        int[] code = new int[1];
        long kernel = clCreateKernel(program.handle(), name, code);
        ClError.check("clCreateKernel", code[0]);
        Reference.reachabilityFence(program);
        return kernel;
    }

    long take() {
        Long kernel = idle.poll();
        return kernel != null ? kernel : create();
    }

    void give(long kernel) {
        idle.add(kernel);
    }

    @Override
    public int maxGroupSize() {
        return maxGroupSize;
    }
}
