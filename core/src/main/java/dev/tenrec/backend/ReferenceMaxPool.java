package dev.tenrec.backend;

import dev.tenrec.backend.ReferenceKernels.View;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/** Max pooling of the reference backend: every window, element by element. */
final class ReferenceMaxPool {

    private ReferenceMaxPool() {}

    static void forward(int axes, Launch launch) {
        View x = View.of(launch.inputs().get(0));
        View y = View.of(launch.outputs().get(0));
        ReferenceKernels.forEach(launch.space().sizes(), at -> {
            double[] largest = {Double.NEGATIVE_INFINITY};
            forEach(axes, launch.params(), at, place -> largest[0] = Math.max(largest[0], x.real(place)));
            y.round(largest[0], at);
        });
    }

    static void gradient(int axes, Launch launch) {
        View x = View.of(launch.inputs().get(0));
        View y = View.of(launch.inputs().get(1));
        View g = View.of(launch.inputs().get(2));
        View out = View.of(launch.outputs().get(0));
        Shape shape = launch.space();
        double[] sums = new double[Math.toIntExact(shape.elementCount())];
        ReferenceKernels.forEach(y.layout().shape().sizes(), at -> {
            double largest = y.real(at);
            double[] hits = {0};
            forEach(axes, launch.params(), at, place -> hits[0] += x.real(place) == largest ? 1 : 0);
            forEach(axes, launch.params(), at, place -> {
                double share = x.real(place) == largest ? g.real(at) / hits[0] : 0;
                sums[flat(shape, place)] += hits[0] == 0 ? Double.NaN : share;
            });
        });
        ReferenceKernels.forEach(shape.sizes(), at -> out.round(sums[flat(shape, at)], at));
    }

    private static int flat(Shape shape, long[] index) {
        long position = 0;
        for (int axis = 0; axis < index.length; axis++) {
            position = position * shape.size(axis) + index[axis];
        }
        return Math.toIntExact(position);
    }

    /** Visits the elements of a window. */
    private static void forEach(int axes, long[] params, long[] at, ReferenceKernels.Step step) {
        ReferenceKernels.forEach(Arrays.copyOf(params, axes), k -> {
            long[] place = at.clone();
            for (int i = 0; i < axes; i++) {
                place[1 + i] = at[1 + i] * params[axes + i] + k[i] * params[2 * axes + i];
            }
            step.at(place);
        });
    }
}
