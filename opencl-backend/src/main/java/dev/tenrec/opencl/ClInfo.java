package dev.tenrec.opencl;

import static org.lwjgl.opencl.CL10.*;
import static org.lwjgl.opencl.CL11.CL_DEVICE_HOST_UNIFIED_MEMORY;
import static org.lwjgl.opencl.CL12.CL_DEVICE_DOUBLE_FP_CONFIG;

import dev.tenrec.gpu.DeviceInfo;
import java.nio.charset.StandardCharsets;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.system.MemoryUtil;

/** Asks OpenCL for what it knows of platforms and devices. */
final class ClInfo {

    private ClInfo() {}

    private static long number(long device, int name) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            // Answers are 4 or 8 bytes wide; the machine is little endian, so a zeroed long holds both.
            long at = stack.nlong(0);
            ClError.check("clGetDeviceInfo", nclGetDeviceInfo(device, name, 8, at, 0));
            return MemoryUtil.memGetLong(at);
        }
    }

    private static String deviceText(long device, int name) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long size = stack.nlong(0);
            ClError.check("clGetDeviceInfo", nclGetDeviceInfo(device, name, 0, 0, size));
            int bytes = (int) MemoryUtil.memGetLong(size);
            long at = stack.nmalloc(8, Math.max(8, bytes));
            ClError.check("clGetDeviceInfo", nclGetDeviceInfo(device, name, bytes, at, 0));
            return text(at, bytes);
        }
    }

    static String platformText(long platform, int name) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long size = stack.nlong(0);
            ClError.check("clGetPlatformInfo", nclGetPlatformInfo(platform, name, 0, 0, size));
            int bytes = (int) MemoryUtil.memGetLong(size);
            long at = stack.nmalloc(8, Math.max(8, bytes));
            ClError.check("clGetPlatformInfo", nclGetPlatformInfo(platform, name, bytes, at, 0));
            return text(at, bytes);
        }
    }

    private static String text(long at, int bytes) {
        byte[] copy = new byte[Math.max(0, bytes - 1)];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = MemoryUtil.memGetByte(at + i);
        }
        return new String(copy, StandardCharsets.UTF_8).strip();
    }

    /** Says whether a device is usable: available, with a compiler, and of OpenCL 1.2 at least. */
    static boolean usable(long device) {
        String version = deviceText(device, CL_DEVICE_VERSION);
        String[] parts = version.replace("OpenCL ", "").split("[ .]");
        boolean recent = parts.length > 1 && (!parts[0].equals("1") || parts[1].compareTo("2") >= 0);
        return recent && number(device, CL_DEVICE_AVAILABLE) != 0 && number(device, CL_DEVICE_COMPILER_AVAILABLE) != 0;
    }

    static boolean isKind(long device, long type) {
        return (number(device, CL_DEVICE_TYPE) & type) != 0;
    }

    static DeviceInfo device(long platform, long device) {
        boolean cpu = isKind(device, CL_DEVICE_TYPE_CPU);
        String extensions = " " + deviceText(device, CL_DEVICE_EXTENSIONS) + " ";
        boolean fp64 = extensions.contains(" cl_khr_fp64 ") || doubleConfig(device) != 0;
        return new DeviceInfo(
                deviceText(device, CL_DEVICE_NAME),
                platformText(platform, CL_PLATFORM_NAME) + ", " + deviceText(device, CL_DEVICE_VERSION) + ", driver "
                        + deviceText(device, CL_DRIVER_VERSION),
                cpu ? DeviceInfo.Kind.CPU : DeviceInfo.Kind.GPU,
                number(device, CL_DEVICE_GLOBAL_MEM_SIZE),
                number(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
                number(device, CL_DEVICE_LOCAL_MEM_SIZE),
                (int) Math.min(Integer.MAX_VALUE, number(device, CL_DEVICE_MAX_WORK_GROUP_SIZE)),
                (int) Math.min(Integer.MAX_VALUE, number(device, CL_DEVICE_MAX_PARAMETER_SIZE)),
                (int) number(device, CL_DEVICE_MAX_COMPUTE_UNITS),
                fp64,
                number(device, CL_DEVICE_HOST_UNIFIED_MEMORY) != 0);
    }

    private static long doubleConfig(long device) {
        try {
            return number(device, CL_DEVICE_DOUBLE_FP_CONFIG);
        } catch (IllegalStateException _) {
            // OpenCL 1.2 may answer that it does not know the question where there are no doubles.
            return 0;
        }
    }
}
