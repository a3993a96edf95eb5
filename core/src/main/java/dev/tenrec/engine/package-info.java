/**
 * Deferred execution: nodes, regions that become kernels, and the kernel cache.
 *
 * <p>An elementwise operation only makes a {@link dev.tenrec.engine.Node}. When something needs its value, the {@link
 * dev.tenrec.engine.Region} of pending nodes below it is planned as one kernel: on its own, as the body of a reduction,
 * or as the epilogue of a matrix product. Everything else runs at once; a product waits for its first use, so that it
 * can take its epilogue along.
 *
 * <p>A pending node is run when its value is read, when a kernel that does not fuse needs it, when it is assigned to a
 * variable, when it leaves its scope, when it has grown beyond {@link dev.tenrec.engine.Limits}, or at once if fusion is
 * off.
 *
 * <p>Depends on {@code memory} and {@code op}. Users do not meet this package.
 */
package dev.tenrec.engine;
