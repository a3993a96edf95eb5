package dev.tenrec.examples.text;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.AttentionMask;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Initializers;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Positions;
import dev.tenrec.nn.TransformerEncoder;
import dev.tenrec.nn.TransformerOptions;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import java.util.Arrays;

/**
 * Predicts the next character from those before in a window: characters and places are looked up in tables and added,
 * layers let each place look at those before it, and the last vectors are mapped to a score of each character.
 */
final class TransformerLanguageModel extends Module {
    private final Embedding embedding;
    private final Positions positions;
    private final TransformerEncoder encoder;
    private final Dense head;
    private final int width;
    private final int heads;

    TransformerLanguageModel(int characters, int length, int width, int heads, int layers) {
        this.width = width;
        this.heads = heads;
        embedding = child(
                "embedding",
                Embedding.builder(characters, width)
                        .weight(Initializers.normal(0, 0.1))
                        .build());
        positions = child("positions", Positions.learned(length, width, DType.F32, null));
        encoder = child(
                "encoder",
                new TransformerEncoder(
                        layers,
                        TransformerOptions.of(width, heads, 4L * width)
                                .withNormFirst()
                                .withGelu()
                                .withDropout(0)));
        head = child("head", new Dense(width, characters));
    }

    /** I64 [batch, time] to scores [batch · time, characters]. */
    @Override
    protected Tensor compute(Tensor input) {
        Tensor vectors = positions.forward(embedding.forward(input));
        return head.forward(encoder.forward(vectors, AttentionMask.CAUSAL).reshape(-1, width));
    }

    /** Where the heads of the first layer look when they read a text: of each head [places · places], rows add up to 1. */
    float[][] firstAttention(int[] text) {
        int count = text.length;
        long[] input = Arrays.stream(text).asLongStream().toArray();
        return Scope.call(() -> Autograd.noGrad(() -> {
            var variables = encoder.namedVariables();
            Tensor vectors = positions.forward(embedding.forward(Tensor.of(input, 1, count)));
            Tensor normed = normed(
                    vectors,
                    variables.get("layers.0.norm1.weight").value(),
                    variables.get("layers.0.norm1.bias").value());
            Tensor projected = normed.reshape(count, width)
                    .matmul(variables.get("layers.0.self_attn.in_proj_weight").value())
                    .add(variables.get("layers.0.self_attn.in_proj_bias").value());
            long size = width / heads;
            Tensor later = Tensor.arange(DType.I64, 0, count, 1)
                    .gt(Tensor.arange(DType.I64, 0, count, 1).unsqueeze(1));
            float[][] weights = new float[heads][];
            for (int h = 0; h < heads; h++) {
                Tensor query = projected.slice(1, h * size, (h + 1) * size);
                Tensor key = projected.slice(1, width + h * size, width + (h + 1) * size);
                weights[h] = query.matmul(key.transpose())
                        .div(Math.sqrt(size))
                        .maskedFill(later, Double.NEGATIVE_INFINITY)
                        .softmax(1)
                        .toFloatArray();
            }
            return weights;
        }));
    }

    private static Tensor normed(Tensor x, Tensor scale, Tensor shift) {
        Tensor centred = x.sub(x.mean(true, -1));
        Tensor variance = centred.square().mean(true, -1);
        return centred.div(variance.add(1e-5).sqrt()).mul(scale).add(shift);
    }
}
