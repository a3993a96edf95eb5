/**
 * Optimizers: how gradients become new values of parameters.
 *
 * <p>An {@link dev.tenrec.optim.Optimizer} holds groups of parameters with their own rates, and for each parameter the
 * tensors its method remembers. A step is one kernel per parameter, which writes the parameter and all that is
 * remembered over their own memory. Rates are run-time scalars: changing them compiles nothing. {@link
 * dev.tenrec.optim.GradientClipping} bounds gradients before a step.
 *
 * <p>Depends on {@code tensor} and {@code autograd}.
 */
package dev.tenrec.optim;
