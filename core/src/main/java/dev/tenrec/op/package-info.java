/**
 * The registry of elementwise operations, each defined once as a scalar expression.
 *
 * <p>One line in {@link dev.tenrec.op.Ops} gives an operation its kernels on every backend, its gradient, its place in
 * the conformance suite and in the benchmarks.
 *
 * <p>Depends on {@code ir}.
 */
package dev.tenrec.op;
