package dev.tenrec.gpu;

import java.util.List;

/** A library that runs programs on devices, such as OpenCL or CUDA's driver. */
public interface GpuDriver {

    /**
     * Returns the name users choose the backend by.
     *
     * @return lower case, such as {@code opencl}
     */
    String name();

    /**
     * Lists the devices.
     *
     * @return what is known of each, in the order of their indexes
     * @throws dev.tenrec.error.BackendUnavailable if the library is missing or has no device: says why and what to do
     */
    List<DeviceInfo> devices();

    /**
     * Opens a device with one stream of its own.
     *
     * @param index which, from 0
     * @return the open device
     * @throws dev.tenrec.error.BackendUnavailable if there is no such device or it cannot be used
     */
    GpuDevice open(int index);
}
