package dev.tenrec.examples.lecture;

import dev.tenrec.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The lecture's notation: samples are columns, and a bias unit a₀ = 1 stands above each layer's units. */
final class Notation {
    private Notation() {}

    /** The lecture's step, 0 if z &lt; 0, else 1; unlike {@link Tensor#step}, it is 1 at zero. */
    static Tensor step(Tensor z) {
        return z.neg().step().neg().add(1);
    }

    /** Adds the bias unit: [s, m] becomes [s + 1, m], with ones on top. */
    static Tensor withBias(Tensor a) {
        return Tensor.concat(0, Tensor.ones(1, a.shape().size(1)), a);
    }

    /** Values as the lecture writes them: whole numbers without a point, others with four digits. */
    static String text(Tensor tensor) {
        return Arrays.stream(tensor.toDoubleArray())
                .mapToObj(Notation::number)
                .collect(Collectors.joining(", ", "[", "]"));
    }

    static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.format(Locale.ROOT, "%.4f", value);
    }
}
