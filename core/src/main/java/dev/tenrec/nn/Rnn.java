package dev.tenrec.nn;

import dev.tenrec.tensor.RecurrentCell;

/**
 * Elman's recurrent network: h' = tanh(x·W_ih + b_ih + h·W_hh + b_hh), or relu in place of tanh; see {@link Recurrent}
 * ("Finding structure in time", 1990).
 */
public final class Rnn extends Recurrent {

    /**
     * Makes one layer, of F32, that starts from the process's stream of keys; see {@link Module}.
     *
     * @param in size of an input
     * @param units size of the state
     * @throws dev.tenrec.error.InvalidArgument if a size is below 1
     */
    public Rnn(long in, long units) {
        this(builder(in, units));
    }

    private Rnn(Builder builder) {
        super(builder.relu ? RecurrentCell.RNN_RELU : RecurrentCell.RNN_TANH, builder);
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

    /** Options of {@link Rnn}. */
    public static final class Builder extends RecurrentOptions<Builder> {

        private Builder(long in, long units) {
            super("Rnn", in, units);
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Takes relu in place of tanh.
         *
         * @return this
         */
        public Builder relu() {
            relu = true;
            return this;
        }

        /**
         * Makes the layers.
         *
         * @return new layers
         */
        public Rnn build() {
            return new Rnn(this);
        }
    }
}
