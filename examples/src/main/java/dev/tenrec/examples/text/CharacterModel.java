package dev.tenrec.examples.text;

import dev.tenrec.nn.Module;
import dev.tenrec.optim.Optimizer;

/** A network that predicts the next character, as the training loop sees it. */
interface CharacterModel extends AutoCloseable {
    /** {@return the network} */
    Module module();

    /**
     * Says what is learned.
     *
     * @param text numbers of characters
     * @param batch sequences per step
     * @param length characters per sequence
     * @param seed of the choice of sequences, if there is one
     */
    void begin(int[] text, int batch, int length, long seed);

    /**
     * Takes one step of the training.
     *
     * @param optimizer of the network's parameters
     * @return the mean cross-entropy of the step's characters, in nats
     */
    double step(Optimizer optimizer);

    /**
     * Computes −log₂ of the probability of each character, given the ones before it.
     *
     * @param text numbers of characters
     * @param rows into how many pieces the text may be cut to be read side by side
     * @return bits of the second and all later characters of each piece; the text's end may be left out
     */
    double[] surprise(int[] text, int rows);

    /**
     * Writes on.
     *
     * @param prime the beginning, at least one character
     * @param count characters to be written
     * @param sampler draws them
     * @return the characters behind the beginning
     */
    int[] write(int[] prime, int count, Sampler sampler);

    @Override
    default void close() {
        module().close();
    }
}
