package dev.tenrec.opencl;

import static org.lwjgl.opencl.CL10.*;

import dev.tenrec.gpu.BuildFailure;
import dev.tenrec.gpu.GpuDevice;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import org.lwjgl.PointerBuffer;
import org.lwjgl.opencl.CLProgramCallbackI;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.system.MemoryUtil;

/** A program that was built for one device. */
final class OpenClProgram implements GpuDevice.Program {

    static final Cleaner CLEANER = Cleaner.create();

    private final long handle;

    private OpenClProgram(OpenClDevice device, long handle) {
        this.handle = handle;
        CLEANER.register(this, () -> device.releaseLater(() -> clReleaseProgram(handle)));
    }

    /** Builds a program that was created; releases it if that fails. */
    static OpenClProgram build(OpenClDevice device, long program, String options) {
        int code = clBuildProgram(program, device.device(), options, (CLProgramCallbackI) null, 0);
        if (code == 0) {
            return new OpenClProgram(device, program);
        }
        String log = log(device, program);
        clReleaseProgram(program);
        if (code == CL_BUILD_PROGRAM_FAILURE || code == CL_INVALID_BINARY || code == CL_INVALID_BUILD_OPTIONS) {
            throw OpenClDevice.failure(log);
        }
        ClError.check("clBuildProgram", code);
        throw new BuildFailure(ClError.name(code));
    }

    static OpenClProgram load(OpenClDevice device, byte[] binary, String options) {
        ByteBuffer bytes = MemoryUtil.memAlloc(binary.length);
        try (MemoryStack stack = MemoryStack.stackPush()) {
            bytes.put(binary).flip();
            PointerBuffer devices = stack.pointers(device.device());
            long program = nclCreateProgramWithBinary(
                    device.context(),
                    1,
                    devices.address(),
                    stack.npointer(binary.length),
                    stack.npointer(MemoryUtil.memAddress(bytes)),
                    0,
                    stack.nint(0));
            if (program == 0) {
                throw new BuildFailure("the driver refuses the binary");
            }
            return build(device, program, options);
        } finally {
            MemoryUtil.memFree(bytes);
        }
    }

    private static String log(OpenClDevice device, long program) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            PointerBuffer size = stack.mallocPointer(1);
            clGetProgramBuildInfo(program, device.device(), CL_PROGRAM_BUILD_LOG, (ByteBuffer) null, size);
            if (size.get(0) <= 1) {
                return "";
            }
            ByteBuffer text = MemoryUtil.memAlloc((int) size.get(0));
            try {
                clGetProgramBuildInfo(program, device.device(), CL_PROGRAM_BUILD_LOG, text, null);
                return MemoryUtil.memUTF8(text, text.remaining() - 1);
            } finally {
                MemoryUtil.memFree(text);
            }
        }
    }

    long handle() {
        return handle;
    }

    byte[] binary() {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long size = stack.nlong(0);
            ClError.check("clGetProgramInfo", nclGetProgramInfo(handle, CL_PROGRAM_BINARY_SIZES, Long.BYTES, size, 0));
            int bytes = Math.toIntExact(MemoryUtil.memGetLong(size));
            if (bytes == 0) {
                return new byte[0];
            }
            ByteBuffer memory = MemoryUtil.memAlloc(bytes);
            try {
                long pointer = stack.npointer(MemoryUtil.memAddress(memory));
                ClError.check(
                        "clGetProgramInfo", nclGetProgramInfo(handle, CL_PROGRAM_BINARIES, Long.BYTES, pointer, 0));
                byte[] copy = new byte[bytes];
                memory.get(copy);
                return copy;
            } finally {
                MemoryUtil.memFree(memory);
            }
        }
    }
}
