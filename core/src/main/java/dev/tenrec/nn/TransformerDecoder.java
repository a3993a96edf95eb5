package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A stack of {@link TransformerDecoderLayer}, named {@code layers.0}, {@code layers.1}, …, and with normalised inputs
 * of layers a last normalisation, {@code norm}.
 */
public final class TransformerDecoder extends Module {

    private final List<TransformerDecoderLayer> layers = new ArrayList<>();
    private final Module norm;

    /**
     * Makes a stack.
     *
     * @param count number of layers, 1 or more
     * @param options what each is made of
     * @throws dev.tenrec.error.InvalidArgument if there are none
     */
    public TransformerDecoder(int count, TransformerOptions options) {
        RecurrentOptions.checkSize("TransformerDecoder", "layers", count);
        for (int i = 0; i < count; i++) {
            layers.add(new TransformerDecoderLayer(options.withKey(options.key(i))));
        }
        child("layers", Sequential.of(layers));
        norm = options.normFirst() ? child("norm", TransformerEncoderLayer.norm(options)) : null;
    }

    /** Takes the input as its own memory, with a causal mask. */
    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, input, AttentionMask.CAUSAL, AttentionMask.CAUSAL);
    }

    /**
     * Runs the stack.
     *
     * @param input [batch, time, width]
     * @param memory [batch, memory's time, width]
     * @param mask what vectors may not look at among themselves
     * @param memoryMask what they may not look at in the memory
     * @return [batch, time, width]
     * @throws dev.tenrec.error.ShapeMismatch if an input or a mask has another shape than expected
     */
    public Tensor forward(Tensor input, Tensor memory, AttentionMask mask, AttentionMask memoryMask) {
        Tensor value = input;
        for (TransformerDecoderLayer layer : layers) {
            value = layer.forward(value, memory, mask, memoryMask);
        }
        return norm == null ? value : norm.forward(value);
    }
}
