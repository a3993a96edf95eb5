package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A stack of {@link TransformerEncoderLayer}, named {@code layers.0}, {@code layers.1}, …, and with normalised inputs
 * of layers a last normalisation, {@code norm}.
 */
public final class TransformerEncoder extends Module {

    private final List<TransformerEncoderLayer> layers = new ArrayList<>();
    private final Module norm;

    /**
     * Makes a stack.
     *
     * @param count number of layers, 1 or more
     * @param options what each is made of
     * @throws dev.tenrec.error.InvalidArgument if there are none
     */
    public TransformerEncoder(int count, TransformerOptions options) {
        RecurrentOptions.checkSize("TransformerEncoder", "layers", count);
        for (int i = 0; i < count; i++) {
            layers.add(new TransformerEncoderLayer(options.withKey(options.key(i))));
        }
        child("layers", Sequential.of(layers));
        norm = options.normFirst() ? child("norm", TransformerEncoderLayer.norm(options)) : null;
    }

    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, AttentionMask.NONE);
    }

    /**
     * Runs the stack.
     *
     * @param input [batch, time, width]
     * @param mask what vectors may not look at
     * @return [batch, time, width]
     * @throws dev.tenrec.error.ShapeMismatch if an input or a mask has another shape than expected
     */
    public Tensor forward(Tensor input, AttentionMask mask) {
        Tensor value = input;
        for (TransformerEncoderLayer layer : layers) {
            value = layer.forward(value, mask);
        }
        return norm == null ? value : norm.forward(value);
    }
}
