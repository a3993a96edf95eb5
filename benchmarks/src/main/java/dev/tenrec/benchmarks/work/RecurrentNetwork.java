package dev.tenrec.benchmarks.work;

import java.util.List;

/** The recurrent network that is trained: an embedding of characters, a recurrent layer, and a dense one. */
public final class RecurrentNetwork {

    /** What the layer computes in each step. */
    public enum Cell {
        /** Long short-term memory; gates in the order input, forget, candidate, output. */
        LSTM(4),
        /** Gated recurrent unit as PyTorch has it; gates in the order reset, update, candidate. */
        GRU(3);

        private final int gates;

        Cell(int gates) {
            this.gates = gates;
        }
    }

    /** Number of characters there are. */
    public static final int VOCABULARY = 96;

    /** Numbers that stand for a character. */
    public static final int EMBEDDING = 128;

    /** Numbers of a state. */
    public static final int HIDDEN = 256;

    /** Characters in a sequence. */
    public static final int STEPS = 64;

    private RecurrentNetwork() {}

    /**
     * Makes the parameters.
     *
     * @param cell what the layer computes
     * @return the table, [{@value #VOCABULARY}, {@value #EMBEDDING}]; weights of the layer's input and of its state, and
     *     the biases of both; weights and biases of the dense layer
     */
    public static List<Parameter> parameters(Cell cell) {
        int blocks = cell.gates * HIDDEN;
        return List.of(
                Parameter.uniform(Math.sqrt(EMBEDDING), 300, VOCABULARY, EMBEDDING),
                Parameter.uniform(1, 301, blocks, EMBEDDING),
                Parameter.uniform(1, 302, blocks, HIDDEN),
                Parameter.zeros(blocks),
                Parameter.zeros(blocks),
                Parameter.uniform(1, 303, VOCABULARY, HIDDEN),
                Parameter.zeros(VOCABULARY));
    }

    /** Counts multiply-adds of a character's training step. */
    static double products(Cell cell) {
        return 3.0 * HIDDEN * (cell.gates * (EMBEDDING + HIDDEN) + VOCABULARY);
    }

    /** Counts parameters. */
    static long parameterCount(Cell cell) {
        return (long) VOCABULARY * (EMBEDDING + HIDDEN + 1) + cell.gates * HIDDEN * (EMBEDDING + HIDDEN + 2L);
    }
}
