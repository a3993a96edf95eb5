package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.examples.FashionMnistData;
import dev.tenrec.examples.ImageSet;
import dev.tenrec.examples.Tiles;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** The included part of Fashion-MNIST: 11,000 grey images of 28 x 28 to learn from and 2,000 to test on. */
final class Clothes {
    static final int SIDE = ImageSet.SIDE;
    static final int PIXELS = ImageSet.PIXELS;
    static final int BATCH = 100;
    private static final int SHOWN = 10;

    private final ImageSet set;
    private final int[] members;
    private int[] order;
    private int orderedPass = -1;

    private Clothes(ImageSet set, int[] members) {
        this.set = set;
        this.members = members;
    }

    /** Both sets, read once. */
    private static final class Loaded {
        static final FashionMnistData DATA = load();

        private static FashionMnistData load() {
            try {
                return FashionMnistData.load(Optional.of(FashionMnistData.EMBEDDED));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static Clothes training() {
        return all(Loaded.DATA.training());
    }

    static Clothes test() {
        return all(Loaded.DATA.test());
    }

    private static Clothes all(ImageSet set) {
        return new Clothes(set, IntStream.range(0, set.count()).toArray());
    }

    /** Those of some classes. */
    Clothes only(int... classes) {
        return new Clothes(
                set,
                Arrays.stream(members)
                        .filter(i -> Arrays.stream(classes).anyMatch(c -> c == set.labels()[i]))
                        .toArray());
    }

    int count() {
        return members.length;
    }

    /** F32 [rows, 784], 0 to 1. */
    Tensor images(int... rows) {
        float[] pixels = new float[rows.length * PIXELS];
        for (int i = 0; i < rows.length; i++) {
            int from = members[rows[i]] * PIXELS;
            for (int p = 0; p < PIXELS; p++) {
                pixels[i * PIXELS + p] = (set.images()[from + p] & 0xFF) / 255f;
            }
        }
        return Tensor.of(pixels, rows.length, PIXELS);
    }

    /** I64 [rows]. */
    Tensor labels(int... rows) {
        return Tensor.of(Arrays.stream(rows).mapToLong(this::label).toArray(), rows.length);
    }

    int label(int row) {
        return set.labels()[members[row]];
    }

    /** The rows of a step's batch: each pass is in an order of its own. */
    int[] batch(int step) {
        int perPass = count() / BATCH;
        if (orderedPass != step / perPass) {
            orderedPass = step / perPass;
            order = RandomKey.of(11).fold(orderedPass).permutation(count());
        }
        int from = step % perPass * BATCH;
        return Arrays.copyOfRange(order, from, from + BATCH);
    }

    /** All images [count, 784]. */
    Tensor images() {
        return images(IntStream.range(0, count()).toArray());
    }

    /** Some images that are told apart well, for pictures [10, 784]. */
    Tensor shown() {
        return images(IntStream.range(0, SHOWN).toArray());
    }

    static Tiles.Row row(String name, Tensor images) {
        return Tiles.Row.of(name, images.toFloatArray(), (int) images.shape().size(0));
    }

    /** Trains a network [batch, 784] to logits [batch, 10]; returns the share of test images that it gets right. */
    static double classify(PrintWriter out, Module model, double rate, int steps) {
        Clothes training = training();
        model.train();
        Training.run(out, model, rate, steps, step -> {
            int[] rows = training.batch(step);
            return Losses.crossEntropy(model.forward(training.images(rows)), training.labels(rows));
        });
        model.eval();
        Clothes test = test();
        int right = 0;
        for (int from = 0; from < test.count(); from += BATCH) {
            int[] rows = IntStream.range(from, from + BATCH).toArray();
            long[] found = Scope.call(() -> Autograd.noGrad(
                    () -> model.forward(test.images(rows)).argmax(1).toLongArray()));
            for (int i = 0; i < BATCH; i++) {
                right += found[i] == test.label(rows[i]) ? 1 : 0;
            }
        }
        return (double) right / test.count();
    }
}
