package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Shape;

/**
 * Attention of a sequence to itself and a feed-forward network, each added to its input and normalised (Vaswani et al.,
 * "Attention is all you need", 2017): [batch, time, width] → the same. Variables have PyTorch's names:
 * {@code self_attn}, {@code linear1}, {@code linear2}, {@code norm1}, {@code norm2}.
 */
public final class TransformerEncoderLayer extends Module {

    private final TransformerOptions options;
    private final MultiHeadAttention attention;
    private final Dense linear1;
    private final Dense linear2;
    private final Module norm1;
    private final Module norm2;
    private final Dropout dropout;

    /**
     * Makes a layer.
     *
     * @param options what it is made of
     */
    public TransformerEncoderLayer(TransformerOptions options) {
        this.options = options;
        attention = child("self_attn", attention(options, 0));
        linear1 = child("linear1", dense(options, options.width(), options.hidden(), 2));
        linear2 = child("linear2", dense(options, options.hidden(), options.width(), 3));
        norm1 = child("norm1", norm(options));
        norm2 = child("norm2", norm(options));
        dropout = child("dropout", new Dropout(options.dropout(), options.key(4)));
    }

    static MultiHeadAttention attention(TransformerOptions options, int number) {
        return new MultiHeadAttention(
                options.width(), options.heads(), options.dropout(), options.dtype(), options.key(number));
    }

    static Dense dense(TransformerOptions options, long in, long out, int number) {
        return Dense.builder(in, out)
                .dtype(options.dtype())
                .key(options.key(number))
                .build();
    }

    static Module norm(TransformerOptions options) {
        return new LayerNorm(
                Shape.of(options.width()),
                NormOptions.DEFAULT.epsilon(TransformerOptions.EPSILON).dtype(options.dtype()));
    }

    static Tensor feedForward(Tensor x, Dense linear1, Dense linear2, Dropout dropout, TransformerOptions options) {
        Tensor inner = linear1.forward(x);
        return dropout.forward(linear2.forward(dropout.forward(options.gelu() ? inner.gelu() : inner.relu())));
    }

    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, AttentionMask.NONE);
    }

    /**
     * Runs the layer.
     *
     * @param input [batch, time, width]
     * @param mask what vectors may not look at
     * @return [batch, time, width]
     * @throws dev.tenrec.error.ShapeMismatch if the input or a mask has another shape than expected
     */
    public Tensor forward(Tensor input, AttentionMask mask) {
        if (options.normFirst()) {
            Tensor x = input.add(dropout.forward(attention.forward(norm1.forward(input), mask)));
            return x.add(feedForward(norm2.forward(x), linear1, linear2, dropout, options));
        }
        Tensor x = norm1.forward(input.add(dropout.forward(attention.forward(input, mask))));
        return norm2.forward(x.add(feedForward(x, linear1, linear2, dropout, options)));
    }
}
