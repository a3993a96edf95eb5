/**
 * The backend that runs on this machine's processors, with vector instructions where the JVM offers them.
 *
 * <p>{@link dev.tenrec.cpu.CpuProvider} is found through {@link java.util.ServiceLoader}. Elementwise expressions become
 * a linear program that runs block by block, one loop per primitive; matrix products are packed, blocked and run by a
 * micro-kernel.
 */
package dev.tenrec.cpu;
