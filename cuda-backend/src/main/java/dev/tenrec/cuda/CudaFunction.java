package dev.tenrec.cuda;

import dev.tenrec.gpu.GpuDevice;
import jcuda.driver.CUfunction;

/**
 * A kernel of a program.
 *
 * @param program keeps the module loaded
 * @param handle the driver's
 * @param name the kernel's
 * @param maxGroupSize threads of a block, given the registers it needs
 */
record CudaFunction(CudaProgram program, CUfunction handle, String name, int maxGroupSize)
        implements GpuDevice.Function {}
