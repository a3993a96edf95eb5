package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Plane;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.ParameterGroup;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The generative adversarial network: D tells samples from what G makes of noise, min over D of −log D(x) −
 * log(1 − D(G(z))); G wants to be taken for samples, min over G of −log D(G(z)) (Goodfellow et al., "Generative
 * adversarial nets", 2014). Samples lie on a ring of radius 0.7 with deviation 0.04. Its figure is how many of 1,000
 * points that G makes are within three deviations of the ring; in how many of its 12 sectors there are 20 of them or more
 * is told too.
 */
final class Adversarial {
    private static final int STEPS = 600;
    private static final int BATCH = 128;
    private static final int NOISE = 2;
    private static final int TESTED = 1000;
    private static final int SECTORS = 12;
    private static final int LEAST = 20;
    private static final double RADIUS = 0.7;
    private static final double DEVIATION = 0.04;

    private Adversarial() {}

    private static Tensor ring(RandomKey key, long count) {
        RandomKey[] keys = key.split(2);
        Tensor angle = keys[0].uniform(DType.F32, Shape.of(count), 0, 2 * Math.PI);
        Tensor radius = keys[1].normal(DType.F32, Shape.of(count), RADIUS, DEVIATION);
        return Tensor.stack(1, radius.mul(angle.cos()), radius.mul(angle.sin()));
    }

    private static Tensor noise(RandomKey key, long count) {
        return key.normal(DType.F32, Shape.of(count, NOISE));
    }

    private static Sequential network(long in, long out, Module activation, Module again) {
        return Sequential.of(new Dense(in, 64), activation, new Dense(64, 64), again, new Dense(64, out));
    }

    /** The loss of D for what should be taken for samples (1) or not (0). */
    private static Tensor loss(Module discriminator, Tensor points, double target) {
        return Losses.binaryCrossEntropyWithLogits(
                discriminator.forward(points), Tensor.full(DType.F32, Shape.of(points.size(0), 1), target));
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Adam.Options slower = new Adam.Options(0.5, 0.99, 1e-8);
        try (Sequential generator = network(NOISE, 2, Activation.TANH, Activation.TANH);
                Sequential discriminator = network(2, 1, Activation.leakyRelu(0.2), Activation.leakyRelu(0.2))) {
            generator.initialize(1);
            discriminator.initialize(2);
            try (Adam improve = new Adam(List.of(new ParameterGroup(generator.parameters(), 1e-3)), slower);
                    Adam judge = new Adam(List.of(new ParameterGroup(discriminator.parameters(), 4e-3)), slower)) {
                int steps = Training.steps(STEPS, effort);
                for (int i = 0; i < steps; i++) {
                    RandomKey[] keys = RandomKey.of(3).fold(i).split(3);
                    double judged = Training.step(judge, i, step -> {
                        Tensor made = generator.forward(noise(keys[0], BATCH)).detach();
                        return loss(discriminator, ring(keys[1], BATCH), 1).add(loss(discriminator, made, 0));
                    });
                    double improved = Training.step(
                            improve, i, step -> loss(discriminator, generator.forward(noise(keys[2], BATCH)), 1));
                    if ((i + 1) % (steps / 5) == 0) {
                        out.printf(Locale.ROOT, "step %4d   D %.3f   G %.3f%n", i + 1, judged, improved);
                    }
                }
            }
            float[] made = generator.forward(noise(RandomKey.of(4), TESTED)).toFloatArray();
            return report(out, folder, generator, discriminator, made);
        }
    }

    private static Result report(PrintWriter out, Path folder, Module generator, Module discriminator, float[] made)
            throws IOException {
        int[] near = IntStream.range(0, TESTED)
                .filter(i -> Math.abs(Math.hypot(made[2 * i], made[2 * i + 1]) - RADIUS) < 3 * DEVIATION)
                .toArray();
        Map<Integer, Long> sectors = IntStream.of(near)
                .map(i -> (int) ((Math.atan2(made[2 * i + 1], made[2 * i]) / (2 * Math.PI) + 0.5) * SECTORS) % SECTORS)
                .boxed()
                .collect(Collectors.groupingBy(sector -> sector, Collectors.counting()));
        float[] real = ring(RandomKey.of(5), 300).toFloatArray();
        Plane.write(
                out,
                folder.resolve("gan.png"),
                List.of(
                        new Plane("Samples", -1, 1, null, points(real, 0)),
                        new Plane(
                                "What G makes, and what D says",
                                -1,
                                1,
                                at -> Scope.call(() -> discriminator
                                        .forward(Tensor.of(at, at.length / 2, 2))
                                        .sigmoid()
                                        .toFloatArray()),
                                points(made, 1).subList(0, 300))));
        return Result.of(
                Stream.concat(generator.parameters().stream(), discriminator.parameters().stream())
                        .toList(),
                "%.1f %% of its points near the ring, in %d of %d sectors",
                100.0 * near.length / TESTED,
                sectors.values().stream().filter(count -> count >= LEAST).count(),
                SECTORS);
    }

    private static List<Plane.Point> points(float[] at, int kind) {
        return IntStream.range(0, at.length / 2)
                .mapToObj(i -> new Plane.Point(at[2 * i], at[2 * i + 1], kind))
                .toList();
    }
}
