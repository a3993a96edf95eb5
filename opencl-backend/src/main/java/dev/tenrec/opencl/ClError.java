package dev.tenrec.opencl;

import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.gpu.DeviceFailure;
import java.util.Map;

/** What OpenCL's error codes mean. */
final class ClError {

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(-1, "CL_DEVICE_NOT_FOUND"),
            Map.entry(-2, "CL_DEVICE_NOT_AVAILABLE"),
            Map.entry(-3, "CL_COMPILER_NOT_AVAILABLE"),
            Map.entry(-4, "CL_MEM_OBJECT_ALLOCATION_FAILURE"),
            Map.entry(-5, "CL_OUT_OF_RESOURCES"),
            Map.entry(-6, "CL_OUT_OF_HOST_MEMORY"),
            Map.entry(-11, "CL_BUILD_PROGRAM_FAILURE"),
            Map.entry(-12, "CL_MAP_FAILURE"),
            Map.entry(-14, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"),
            Map.entry(-30, "CL_INVALID_VALUE"),
            Map.entry(-34, "CL_INVALID_CONTEXT"),
            Map.entry(-36, "CL_INVALID_COMMAND_QUEUE"),
            Map.entry(-38, "CL_INVALID_MEM_OBJECT"),
            Map.entry(-42, "CL_INVALID_BINARY"),
            Map.entry(-44, "CL_INVALID_PROGRAM"),
            Map.entry(-46, "CL_INVALID_KERNEL_NAME"),
            Map.entry(-48, "CL_INVALID_KERNEL"),
            Map.entry(-49, "CL_INVALID_ARG_INDEX"),
            Map.entry(-50, "CL_INVALID_ARG_VALUE"),
            Map.entry(-51, "CL_INVALID_ARG_SIZE"),
            Map.entry(-52, "CL_INVALID_KERNEL_ARGS"),
            Map.entry(-54, "CL_INVALID_WORK_GROUP_SIZE"),
            Map.entry(-55, "CL_INVALID_WORK_ITEM_SIZE"),
            Map.entry(-61, "CL_INVALID_BUFFER_SIZE"),
            Map.entry(-1001, "CL_PLATFORM_NOT_FOUND_KHR"));

    private ClError() {}

    static String name(int code) {
        return NAMES.getOrDefault(code, "error " + code);
    }

    /** Says whether a code is a want of memory, which may show long after the allocation. */
    static boolean isMemory(int code) {
        return code == -4 || code == -5 || code == -6;
    }

    /** Throws what a code means, unless it is success. */
    static void check(String call, int code) {
        check(call, code, 0);
    }

    /** Throws what a code means; of a want of memory with the size that was asked for, 0 if that is not known. */
    static void check(String call, int code, long bytes) {
        if (code == 0) {
            return;
        }
        if (isMemory(code)) {
            throw new OutOfDeviceMemory(
                    Message.of(call, "the device has no room")
                            .line("requested", bytes == 0 ? "by a buffer allocated before" : bytes + " bytes")
                            .line("driver", name(code))
                            .hint("use a smaller batch, or close tensors by working inside a Scope")
                            .toString(),
                    bytes);
        }
        if (code == -2 || code == -14 || code == -34 || code == -36) {
            throw new DeviceFailure(call + ": " + name(code));
        }
        throw new IllegalStateException(call + ": " + name(code));
    }
}
