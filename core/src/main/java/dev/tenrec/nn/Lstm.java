package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.tensor.RecurrentCell;

/**
 * Long short-term memory, see {@link RecurrentCell#LSTM} for the formula and {@link Recurrent} for inputs and outputs.
 * Blocks of weights stand in the order input gate, forget gate, candidate, output gate.
 */
public final class Lstm extends Recurrent {

    /**
     * Makes one layer, of F32, that starts from the process's stream of keys; see {@link Module}.
     *
     * @param in size of an input
     * @param units size of the state
     * @throws InvalidArgument if a size is below 1
     */
    public Lstm(long in, long units) {
        this(builder(in, units));
    }

    private Lstm(Builder builder) {
        super(RecurrentCell.LSTM, builder);
    }

    /**
     * Starts layers with options.
     *
     * @param in size of an input
     * @param units size of the state
     * @return the options, to be changed and built
     * @throws InvalidArgument if a size is below 1
     */
    public static Builder builder(long in, long units) {
        return new Builder(in, units);
    }

    /** Options of {@link Lstm}. */
    public static final class Builder extends RecurrentOptions<Builder> {

        private Builder(long in, long units) {
            super("Lstm", in, units);
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Lets the gates see the cell state (Gers and Schmidhuber, "Recurrent nets that time and count", 2000): a
         * variable {@code peephole_l0} [3, units] for the input, the forget and the output gate.
         *
         * @return this
         */
        public Builder peepholes() {
            peepholes = true;
            return this;
        }

        /**
         * Makes the hidden state smaller than the cell: h = m·W_hr (Sak, Senior and Beaufays, "Long short-term memory
         * based recurrent neural network architectures", 2014).
         *
         * @param outputs size of the hidden state, 1 or more and below the number of units
         * @return this
         * @throws InvalidArgument if it is not
         */
        public Builder projection(long outputs) {
            if (outputs < 1 || outputs >= units) {
                throw new InvalidArgument(Message.of("Lstm", "projection out of range")
                        .line("expected", "1 to " + (units - 1), "fewer than units")
                        .line("given", outputs)
                        .toString());
            }
            projection = outputs;
            return this;
        }

        /**
         * Makes the layers.
         *
         * @return new layers
         */
        public Lstm build() {
            return new Lstm(this);
        }
    }
}
