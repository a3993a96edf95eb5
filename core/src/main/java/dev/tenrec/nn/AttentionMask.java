package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;

/**
 * Which keys a query may not look at. All parts apply together. A query that may look at none gives 0.
 *
 * @param causal whether query i may look at keys 0 … i alone
 * @param padding BOOL [batch, keys], true for keys that nobody may look at; null for none
 * @param scores what broadcasts to [batch, heads, queries, keys]: BOOL, true where a query may not look, or of the
 *     inputs' type, added to the scores before the softmax; null for none. Gradients flow to added numbers
 */
public record AttentionMask(boolean causal, Tensor padding, Tensor scores) {

    /** Every query may look at every key. */
    public static final AttentionMask NONE = new AttentionMask(false, null, null);

    /** No query may look at later keys. */
    public static final AttentionMask CAUSAL = new AttentionMask(true, null, null);

    /**
     * Returns this mask with padding.
     *
     * @param newPadding BOOL [batch, keys], true for keys that nobody may look at
     * @return the mask
     */
    public AttentionMask withPadding(Tensor newPadding) {
        return new AttentionMask(causal, newPadding, scores);
    }

    /**
     * Returns this mask with scores.
     *
     * @param newScores BOOL, true where a query may not look, or numbers to add; broadcasts to [batch, heads, queries,
     *     keys]
     * @return the mask
     */
    public AttentionMask withScores(Tensor newScores) {
        return new AttentionMask(causal, padding, newScores);
    }
}
