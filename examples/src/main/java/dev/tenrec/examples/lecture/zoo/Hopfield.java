package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The Hopfield network: units of −1 and 1, weights W = 1/n Σ p pᵀ of the patterns without the diagonal (Hebb's rule).
 * Units are asked in turn, sᵢ = sign(Σⱼ wᵢⱼ sⱼ), which never raises the energy E = −½ sᵀWs, so the state ends in a minimum
 * near by: a stored pattern (Hopfield, "Neural networks and physical systems with emergent collective computational
 * abilities", 1982).
 */
final class Hopfield {
    private static final int SIDE = 10;
    private static final int UNITS = SIDE * SIDE;
    private static final double FLIPPED = 0.2;
    private static final int TRIES = 10;
    private static final List<String> LETTERS = List.of("H", "O", "Z", "J");
    private static final String[] ROWS = {
        "##......## ..######.. ########## ######....",
        "##......## .########. ########## ######....",
        "##......## ##......## .......##. ....##....",
        "##......## ##......## ......##.. ....##....",
        "########## ##......## .....##... ....##....",
        "########## ##......## ...##..... ....##....",
        "##......## ##......## ..##...... ....##....",
        "##......## ##......## .##....... ....##....",
        "##......## .########. ########## ######....",
        "##......## ..######.. ########## ####......",
    };

    private Hopfield() {}

    /** The letters, [4, 100] of −1 and 1. */
    private static Tensor patterns() {
        float[] values = new float[LETTERS.size() * UNITS];
        for (int i = 0; i < values.length; i++) {
            int letter = i / UNITS;
            char dot = ROWS[i % UNITS / SIDE].charAt(letter * (SIDE + 1) + i % SIDE);
            values[i] = dot == '#' ? 1 : -1;
        }
        return Tensor.of(values, LETTERS.size(), UNITS);
    }

    private static double energy(Tensor weights, Tensor state) {
        return -0.5
                * state.dot(weights.matmul(state.reshape(-1, 1)).reshape(-1)).item();
    }

    /** Asks all units in turn until none changes. */
    private static Tensor recall(Tensor weights, Tensor start) {
        float[] w = weights.toFloatArray();
        float[] state = start.toFloatArray();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < UNITS; i++) {
                double field = 0;
                for (int j = 0; j < UNITS; j++) {
                    field += w[i * UNITS + j] * state[j];
                }
                float next = field > 0 ? 1 : field < 0 ? -1 : state[i];
                changed |= next != state[i];
                state[i] = next;
            }
        }
        return Tensor.of(state, UNITS);
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Tensor patterns = patterns();
        Tensor weights = patterns.transpose()
                .matmul(patterns)
                .div(UNITS)
                .mul(Tensor.eye(DType.F32, UNITS).rsub(1));
        Tensor[] damaged = new Tensor[LETTERS.size()];
        Tensor[] recalled = new Tensor[LETTERS.size()];
        int right = 0;
        for (int t = 0; t < TRIES; t++) {
            for (int i = 0; i < LETTERS.size(); i++) {
                Tensor pattern = patterns.select(0, i);
                Tensor flips = RandomKey.of(t).fold(i).uniform(DType.F32, Shape.of(UNITS));
                damaged[i] = pattern.mul(flips.sub(FLIPPED).sign());
                recalled[i] = recall(weights, damaged[i]);
                right += recalled[i].sub(pattern).abs().sum().item() == 0 ? 1 : 0;
                if (t == TRIES - 1) {
                    out.printf(
                            Locale.ROOT,
                            "%s: energy %.1f damaged, %.1f recalled%n",
                            LETTERS.get(i),
                            energy(weights, damaged[i]),
                            energy(weights, recalled[i]));
                }
            }
        }
        Tiles.write(
                out,
                folder.resolve("hopfield.png"),
                "Letters with 20 % of the dots flipped",
                List.of(
                        Clothes.row("stored", patterns.add(1).div(2)),
                        Clothes.row("damaged", Tensor.stack(0, damaged).add(1).div(2)),
                        Clothes.row("recalled", Tensor.stack(0, recalled).add(1).div(2))));
        int all = TRIES * LETTERS.size();
        double share = 100.0 * right / all;
        return new Result(
                (long) UNITS * (UNITS - 1) / 2,
                String.format(Locale.ROOT, "%.0f %% of %d damaged letters recalled in full", share, all),
                share);
    }
}
