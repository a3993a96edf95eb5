/**
 * Random numbers that depend on nothing but a key and a position: the same bits on every device and for any number of
 * threads.
 *
 * <p>A {@link dev.tenrec.random.RandomKey} makes tensors of random numbers; a {@link dev.tenrec.random.RandomStream}
 * hands out keys one after the other, and its state can be saved. The generator is {@link dev.tenrec.random.Threefry},
 * written as a scalar expression, so that random numbers are elementwise operations like any other.
 *
 * <p>Depends on {@code tensor}.
 */
package dev.tenrec.random;
