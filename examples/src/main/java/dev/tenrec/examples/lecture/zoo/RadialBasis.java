package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Plane;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The radial-basis network: y = σ(Σⱼ vⱼ exp(−‖x − cⱼ‖² / 2sⱼ²) + b), a sum of bumps around centres cⱼ, which begin at
 * samples and are learned with their widths (Broomhead and Lowe, "Multivariable functional interpolation and adaptive
 * networks", 1988). The task is the two spirals of Lang and Witbrock (1988), which is hard for few sigmoid units.
 */
final class RadialBasis extends Module {
    private static final int UNITS = 40;
    private static final int SAMPLES = 400;

    private final Variable centres;
    private final Variable logWidths;
    private final Dense output;

    private RadialBasis(Tensor start) {
        centres = parameter("centres", start);
        logWidths = parameter("logWidths", Tensor.full(DType.F32, Shape.of(UNITS), Math.log(0.15)));
        output = child("output", new Dense(UNITS, 1));
    }

    /** [batch, 2] to logits [batch, 1]. */
    @Override
    protected Tensor compute(Tensor x) {
        Tensor squares = x.unsqueeze(1).sub(centres.value()).square().sum(2);
        Tensor bumps = squares.neg().div(logWidths.value().mul(2).exp().mul(2)).exp();
        return output.forward(bumps);
    }

    /** Two spirals, with a little noise: [count, 2]; odd samples belong to the second one. */
    static Tensor spirals(int count, long seed) {
        float[] places = new float[2 * count];
        float[] noise = RandomKey.of(seed)
                .normal(DType.F32, Shape.of(2L * count), 0, 0.015)
                .toFloatArray();
        for (int i = 0; i < count; i++) {
            double along = Math.sqrt((i / 2 + 0.5) / (count / 2.0));
            double angle = 3 * Math.PI * along + i % 2 * Math.PI;
            places[2 * i] = (float) (0.9 * along * Math.cos(angle)) + noise[2 * i];
            places[2 * i + 1] = (float) (0.9 * along * Math.sin(angle)) + noise[2 * i + 1];
        }
        return Tensor.of(places, count, 2);
    }

    static Tensor sides(int count) {
        return Tensor.arange(count).remainder(2).to(DType.F32).reshape(-1, 1);
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Tensor x = spirals(SAMPLES, 1);
        Tensor y = sides(SAMPLES);
        try (RadialBasis model = new RadialBasis(x.slice(0, 0, UNITS * 10L, 10))) {
            model.initialize(2);
            Training.run(
                    out,
                    model,
                    0.03,
                    Training.steps(300, effort),
                    step -> Losses.binaryCrossEntropyWithLogits(model.forward(x), y));
            Tensor test = spirals(SAMPLES, 2);
            double[] said = model.forward(test).step().toDoubleArray();
            long right =
                    IntStream.range(0, SAMPLES).filter(i -> said[i] == i % 2).count();
            float[] places = test.toFloatArray();
            Plane.write(
                    out,
                    folder.resolve("rbf.png"),
                    List.of(new Plane(
                            "Two spirals by " + UNITS + " bumps",
                            -1,
                            1,
                            at -> Scope.call(() -> model.forward(Tensor.of(at, at.length / 2, 2))
                                    .sigmoid()
                                    .toFloatArray()),
                            IntStream.range(0, SAMPLES)
                                    .mapToObj(i -> new Plane.Point(places[2 * i], places[2 * i + 1], i % 2))
                                    .toList())));
            return Result.of(model.parameters(), "%.1f %% of %d test points", 100.0 * right / SAMPLES, SAMPLES);
        }
    }
}
