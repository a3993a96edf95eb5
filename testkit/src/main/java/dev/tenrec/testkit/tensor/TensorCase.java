package dev.tenrec.testkit.tensor;

/**
 * One case of the tensor suite.
 *
 * @param name what the report says
 * @param body runs it on the current device, in a scope; throws if something is wrong
 */
public record TensorCase(String name, Runnable body) {}
