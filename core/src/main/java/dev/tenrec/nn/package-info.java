/**
 * Neural networks: modules, layers, initialisers and losses.
 *
 * <p>A {@link dev.tenrec.nn.Module} is a tree of named modules, each with named variables; layers such as {@link
 * dev.tenrec.nn.Dense} are its leaves and {@link dev.tenrec.nn.Sequential} puts them in a row. {@link
 * dev.tenrec.nn.Initializer} says how parameters start, {@link dev.tenrec.nn.Losses} what training makes small.
 *
 * <p>Import {@code dev.tenrec.nn.Module} by its name where it is used: an import of the whole package leaves
 * {@code Module} ambiguous with {@code java.lang.Module}.
 *
 * <p>Depends on {@code io}, for files of weights, and on {@code random} and {@code autograd}.
 */
package dev.tenrec.nn;
