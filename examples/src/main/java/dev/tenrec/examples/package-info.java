/**
 * The example that a newcomer runs first: a dense network that learns Fashion-MNIST.
 *
 * <p>{@link dev.tenrec.examples.FashionMnist} is the command line, {@link dev.tenrec.examples.FashionMnistData} the
 * data, {@link dev.tenrec.examples.ProgressReporter} the progress, and {@link dev.tenrec.examples.ConfusionMatrix},
 * {@link dev.tenrec.examples.TrainingCurves} and {@link dev.tenrec.examples.WrongPredictions} the reports.
 */
package dev.tenrec.examples;
