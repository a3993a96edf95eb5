package dev.tenrec.examples.text;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.optim.GradientClipping;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;

/** Trains a transformer on windows at random places. */
final class TransformerCharacterModel implements CharacterModel {
    private static final double LARGEST_GRADIENT = 1;

    private final TransformerLanguageModel model;
    private final int window;
    private int[] text;
    private int batch;
    private Random random;

    TransformerCharacterModel(TransformerLanguageModel model, int window) {
        this.model = model;
        this.window = window;
    }

    @Override
    public Module module() {
        return model;
    }

    @Override
    public void begin(int[] newText, int newBatch, int length, long seed) {
        text = newText;
        batch = newBatch;
        random = new Random(seed);
    }

    @Override
    public double step(Optimizer optimizer) {
        int[] starts = random.ints(batch, 0, text.length - window).toArray();
        return Scope.call(() -> {
            Tensor loss = Losses.crossEntropy(
                    model.forward(windows(text, starts, window, 0)),
                    windows(text, starts, window, 1).reshape(-1));
            optimizer.step(GradientClipping.byNorm(loss.backward(), LARGEST_GRADIENT));
            return loss.item();
        });
    }

    private static Tensor windows(int[] text, int[] starts, int length, int shift) {
        long[] values = new long[starts.length * length];
        Arrays.setAll(values, i -> text[starts[i / length] + i % length + shift]);
        return Tensor.of(values, starts.length, length);
    }

    /** Windows overlap by half and count with their second half, so that each character has that much before it. */
    @Override
    public double[] surprise(int[] given, int rows) {
        int length = Math.min(window, given.length - 1);
        int stride = Math.max(1, length / 2);
        int count = (given.length - 1 - length) / stride + 1;
        double[] bits = new double[(count - 1) * stride + length];
        for (int from = 0; from < count; from += rows) {
            int first = from;
            int[] starts = new int[Math.min(rows, count - from)];
            Arrays.setAll(starts, i -> (first + i) * stride);
            float[] found = Scope.call(() -> Autograd.noGrad(() -> Bits.of(
                    model.forward(windows(given, starts, length, 0)),
                    windows(given, starts, length, 1).reshape(-1))));
            for (int i = 0; i < found.length; i++) {
                int place = i % length;
                if (place >= length - stride || starts[i / length] == 0) {
                    bits[starts[i / length] + place] = found[i];
                }
            }
        }
        return bits;
    }

    @Override
    public int[] write(int[] prime, int count, Sampler sampler) {
        int[] all = Arrays.copyOf(prime, prime.length + count);
        for (int i = prime.length; i < all.length; i++) {
            int[] start = {Math.max(0, i - window)};
            int length = i - start[0];
            all[i] = sampler.draw(Scope.call(() -> Autograd.noGrad(() -> model.forward(windows(all, start, length, 0))
                    .select(0, length - 1)
                    .toFloatArray())));
        }
        return Arrays.copyOfRange(all, prime.length, all.length);
    }
}
