package dev.tenrec.nn;

import dev.tenrec.tensor.RecurrentCell;

/**
 * Gated recurrent units, see {@link RecurrentCell#GRU} for the formula and {@link Recurrent} for inputs and outputs.
 * Blocks of weights stand in the order reset gate, update gate, candidate.
 */
public final class Gru extends Recurrent {

    /**
     * Makes one layer, of F32, that starts from the process's stream of keys; see {@link Module}.
     *
     * @param in size of an input
     * @param units size of the state
     * @throws dev.tenrec.error.InvalidArgument if a size is below 1
     */
    public Gru(long in, long units) {
        this(builder(in, units));
    }

    private Gru(Builder builder) {
        super(RecurrentCell.GRU, builder);
    }

    /**
     * Starts layers with options.
     *
     * @param in size of an input
     * @param units size of the state
     * @return the options, to be changed and built
     * @throws dev.tenrec.error.InvalidArgument if a size is below 1
     */
    public static Builder builder(long in, long units) {
        return new Builder(in, units);
    }

    /** Options of {@link Gru}. */
    public static final class Builder extends RecurrentOptions<Builder> {

        private Builder(long in, long units) {
            super("Gru", in, units);
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Makes the layers.
         *
         * @return new layers
         */
        public Gru build() {
            return new Gru(this);
        }
    }
}
