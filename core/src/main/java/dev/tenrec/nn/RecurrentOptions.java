package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.random.RandomKey;
import dev.tenrec.type.DType;

/**
 * Options that all recurrent layers share.
 *
 * @param <B> the type of the options
 */
public abstract sealed class RecurrentOptions<B extends RecurrentOptions<B>>
        permits Rnn.Builder, Lstm.Builder, Gru.Builder {

    final String name;
    final long in;
    final long units;
    long projection;
    boolean peepholes;
    boolean relu;
    int layers = 1;
    boolean bidirectional;
    boolean timeFirst;
    boolean bias = true;
    double dropout;
    DType dtype = DType.F32;
    RandomKey key;

    RecurrentOptions(String name, long in, long units) {
        this.name = name;
        this.in = checkSize(name, "inputs", in);
        this.units = checkSize(name, "units", units);
    }

    static long checkSize(String name, String what, long size) {
        if (size < 1) {
            throw new InvalidArgument(Message.of(name, "number of " + what + " out of range")
                    .line("expected", "1 or more")
                    .line("given", size)
                    .toString());
        }
        return size;
    }

    abstract B self();

    /**
     * Stacks layers: each reads the outputs of the one below.
     *
     * @param count how many, 1 or more
     * @return this
     * @throws InvalidArgument if there are none
     */
    public final B layers(int count) {
        layers = (int) checkSize(name, "layers", count);
        return self();
    }

    /**
     * Runs each layer in both directions; the outputs stand side by side, forward first (Schuster and Paliwal,
     * "Bidirectional recurrent neural networks", 1997).
     *
     * @return this
     */
    public final B bidirectional() {
        bidirectional = true;
        return self();
    }

    /**
     * Drops outputs of each layer but the last in training.
     *
     * @param probability of an element to be dropped, 0 to 1
     * @return this
     */
    public final B dropout(double probability) {
        dropout = new Dropout(probability, RandomKey.of(0)).probability();
        return self();
    }

    /**
     * Takes inputs and gives outputs as [time, batch, …] instead of [batch, time, …]. States are the same either way.
     *
     * @return this
     */
    public final B timeFirst() {
        timeFirst = true;
        return self();
    }

    /**
     * Leaves the biases out.
     *
     * @return this
     */
    public final B withoutBias() {
        bias = false;
        return self();
    }

    /**
     * Sets the element type.
     *
     * @param newDtype F32 or F64
     * @return this
     */
    public final B dtype(DType newDtype) {
        if (newDtype != DType.F32 && newDtype != DType.F64) {
            throw new InvalidArgument(Message.of(name, "element type does not fit")
                    .line("expected", "F32 or F64")
                    .line("given", newDtype)
                    .toString());
        }
        dtype = newDtype;
        return self();
    }

    /**
     * Sets where the first values come from.
     *
     * @param newKey the key
     * @return this
     */
    public final B key(RandomKey newKey) {
        key = newKey;
        return self();
    }
}
