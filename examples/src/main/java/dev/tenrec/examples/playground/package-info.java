/**
 * A local web page on which one watches small networks learn, in the spirit of the TensorFlow Playground.
 *
 * <p>{@link dev.tenrec.examples.playground.Playground} is the command line. It serves the page, or draws how the decision
 * boundary moves. {@link dev.tenrec.examples.playground.Settings} is what may be chosen, and the only place where input is
 * checked; a session trains on a thread of its own and publishes frames, which the page receives as server-sent events.
 */
package dev.tenrec.examples.playground;
