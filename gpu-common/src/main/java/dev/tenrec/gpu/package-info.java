/**
 * The shared half of GPU backends. A backend for a GPU library implements {@link dev.tenrec.gpu.GpuDriver} and {@link
 * dev.tenrec.gpu.GpuDevice}, some thirty calls that know nothing of tensors; {@link dev.tenrec.gpu.GpuBackend} makes of
 * them what core asks for.
 *
 * <p>Kernels are text: one C source for OpenCL C 1.2 and CUDA C, with a small prelude per {@link
 * dev.tenrec.gpu.Dialect}. Everything on a device happens in one stream, in the order it was issued. Results never
 * depend on timing: floating numbers are never combined by atomics, and work is split by its size alone.
 */
package dev.tenrec.gpu;
