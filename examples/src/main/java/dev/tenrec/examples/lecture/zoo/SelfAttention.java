package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Positions;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Attention: A = softmax(QKᵀ / √d), output AV, with Q, K, V = x times a matrix each and x the vectors of digits plus those
 * of their places (Bahdanau et al., 2015; Vaswani et al., "Attention is all you need", 2017). To write a sequence
 * backwards, place i has to look at place n − 1 − i: the picture of A is the other diagonal.
 */
final class SelfAttention extends Module {
    private static final int LENGTH = 10;
    private static final int DIGITS = 10;
    private static final int WIDTH = 32;

    private final Embedding table = child("table", new Embedding(DIGITS, WIDTH));
    private final Positions places = child("places", Positions.learned(LENGTH, WIDTH, DType.F32, RandomKey.of(5)));
    private final Dense query = child("query", new Dense(WIDTH, WIDTH));
    private final Dense key = child("key", new Dense(WIDTH, WIDTH));
    private final Dense value = child("value", new Dense(WIDTH, WIDTH));
    private final Dense output = child("output", new Dense(WIDTH, DIGITS));

    private Tensor vectors(Tensor digits) {
        return places.forward(table.forward(digits));
    }

    /** A, [batch, length, length]. */
    private Tensor weights(Tensor x) {
        return query.forward(x)
                .matmul(key.forward(x).transpose(1, 2))
                .div(Math.sqrt(WIDTH))
                .softmax(2);
    }

    /** I64 [batch, length] to logits [batch · length, digits]. */
    @Override
    protected Tensor compute(Tensor digits) {
        Tensor x = vectors(digits);
        return output.forward(weights(x).matmul(value.forward(x))).reshape(-1, DIGITS);
    }

    private static Tensor sequences(long seed, int count) {
        return RandomKey.of(seed)
                .uniform(DType.F32, Shape.of(count, LENGTH), 0, DIGITS)
                .floor()
                .to(DType.I64);
    }

    private static Tensor backwards(Tensor digits) {
        return digits.flip(1).reshape(-1);
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        try (SelfAttention model = new SelfAttention()) {
            model.initialize(1);
            Training.run(out, model, 5e-3, Training.steps(250, effort), step -> {
                Tensor x = sequences(step, 64);
                return Losses.crossEntropy(model.forward(x), backwards(x));
            });
            int count = 1000;
            Tensor test = sequences(-1, count);
            Tensor said = model.forward(test).argmax(1);
            out.println("read  " + text(test));
            out.println("wrote " + text(said.reshape(count, LENGTH)));
            long[] wanted = backwards(test).toLongArray();
            long[] found = said.toLongArray();
            int right = 0;
            for (int i = 0; i < count; i++) {
                right += Arrays.equals(wanted, i * LENGTH, (i + 1) * LENGTH, found, i * LENGTH, (i + 1) * LENGTH)
                        ? 1
                        : 0;
            }
            Tensor looks = model.weights(model.vectors(test)).mean(0);
            Tiles.write(
                    out,
                    folder.resolve("attention.png"),
                    "Where each written place (down) looks",
                    List.of(Clothes.row("", looks.reshape(1, -1))));
            return Result.of(model.parameters(), "%.1f %% of 1,000 sequences right", 100.0 * right / count);
        }
    }

    private static String text(Tensor digits) {
        return Arrays.stream(digits.select(0, 0).toLongArray())
                .mapToObj(Long::toString)
                .collect(Collectors.joining(" "));
    }
}
