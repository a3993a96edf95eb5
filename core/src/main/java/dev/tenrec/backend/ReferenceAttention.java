package dev.tenrec.backend;

import dev.tenrec.backend.ReferenceKernels.View;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import java.util.Arrays;

/** Attention of the reference backend: a query at a time with all its scores, in F64, rounded once at the end. */
final class ReferenceAttention {

    private final Kernel.Attention kernel;
    private final View[] inputs;
    private final double scale;
    private final int keys;
    private final int depth;
    private final int width;

    private ReferenceAttention(Kernel.Attention kernel, Launch launch) {
        this.kernel = kernel;
        inputs = View.of(launch.inputs());
        scale = Double.longBitsToDouble(launch.params()[0]);
        keys = Math.toIntExact(launch.space().size(3));
        depth = Math.toIntExact(inputs[0].layout().shape().size(3));
        width = Math.toIntExact(inputs[2].layout().shape().size(3));
    }

    private double q(long[] at, int d) {
        return inputs[0].real(at[0], at[1], at[2], d);
    }

    private double k(long[] at, int key, int d) {
        return inputs[1].real(at[0], at[1], key, d);
    }

    private double v(long[] at, int key, int e) {
        return inputs[2].real(at[0], at[1], key, e);
    }

    private double[] scores(long[] at) {
        double[] scores = new double[keys];
        for (int key = 0; key < keys; key++) {
            for (int d = 0; d < depth; d++) {
                scores[key] += q(at, d) * k(at, key, d);
            }
            scores[key] *= scale;
            for (int i = 0; i < kernel.masks().size(); i++) {
                View mask = inputs[3 + i];
                long[] place = {at[0], at[1], at[2], key};
                if (kernel.masks().get(i) != DType.BOOL) {
                    scores[key] += mask.real(place);
                } else if (mask.read(place) != 0) {
                    scores[key] = Double.NEGATIVE_INFINITY;
                }
            }
            if (kernel.causal() && key > at[2]) {
                scores[key] = Double.NEGATIVE_INFINITY;
            }
        }
        return scores;
    }

    static void forward(Kernel.Attention kernel, Launch launch) {
        ReferenceAttention attention = new ReferenceAttention(kernel, launch);
        View out = View.of(launch.outputs().get(0));
        View statistics = View.of(launch.outputs().get(1));
        ReferenceKernels.forEach(launch.space().without(3).sizes(), at -> {
            double[] scores = attention.scores(at);
            double largest = Arrays.stream(scores).reduce(Double.NEGATIVE_INFINITY, Math::max);
            double shift = largest == Double.NEGATIVE_INFINITY ? 0 : largest;
            double sum =
                    Arrays.stream(scores).map(score -> Math.exp(score - shift)).sum();
            double divisor = sum == 0 ? 1 : sum;
            for (int e = 0; e < attention.width; e++) {
                double result = 0;
                for (int key = 0; key < scores.length; key++) {
                    result += Math.exp(scores[key] - shift) / divisor * attention.v(at, key, e);
                }
                out.round(result, at[0], at[1], at[2], e);
            }
            statistics.round(shift, at[0], at[1], at[2], 0);
            statistics.round(divisor, at[0], at[1], at[2], 1);
        });
    }

    static void gradient(Kernel.Attention kernel, Launch launch) {
        ReferenceAttention attention = new ReferenceAttention(kernel, launch);
        View[] last = Arrays.copyOfRange(attention.inputs, 3 + kernel.masks().size(), attention.inputs.length);
        View[] out = View.of(launch.outputs());
        long[] space = launch.space().sizes();
        ReferenceKernels.forEach(
                new long[] {space[0], space[1]}, head -> attention.gradients(head, (int) space[2], last, out));
    }

    /** Of one head; {@code last} are the result, the statistics and the result's gradient. */
    private void gradients(long[] head, int queries, View[] last, View[] out) {
        double[][] ofQueries = new double[queries][depth];
        double[][] ofKeys = new double[keys][depth];
        double[][] ofValues = new double[keys][width];
        for (int query = 0; query < queries; query++) {
            long[] at = {head[0], head[1], query};
            double largest = last[1].real(at[0], at[1], query, 0);
            double sum = last[1].real(at[0], at[1], query, 1);
            double share = 0;
            for (int e = 0; e < width; e++) {
                share += last[2].real(at[0], at[1], query, e) * last[0].real(at[0], at[1], query, e);
            }
            double[] scores = scores(at);
            for (int key = 0; key < keys; key++) {
                double weight = Math.exp(scores[key] - largest) / sum;
                double ofWeight = 0;
                for (int e = 0; e < width; e++) {
                    double upstream = last[2].real(at[0], at[1], query, e);
                    ofWeight += upstream * v(at, key, e);
                    ofValues[key][e] += weight * upstream;
                }
                double ofProduct = scale * weight * (ofWeight - share);
                for (int d = 0; d < depth; d++) {
                    ofQueries[query][d] += ofProduct * k(at, key, d);
                    ofKeys[key][d] += ofProduct * q(at, d);
                }
            }
        }
        write(out[0], head, ofQueries);
        write(out[1], head, ofKeys);
        write(out[2], head, ofValues);
    }

    private static void write(View out, long[] head, double[][] values) {
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) {
                out.round(values[i][j], head[0], head[1], i, j);
            }
        }
    }
}
