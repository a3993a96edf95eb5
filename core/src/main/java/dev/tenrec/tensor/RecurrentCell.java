package dev.tenrec.tensor;

/** The function that a recurrent layer applies at each time step; see {@link Recurrence}. */
public enum RecurrentCell {

    /** h' = tanh(a) (Elman, "Finding structure in time", 1990). */
    RNN_TANH(1, true, false),

    /** h' = max(a, 0). */
    RNN_RELU(1, true, false),

    /**
     * Blocks i, f, g, o: c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c') (Hochreiter and Schmidhuber, "Long short-term
     * memory", 1997; forget gate by Gers, Schmidhuber and Cummins, 2000). With peepholes p the gates also see the cell
     * state: i + p₀·c, f + p₁·c, o + p₂·c' (Gers and Schmidhuber, "Recurrent nets that time and count", 2000).
     */
    LSTM(4, true, true),

    /**
     * Blocks r, z, n: with the input's part x and the state's part s, n' = tanh(xₙ + σ(r)·sₙ), h' = (1 − σ(z))·n' +
     * σ(z)·h (Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014; with the reset gate behind
     * the product, as cuDNN and PyTorch have it).
     */
    GRU(3, false, false);

    private final int blocks;
    private final boolean sums;
    private final boolean cellState;

    RecurrentCell(int blocks, boolean sums, boolean cellState) {
        this.blocks = blocks;
        this.sums = sums;
        this.cellState = cellState;
    }

    /**
     * Returns the number of blocks of pre-activations, each as wide as the hidden state.
     *
     * @return 1, 3 or 4
     */
    public int blocks() {
        return blocks;
    }

    /**
     * Says whether there is a cell state beside the hidden one.
     *
     * @return true for the LSTM
     */
    public boolean hasCellState() {
        return cellState;
    }

    /** Whether only the sum of the input's and the state's part matters, which is then one kernel with the product. */
    boolean sums() {
        return sums;
    }

    /**
     * Applies the cell to one step.
     *
     * @param state the state's parts by block, with the input's added where {@link #sums} says so
     * @param input the input's parts by block; not read where they are summed
     * @param hidden h, read by the GRU
     * @param cell c, or null
     * @param peepholes three vectors, or none
     * @return h', and c' if there is one
     */
    Tensor[] apply(Tensor[] state, Tensor[] input, Tensor hidden, Tensor cell, Tensor[] peepholes) {
        return switch (this) {
            case RNN_TANH -> new Tensor[] {state[0].tanh()};
            case RNN_RELU -> new Tensor[] {state[0].relu()};
            case LSTM -> {
                boolean peeps = peepholes.length > 0;
                Tensor in = (peeps ? state[0].add(peepholes[0].mul(cell)) : state[0]).sigmoid();
                Tensor forget = (peeps ? state[1].add(peepholes[1].mul(cell)) : state[1]).sigmoid();
                Tensor next = forget.mul(cell).add(in.mul(state[2].tanh()));
                Tensor out = (peeps ? state[3].add(peepholes[2].mul(next)) : state[3]).sigmoid();
                yield new Tensor[] {out.mul(next.tanh()), next};
            }
            case GRU -> {
                Tensor reset = input[0].add(state[0]).sigmoid();
                Tensor update = input[1].add(state[1]).sigmoid();
                Tensor candidate = input[2].add(reset.mul(state[2])).tanh();
                yield new Tensor[] {candidate.add(update.mul(hidden.sub(candidate)))};
            }
        };
    }
}
