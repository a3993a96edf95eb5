package dev.tenrec.gpu;

/**
 * What a driver knows of a device.
 *
 * @param name the device's own name
 * @param version driver and platform with their versions; a change of it makes cached programs invalid
 * @param kind what the device is
 * @param memoryBytes memory of the device
 * @param maxBufferBytes largest single buffer
 * @param sharedBytes memory that the work items of a group share
 * @param maxGroupSize work items of a group
 * @param maxArgumentBytes size of all arguments of a launch
 * @param computeUnits groups that run at the same time, about
 * @param fp64 whether kernels may compute in F64
 * @param hostMemory whether the host addresses the device's memory as fast as its own
 */
public record DeviceInfo(
        String name,
        String version,
        Kind kind,
        long memoryBytes,
        long maxBufferBytes,
        long sharedBytes,
        int maxGroupSize,
        int maxArgumentBytes,
        int computeUnits,
        boolean fp64,
        boolean hostMemory) {

    /** What a device is. */
    public enum Kind {
        /** The host's processors. */
        CPU,
        /** A GPU or an accelerator. */
        GPU
    }
}
