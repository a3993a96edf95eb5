/**
 * Automatic differentiation beyond {@code loss.backward()}: gradients by chosen tensors, second derivatives, functions
 * with a gradient of their own, and code that records nothing.
 *
 * <p>Depends on {@code tensor}, which holds the records and the walk over them.
 */
package dev.tenrec.autograd;
