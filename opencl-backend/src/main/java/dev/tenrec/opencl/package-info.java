/**
 * The OpenCL backend: {@link dev.tenrec.gpu.GpuDriver} over LWJGL's binding of OpenCL 1.2. Kernels, transfers and the
 * cache of programs are in {@link dev.tenrec.gpu}.
 */
package dev.tenrec.opencl;
