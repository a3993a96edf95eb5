package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.backend.Backend;
import dev.tenrec.cpu.CpuProvider;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.tensor.Window;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Convolutions on tensor cores: the suite's, whose numbers TF32 holds, then larger ones whose numbers it rounds. */
class TensorCoreTest extends PartOfConformance {

    @Override
    protected Backend open() {
        return TestDevice.openTf32();
    }

    @Override
    @TestFactory
    protected Stream<DynamicTest> convolution() {
        return super.convolution().filter(one -> one.getDisplayName().contains("F32"));
    }

    /** A number as TF32 has it: 10 bits of mantissa, to nearest, ties away from zero. */
    private static double rounded(double value) {
        return Float.intBitsToFloat(Float.floatToRawIntBits((float) value) + 0x1000 & ~0x1fff);
    }

    private static double[] random(int seed, int count) {
        return new Random(seed)
                .doubles(count, -1, 1)
                .map(value -> (float) value)
                .toArray();
    }

    private static Variable variable(double[] values, DType dtype, long... sizes) {
        return Variable.parameter("factor", Tensor.of(values, sizes).to(dtype));
    }

    /** A convolution of 2 examples of 68 channels of 9 by 8 with 70 filters, and its gradients by both. */
    private static List<double[]> passes(Backend backend, DType dtype, Window window, boolean round) {
        List<double[]> results = new ArrayList<>();
        try (MeasuredDevice device = MeasuredDevice.open(backend)) {
            device.run(() -> {
                double[][] all = {random(1, 2 * 68 * 9 * 8), random(2, 70 * 68 * 3 * 3), random(3, 2 * 70 * 9 * 8)};
                if (round) {
                    for (double[] values : all) {
                        Arrays.setAll(values, i -> rounded(values[i]));
                    }
                }
                try (Scope _ = Scope.open();
                        Variable x = variable(all[0], dtype, 2, 68, 9, 8);
                        Variable w = variable(all[1], dtype, 70, 68, 3, 3)) {
                    Tensor y = x.value().conv(w.value(), window, 1);
                    double[] upstream =
                            Arrays.copyOf(all[2], Math.toIntExact(y.shape().elementCount()));
                    Tensor weights = Tensor.of(upstream, y.shape().sizes()).to(dtype);
                    Gradients gradients = Autograd.grad(y.mul(weights).sum(), List.of(x, w));
                    results.add(y.toDoubleArray());
                    results.add(gradients.get(x).toDoubleArray());
                    results.add(gradients.get(w).toDoubleArray());
                }
            });
        }
        return results;
    }

    private static double largestDifference(double[] a, double[] b) {
        assertEquals(a.length, b.length);
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    /**
     * Sums of up to 630 products of numbers below 1: those of rounded factors in F64 but for the rounding of the sums, which
     * tensor cores cut off.
     */
    @TestFactory
    Stream<DynamicTest> allPassesAreThoseOfRoundedFactors() {
        return Stream.of(
                        Window.of(2).padding(1),
                        Window.of(2).stride(2, 1).padding(2, 0),
                        Window.of(2).stride(1, 2).dilation(2, 1))
                .map(window -> DynamicTest.dynamicTest(window.toString(), () -> {
                    List<double[]> given = passes(TestDevice.openTf32(), DType.F32, window, false);
                    List<double[]> rounded = passes(new CpuProvider().open(0), DType.F64, window, true);
                    List<double[]> exact = passes(new CpuProvider().open(0), DType.F64, window, false);
                    for (int pass = 0; pass < 3; pass++) {
                        double error = largestDifference(rounded.get(pass), given.get(pass));
                        assertTrue(error < 2e-4, "pass " + pass + " is off by " + error);
                        double rounding = largestDifference(exact.get(pass), given.get(pass));
                        assertTrue(rounding > 1e-3, "pass " + pass + " is off by " + rounding + " only: not rounded");
                    }
                }));
    }

    /** 1 + 2⁻²⁰ is a number of F32 and none of TF32; F64 never goes to tensor cores. */
    @Test
    void onlyF32IsRoundedAndOnlyWhereThatIsAskedFor() {
        double odd = 1 + 0x1p-20;
        assertEquals(odd, product(TestDevice.open(), DType.F32, odd));
        assertEquals(1, product(TestDevice.openTf32(), DType.F32, odd));
        assertEquals(odd, product(TestDevice.openTf32(), DType.F64, odd));
    }

    @Test
    void whatIsNoFiniteNumberStays() {
        for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertEquals(value, product(TestDevice.openTf32(), DType.F32, value));
        }
    }

    /** The one result of a convolution of one element by 1. */
    private static double product(Backend backend, DType dtype, double value) {
        double[] result = new double[1];
        try (MeasuredDevice device = MeasuredDevice.open(backend)) {
            device.run(() -> {
                try (Scope _ = Scope.open()) {
                    Tensor x = Tensor.of(new double[] {value}, 1, 1, 1).to(dtype);
                    Tensor w = Tensor.of(new double[] {1}, 1, 1, 1).to(dtype);
                    result[0] = x.conv(w, Window.of(1), 1).toDoubleArray()[0];
                }
            });
        }
        return result[0];
    }
}
