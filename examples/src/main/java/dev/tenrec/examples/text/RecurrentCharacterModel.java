package dev.tenrec.examples.text;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.RecurrentState;
import dev.tenrec.optim.GradientClipping;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.tensor.Tensor;
import java.util.Arrays;

/**
 * Trains a recurrent network by truncated backpropagation through time: gradients reach back to the beginning of a part,
 * states are carried from part to part.
 */
final class RecurrentCharacterModel implements CharacterModel {
    private static final double LARGEST_GRADIENT = 1;
    private static final int READ_AT_ONCE = 128;

    private final RecurrentLanguageModel model;
    private CharacterStreams streams;
    private RecurrentState state;

    RecurrentCharacterModel(RecurrentLanguageModel model) {
        this.model = model;
    }

    @Override
    public Module module() {
        return model;
    }

    @Override
    public void begin(int[] text, int batch, int length, long seed) {
        streams = new CharacterStreams(text, batch, length);
    }

    @Override
    public double step(Optimizer optimizer) {
        RecurrentState before = streams.atStart() ? null : state;
        double[] loss = new double[1];
        RecurrentState after = Scope.call(() -> {
            RecurrentLanguageModel.Result result = model.forward(streams.inputs(), before);
            Tensor mean = Losses.crossEntropy(result.logits(), streams.targets());
            RecurrentState carried = result.state().detach();
            optimizer.step(GradientClipping.byNorm(mean.backward(), LARGEST_GRADIENT));
            loss[0] = mean.item();
            return carried;
        });
        replaceState(after);
        streams.advance();
        return loss[0];
    }

    private void replaceState(RecurrentState next) {
        close(state);
        state = next;
    }

    private static void close(RecurrentState state) {
        if (state != null) {
            state.forEachScoped(part -> ((Tensor) part).close());
        }
    }

    @Override
    public double[] surprise(int[] text, int rows) {
        int length = Math.min(READ_AT_ONCE, (text.length - 1) / rows);
        CharacterStreams parts = new CharacterStreams(text, rows, length);
        int columns = parts.parts() * length;
        double[] bits = new double[rows * columns];
        RecurrentState carried = null;
        for (int part = 0; part < parts.parts(); part++) {
            RecurrentState before = carried;
            int first = part * length;
            carried = Scope.call(() -> Autograd.noGrad(() -> {
                RecurrentLanguageModel.Result result = model.forward(parts.inputs(), before);
                float[] found = Bits.of(result.logits(), parts.targets());
                for (int i = 0; i < found.length; i++) {
                    bits[i / length * columns + first + i % length] = found[i];
                }
                return result.state();
            }));
            close(before);
            parts.advance();
        }
        close(carried);
        return bits;
    }

    @Override
    public int[] write(int[] prime, int count, Sampler sampler) {
        int[] written = new int[count];
        int[] read = prime;
        RecurrentState carried = null;
        for (int i = 0; i < count; i++) {
            RecurrentState before = carried;
            long[] input = Arrays.stream(read).asLongStream().toArray();
            int at = i;
            carried = Scope.call(() -> Autograd.noGrad(() -> {
                RecurrentLanguageModel.Result result = model.forward(Tensor.of(input, 1, input.length), before);
                Tensor last = result.logits().select(0, input.length - 1);
                written[at] = sampler.draw(last.toFloatArray());
                return result.state();
            }));
            close(before);
            read = new int[] {written[i]};
        }
        close(carried);
        return written;
    }

    @Override
    public void close() {
        replaceState(null);
        model.close();
    }
}
