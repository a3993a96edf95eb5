package dev.tenrec.backend;

import dev.tenrec.backend.ReferenceKernels.View;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/** The composites of the reference backend: in F64, rounded once at the end. */
final class ReferenceComposites {

    private ReferenceComposites() {}

    private static double total(long count, ToDoubleFunction<Long> value) {
        double sum = 0;
        for (long i = 0; i < count; i++) {
            sum += value.applyAsDouble(i);
        }
        return sum;
    }

    private static double largest(long count, ToDoubleFunction<Long> value) {
        double largest = Double.NEGATIVE_INFINITY;
        for (long i = 0; i < count; i++) {
            largest = Math.max(largest, value.applyAsDouble(i));
        }
        return largest;
    }

    /** What is done with the line at an index of the outer and the inner axis. */
    @FunctionalInterface
    private interface Line {
        void at(long outer, long inner);
    }

    private static void forEachLine(Launch launch, Line line) {
        long[] sizes = {launch.space().size(0), launch.space().size(2)};
        ReferenceKernels.forEach(sizes, index -> line.at(index[0], index[1]));
    }

    static void softmax(Kernel.Softmax kernel, Launch launch) {
        View x = View.of(launch.inputs().get(0));
        View out = View.of(launch.outputs().get(0));
        long n = launch.space().size(1);
        forEachLine(launch, (i, k) -> {
            double largest = largest(n, j -> x.real(i, j, k));
            double sum = total(n, j -> Math.exp(x.real(i, j, k) - largest));
            for (long j = 0; j < n; j++) {
                double shifted = x.real(i, j, k) - largest;
                out.round(kernel.log() ? shifted - Math.log(sum) : Math.exp(shifted) / sum, i, j, k);
            }
        });
    }

    static void softmaxGradient(Kernel.SoftmaxGradient kernel, Launch launch) {
        View y = View.of(launch.inputs().get(0));
        View g = View.of(launch.inputs().get(1));
        View out = View.of(launch.outputs().get(0));
        long n = launch.space().size(1);
        forEachLine(launch, (i, k) -> {
            double sum = total(n, j -> kernel.log() ? g.real(i, j, k) : g.real(i, j, k) * y.real(i, j, k));
            for (long j = 0; j < n; j++) {
                double upstream = g.real(i, j, k);
                double result = y.real(i, j, k);
                out.round(kernel.log() ? upstream - Math.exp(result) * sum : result * (upstream - sum), i, j, k);
            }
        });
    }

    /** The label of an example, −1 if it is ignored. */
    private static long label(Kernel.CrossEntropy kernel, View labels, Launch launch, long example) {
        long label = labels.read(new long[] {example});
        if (kernel.ignores() && label == launch.params()[1]) {
            return -1;
        }
        long classes = launch.space().size(1);
        if (label < 0 || label >= classes) {
            throw new InvalidArgument(Message.of("crossEntropy", "label out of range")
                    .line("expected", "0 to " + (classes - 1), "predictions " + launch.space())
                    .line("given", label, "at " + Arrays.toString(new long[] {example}))
                    .hint("labels count from 0; to leave examples out, give their label as ignoreIndex")
                    .toString());
        }
        return label;
    }

    static void crossEntropy(Kernel.CrossEntropy kernel, Launch launch) {
        View x = View.of(launch.inputs().get(0));
        View labels = View.of(launch.inputs().get(1));
        View weights = kernel.weighted() ? View.of(launch.inputs().get(2)) : null;
        View losses = View.of(launch.outputs().get(0));
        View statistics = View.of(launch.outputs().get(1));
        View divisor = View.of(launch.outputs().get(2));
        long classes = launch.space().size(1);
        double smoothing = Double.longBitsToDouble(launch.params()[0]);
        ToDoubleFunction<Long> weight = c -> weights == null ? 1 : weights.real(c);
        double sum = 0;
        double counted = 0;
        for (long i = 0; i < launch.space().size(0); i++) {
            long example = i;
            double largest = largest(classes, c -> x.real(example, c));
            double log = Math.log(total(classes, c -> Math.exp(x.real(example, c) - largest)));
            statistics.round(largest, i, 0);
            statistics.round(log, i, 1);
            ToDoubleFunction<Long> distance = c -> log - (x.real(example, c) - largest);
            long label = label(kernel, labels, launch, i);
            double loss = 0;
            if (label >= 0) {
                double hit = smoothing < 1 ? weight.applyAsDouble(label) * distance.applyAsDouble(label) : 0;
                double all = smoothing > 0
                        ? total(classes, c -> weight.applyAsDouble(c) * distance.applyAsDouble(c)) / classes
                        : 0;
                loss = (smoothing < 1 ? (1 - smoothing) * hit : 0) + (smoothing > 0 ? smoothing * all : 0);
                counted += weight.applyAsDouble(label);
            }
            sum += loss;
            if (kernel.reduction() == ClassReduction.NONE) {
                losses.round(loss, i);
            }
        }
        double by = kernel.reduction() == ClassReduction.MEAN ? counted : 1;
        divisor.round(by);
        if (kernel.reduction() != ClassReduction.NONE) {
            losses.round(sum / by);
        }
    }

    static void crossEntropyGradient(Kernel.CrossEntropy kernel, Launch launch) {
        View x = View.of(launch.inputs().get(0));
        View labels = View.of(launch.inputs().get(1));
        View statistics = View.of(launch.inputs().get(2));
        View divisor = View.of(launch.inputs().get(3));
        View upstream = View.of(launch.inputs().get(4));
        View weights = kernel.weighted() ? View.of(launch.inputs().get(5)) : null;
        View out = View.of(launch.outputs().get(0));
        long classes = launch.space().size(1);
        double smoothing = Double.longBitsToDouble(launch.params()[0]);
        ToDoubleFunction<Long> weight = c -> weights == null ? 1 : weights.real(c);
        double all = total(classes, weight);
        for (long i = 0; i < launch.space().size(0); i++) {
            long label = label(kernel, labels, launch, i);
            double g = kernel.reduction() == ClassReduction.NONE ? upstream.real(i) : upstream.real();
            double hit = label < 0 ? 0 : (1 - smoothing) * weight.applyAsDouble(label);
            for (long c = 0; c < classes; c++) {
                double p = Math.exp(x.real(i, c) - statistics.real(i, 0) - statistics.real(i, 1));
                double spread = smoothing / classes * (p * all - weight.applyAsDouble(c));
                double slope = hit * (p - (c == label ? 1 : 0)) + spread;
                out.round(label < 0 ? 0 : g / divisor.real() * slope, i, c);
            }
        }
    }

    /** The mean, then the squares around it, both relative to the first element, so that a large mean costs no digits. */
    static void moments(Launch launch) {
        View x = View.of(launch.inputs().get(0));
        View means = View.of(launch.outputs().get(0));
        View squares = View.of(launch.outputs().get(1));
        int kept = launch.keptRank();
        long[] sizes = launch.space().sizes();
        ReferenceKernels.forEach(Arrays.copyOf(sizes, kept), keptIndex -> {
            long count = 1;
            for (int axis = kept; axis < sizes.length; axis++) {
                count *= sizes[axis];
            }
            double[] values = new double[Math.toIntExact(count)];
            long[] index = Arrays.copyOf(keptIndex, sizes.length);
            int[] next = {0};
            ReferenceKernels.forEach(Arrays.copyOfRange(sizes, kept, sizes.length), reduced -> {
                System.arraycopy(reduced, 0, index, kept, reduced.length);
                values[next[0]++] = x.real(index);
            });
            double first = count > 0 && Double.isFinite(values[0]) ? values[0] : 0;
            double offset = total(count, i -> values[i.intValue()] - first) / count;
            means.round(first + offset, keptIndex);
            squares.round(
                    total(count, i -> {
                        double deviation = values[i.intValue()] - first - offset;
                        return deviation * deviation;
                    }),
                    keptIndex);
        });
    }
}
