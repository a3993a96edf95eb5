package dev.tenrec.golden;

import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.MultiheadAttentionImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TransformerDecoderLayerImpl;
import org.bytedeco.pytorch.TransformerDecoderLayerOptions;
import org.bytedeco.pytorch.TransformerEncoderLayerImpl;
import org.bytedeco.pytorch.TransformerEncoderLayerOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kGELU;

/**
 * Makes {@code attention.npz}: outputs and gradients of libtorch's attention and transformer layers in F64. Two
 * sequences of 5 (memory 4) vectors of 6 numbers, time first; 2 heads, 8 inner units. Names say the masks: causal,
 * padding (sequence 1 ends after 3), added (numbers added to the scores).
 */
final class AttentionGolden {

    private static final long TIME = 5;
    private static final long MEMORY = 4;
    private static final long BATCH = 2;
    private static final long WIDTH = 6;

    private final TorchValues values = new TorchValues();

    private AttentionGolden() {}

    public static void main(String[] args) throws IOException {
        AttentionGolden golden = new AttentionGolden();
        for (String mask : new String[] {"none", "causal", "padding", "added", "causal-padding"}) {
            golden.attention(mask);
            golden.encoder(mask, false);
        }
        golden.encoder("causal", true);
        golden.cross();
        golden.decoder(false);
        golden.decoder(true);
        golden.values.write(Path.of(args[0], "attention", "attention.npz"));
    }

    /** What is added to the scores. */
    private static Tensor scores(String mask, long queries, long keys) {
        double[] scores = new double[(int) (queries * keys)];
        for (int i = 0; i < scores.length; i++) {
            boolean hidden = mask.contains("causal") && i % keys > i / keys;
            scores[i] = hidden ? Double.NEGATIVE_INFINITY : mask.contains("added") ? TorchValues.number(8, i) : 0;
        }
        return TorchValues.of(scores, queries, keys);
    }

    private static Tensor padding(String mask, long keys) {
        double[] padding = new double[(int) (BATCH * keys)];
        for (int i = 0; i < padding.length; i++) {
            padding[i] = mask.contains("padding") && i >= keys + 3 ? 1 : 0;
        }
        return TorchValues.of(padding, BATCH, keys).toType(torch.ScalarType.Bool);
    }

    private static Tensor input(int seed, long time) {
        return TorchValues.tensor(seed, time, BATCH, WIDTH).requires_grad_(true);
    }

    private void attention(String mask) {
        MultiheadAttentionImpl layer = new MultiheadAttentionImpl(WIDTH, 2);
        TorchValues.fill(layer);
        Tensor x = input(1, TIME);
        Tensor out = layer.forward(x, x, x, padding(mask, TIME), false, scores(mask, TIME, TIME), true)
                .get0();
        TorchValues.weighted(out, 4).backward();
        String name = "attention-" + mask;
        values.put(name + ".output", out);
        values.put(name + ".gradInput", x.grad());
        values.putGradients(name, layer);
    }

    private void cross() {
        MultiheadAttentionImpl layer = new MultiheadAttentionImpl(WIDTH, 2);
        TorchValues.fill(layer);
        Tensor x = input(1, TIME);
        Tensor memory = input(2, MEMORY);
        Tensor out = layer.forward(x, memory, memory, padding("padding", MEMORY), false, scores("", TIME, MEMORY), true)
                .get0();
        TorchValues.weighted(out, 4).backward();
        values.put("cross.output", out);
        values.put("cross.gradInput", x.grad());
        values.put("cross.gradMemory", memory.grad());
        values.putGradients("cross", layer);
    }

    private void encoder(String mask, boolean gelu) {
        TransformerEncoderLayerOptions options = new TransformerEncoderLayerOptions(WIDTH, 2);
        options.dim_feedforward().put(8);
        options.dropout().put(0);
        if (gelu) {
            options.activation().put(new kGELU());
        }
        TransformerEncoderLayerImpl layer = new TransformerEncoderLayerImpl(options);
        TorchValues.fill(layer);
        Tensor x = input(1, TIME);
        Tensor out = layer.forward(x, scores(mask, TIME, TIME), padding(mask, TIME));
        TorchValues.weighted(out, 4).backward();
        String name = (gelu ? "encoderGelu-" : "encoder-") + mask;
        values.put(name + ".output", out);
        values.put(name + ".gradInput", x.grad());
        values.putGradients(name, layer);
    }

    private void decoder(boolean gelu) {
        TransformerDecoderLayerOptions options = new TransformerDecoderLayerOptions(WIDTH, 2);
        options.dim_feedforward().put(8);
        options.dropout().put(0);
        if (gelu) {
            options.activation().put(new kGELU());
        }
        TransformerDecoderLayerImpl layer = new TransformerDecoderLayerImpl(options);
        TorchValues.fill(layer);
        Tensor x = input(1, TIME);
        Tensor memory = input(2, MEMORY);
        Tensor out = layer.forward(
                x,
                memory,
                scores("causal", TIME, TIME),
                scores("", TIME, MEMORY),
                padding("", TIME),
                padding("padding", MEMORY));
        TorchValues.weighted(out, 4).backward();
        String name = gelu ? "decoderGelu" : "decoder";
        values.put(name + ".output", out);
        values.put(name + ".gradInput", x.grad());
        values.put(name + ".gradMemory", memory.grad());
        values.putGradients(name, layer);
    }
}
