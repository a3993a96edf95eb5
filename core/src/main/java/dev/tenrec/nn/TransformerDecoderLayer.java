package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;

/**
 * Attention of a sequence to itself, to a memory, and a feed-forward network, each added to its input and normalised
 * (Vaswani et al., "Attention is all you need", 2017): [batch, time, width] → the same. Variables have PyTorch's names:
 * {@code self_attn}, {@code multihead_attn}, {@code linear1}, {@code linear2}, {@code norm1} to {@code norm3}.
 */
public final class TransformerDecoderLayer extends Module {

    private final TransformerOptions options;
    private final MultiHeadAttention selfAttention;
    private final MultiHeadAttention memoryAttention;
    private final Dense linear1;
    private final Dense linear2;
    private final Module norm1;
    private final Module norm2;
    private final Module norm3;
    private final Dropout dropout;

    /**
     * Makes a layer.
     *
     * @param options what it is made of
     */
    public TransformerDecoderLayer(TransformerOptions options) {
        this.options = options;
        selfAttention = child("self_attn", TransformerEncoderLayer.attention(options, 0));
        memoryAttention = child("multihead_attn", TransformerEncoderLayer.attention(options, 1));
        linear1 = child("linear1", TransformerEncoderLayer.dense(options, options.width(), options.hidden(), 2));
        linear2 = child("linear2", TransformerEncoderLayer.dense(options, options.hidden(), options.width(), 3));
        norm1 = child("norm1", TransformerEncoderLayer.norm(options));
        norm2 = child("norm2", TransformerEncoderLayer.norm(options));
        norm3 = child("norm3", TransformerEncoderLayer.norm(options));
        dropout = child("dropout", new Dropout(options.dropout(), options.key(4)));
    }

    /** Takes the input as its own memory, with a causal mask. */
    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, input, AttentionMask.CAUSAL, AttentionMask.CAUSAL);
    }

    /**
     * Runs the layer.
     *
     * @param input [batch, time, width]
     * @param memory [batch, memory's time, width]
     * @param mask what vectors may not look at among themselves, {@link AttentionMask#CAUSAL} as a rule
     * @param memoryMask what they may not look at in the memory
     * @return [batch, time, width]
     * @throws dev.tenrec.error.ShapeMismatch if an input or a mask has another shape than expected
     */
    public Tensor forward(Tensor input, Tensor memory, AttentionMask mask, AttentionMask memoryMask) {
        if (options.normFirst()) {
            Tensor x = input.add(dropout.forward(selfAttention.forward(norm1.forward(input), mask)));
            Tensor y = x.add(dropout.forward(memoryAttention.forward(norm2.forward(x), memory, memoryMask)));
            return y.add(TransformerEncoderLayer.feedForward(norm3.forward(y), linear1, linear2, dropout, options));
        }
        Tensor x = norm1.forward(input.add(dropout.forward(selfAttention.forward(input, mask))));
        Tensor y = norm2.forward(x.add(dropout.forward(memoryAttention.forward(x, memory, memoryMask))));
        return norm3.forward(y.add(TransformerEncoderLayer.feedForward(y, linear1, linear2, dropout, options)));
    }
}
