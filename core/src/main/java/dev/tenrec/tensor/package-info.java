/**
 * What users hold: tensors, variables, gradients.
 *
 * <p>A {@link dev.tenrec.tensor.Tensor} is an immutable value; a {@link dev.tenrec.tensor.Variable} is the only thing
 * that changes. Shapes and types are checked here, at the call. A tensor that depends on a variable knows the operation
 * that made it; {@link dev.tenrec.tensor.Tensor#backward()} walks those records and returns {@link
 * dev.tenrec.tensor.Gradients}. Gradients are computed with the same operations as everything else, so they fuse, and
 * can be differentiated again.
 *
 * <p>Depends on {@code engine}.
 */
package dev.tenrec.tensor;
