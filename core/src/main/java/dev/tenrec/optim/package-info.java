/**
 * Optimizers: how gradients become new values of parameters.
 *
 * <p>An {@link dev.tenrec.optim.Optimizer} holds groups of parameters with their own rates, and for each parameter the
 * tensors its method remembers. A step is one kernel per parameter, which writes the parameter and all that is
 * remembered over their own memory; where a step needs norms or products ({@link dev.tenrec.optim.Lamb}, {@link
 * dev.tenrec.optim.Muon}) they run before it. Rates are run-time scalars: changing them compiles nothing. A {@link
 * dev.tenrec.optim.Scheduler} sets them by a {@link dev.tenrec.optim.Schedule}. {@link
 * dev.tenrec.optim.GradientClipping} bounds gradients before a step, {@link dev.tenrec.optim.WeightAverage} averages
 * weights after it.
 *
 * <p>Depends on {@code tensor} and {@code autograd}.
 */
package dev.tenrec.optim;
