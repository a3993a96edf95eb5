/**
 * The CUDA backend: {@link dev.tenrec.gpu.GpuDriver} over JCuda's driver API, with NVRTC for kernels and cuBLAS for
 * products. Kernels, transfers and the cache of programs are in {@link dev.tenrec.gpu}.
 */
package dev.tenrec.cuda;
