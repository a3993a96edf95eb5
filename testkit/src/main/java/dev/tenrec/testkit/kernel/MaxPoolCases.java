package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Kernel;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Cases of {@link Kernel.MaxPool} and its gradient, which a backend need not support. */
public final class MaxPoolCases {

    private MaxPoolCases() {}

    private record Geometry(Shape x, Shape y, long[] params) {

        static Geometry random(Random random, int axes, boolean plain) {
            long[] params = new long[3 * axes];
            Shape x = Shape.of(1 + random.nextInt(4));
            Shape y = x;
            for (int i = 0; i < axes; i++) {
                long size = plain ? 2 : 1 + random.nextInt(3);
                long stride = plain ? 2 : 1 + random.nextInt(3);
                long dilation = plain ? 1 : 1 + random.nextInt(2);
                long span = dilation * (size - 1) + 1;
                // Rows long enough for vectors of the windows that backends are likely to have loops for.
                long length = span + random.nextInt(plain && i == axes - 1 ? 40 : 9);
                params[i] = size;
                params[axes + i] = stride;
                params[2 * axes + i] = dilation;
                x = x.insert(1 + i, length);
                y = y.insert(1 + i, (length - span) / stride + 1);
            }
            return new Geometry(x, y, params);
        }

        /** Where in x the elements of a window lie. */
        int[] window(int window) {
            int axes = params.length / 3;
            int taps = 1;
            for (int i = 0; i < axes; i++) {
                taps *= (int) params[i];
            }
            int[] places = new int[taps];
            for (int tap = 0; tap < taps; tap++) {
                int rest = window;
                int k = tap;
                long scale = 1;
                for (int i = axes - 1; i >= 0; i--) {
                    long at = rest % y.size(1 + i) * params[axes + i] + k % params[i] * params[2 * axes + i];
                    places[tap] += (int) (at * scale);
                    scale *= x.size(1 + i);
                    rest /= (int) y.size(1 + i);
                    k /= (int) params[i];
                }
                places[tap] += (int) (rest * scale);
            }
            return places;
        }

        double[] largest(double[] values) {
            double[] result = new double[Math.toIntExact(y.elementCount())];
            for (int i = 0; i < result.length; i++) {
                result[i] = Arrays.stream(window(i))
                        .mapToDouble(at -> values[at])
                        .reduce(Double.NEGATIVE_INFINITY, Math::max);
            }
            return result;
        }

        double[] gradient(double[] values, double[] upstream) {
            double[] result = new double[values.length];
            double[] largest = largest(values);
            for (int i = 0; i < largest.length; i++) {
                double top = largest[i];
                long hits =
                        Arrays.stream(window(i)).filter(at -> values[at] == top).count();
                for (int at : window(i)) {
                    result[at] += hits == 0 ? Double.NaN : values[at] == top ? upstream[i] / hits : 0;
                }
            }
            return result;
        }
    }

    /**
     * Makes the cases.
     *
     * @return for F32 and F64 both directions over 1 to 3 axes
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (int axes = 1; axes <= 3; axes++) {
            int count = axes;
            for (DType dtype : List.of(DType.F32, DType.F64)) {
                String name = "maxPool " + dtype + " " + axes;
                CompositeCases.add(
                        cases,
                        name,
                        Kernel.MaxPool.class,
                        Purpose.FORWARD,
                        dtype,
                        rig -> values(rig, dtype, count, false));
                CompositeCases.add(
                        cases,
                        name + " gradient",
                        Kernel.MaxPoolGradient.class,
                        Purpose.FORWARD,
                        dtype,
                        rig -> values(rig, dtype, count, true));
            }
            String name = "maxPool slope " + axes;
            CompositeCases.add(
                    cases, name, Kernel.MaxPool.class, Purpose.GRADIENT, DType.F64, rig -> slope(rig, count));
            CompositeCases.add(
                    cases,
                    name + " gradient",
                    Kernel.MaxPoolGradient.class,
                    Purpose.GRADIENT,
                    DType.F64,
                    rig -> slope(rig, count));
        }
        return cases;
    }

    private static double[] run(Rig rig, Kernel kernel, Geometry g, Shape result, TestOperand... in) {
        return CompositeCases.run(rig, kernel, result, result.rank(), List.of(in), List.of(result), g.params)[0];
    }

    /** Small whole numbers, so that several elements of a window are largest; some are NaN. */
    private static void values(Rig rig, DType dtype, int axes, boolean gradient) {
        Random random = new Random(axes);
        for (int i = 0; i < 16; i++) {
            Geometry g = Geometry.random(random, axes, i % 2 == 0);
            double[] x = random.ints(g.x.elementCount(), -2, 3).asDoubleStream().toArray();
            if (i % 4 > 1) {
                x[random.nextInt(x.length)] = Double.NaN;
            }
            double[] y = g.largest(x);
            double[] upstream = random.ints(y.length, -9, 10).asDoubleStream().toArray();
            boolean reversed = i % 3 == 2;
            TestOperand first = ConvolutionCases.operand(rig, dtype, g.x, x, reversed);
            double[] expected = gradient ? g.gradient(x, upstream) : y;
            double[] given = gradient
                    ? run(
                            rig,
                            new Kernel.MaxPoolGradient(dtype, axes),
                            g,
                            g.x,
                            first,
                            ConvolutionCases.operand(rig, dtype, g.y, y, reversed),
                            ConvolutionCases.operand(rig, dtype, g.y, upstream, i % 2 == 1))
                    : run(rig, new Kernel.MaxPool(dtype, axes), g, g.y, first);
            double tolerance = gradient ? dtype == DType.F32 ? 1e-5 : 1e-13 : 0;
            for (int k = 0; k < expected.length; k++) {
                boolean same = Double.isNaN(expected[k])
                        ? Double.isNaN(given[k])
                        : Math.abs(expected[k] - given[k]) <= tolerance;
                if (!same) {
                    throw new AssertionError("maxPool of " + g.x + " by " + Arrays.toString(g.params)
                            + (gradient ? ", gradient" : "") + ": wrong value at " + k + "\n  expected " + expected[k]
                            + "\n  given    " + given[k]);
                }
            }
            rig.release();
        }
    }

    /** The gradient against a difference quotient, at values that are far enough from each other to stay in order. */
    private static void slope(Rig rig, int axes) {
        Random random = new Random(9);
        for (int i = 0; i < 8; i++) {
            Geometry g = Geometry.random(random, axes, i % 2 == 0);
            int count = Math.toIntExact(g.x.elementCount());
            List<Double> distinct = new ArrayList<>();
            for (int k = 0; k < count; k++) {
                distinct.add(k / 16.0);
            }
            Collections.shuffle(distinct, random);
            double[] x = distinct.stream().mapToDouble(Double::doubleValue).toArray();
            double[] direction = random.doubles(count, -1, 1).toArray();
            double[] upstream = random.doubles(g.y.elementCount(), -1, 1).toArray();
            double[][] y = new double[3][];
            for (int k = 0; k < 3; k++) {
                double step = (k - 1) * 1e-3;
                double[] moved = x.clone();
                Arrays.setAll(moved, at -> x[at] + step * direction[at]);
                TestOperand in = ConvolutionCases.operand(rig, DType.F64, g.x, moved, false);
                y[k] = run(rig, new Kernel.MaxPool(DType.F64, axes), g, g.y, in);
            }
            double[] gradient = run(
                    rig,
                    new Kernel.MaxPoolGradient(DType.F64, axes),
                    g,
                    g.x,
                    ConvolutionCases.operand(rig, DType.F64, g.x, x, false),
                    ConvolutionCases.operand(rig, DType.F64, g.y, y[1], false),
                    ConvolutionCases.operand(rig, DType.F64, g.y, upstream, false));
            double expected = 0;
            for (int k = 0; k < upstream.length; k++) {
                expected += upstream[k] * (y[2][k] - y[0][k]) / 2e-3;
            }
            double given = 0;
            for (int k = 0; k < count; k++) {
                given += gradient[k] * direction[k];
            }
            if (!(Math.abs(expected - given) <= 1e-8 * Math.max(1, Math.abs(expected)))) {
                throw new AssertionError("maxPool of " + g.x + ": wrong gradient\n  expected " + expected
                        + "   difference quotient in a random direction\n  given    " + given);
            }
            rig.release();
        }
    }
}
