package dev.tenrec.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines the lanes of a vector in a fixed order: halves onto each other.
 *
 * <p>{@code reduceLanes} leaves the order of additions and products open, and it does change: code that was compiled adds
 * in another order than code that is still interpreted, so that training gave other weights in a fresh JVM than in one
 * that was warm.
 */
final class LaneFolds {

    private static final VectorSpecies<Float> F = VectorWidth.SHAPE.withLanes(float.class);
    private static final int FLOATS = F.length();
    private static final VectorShuffle<Float> F8 = VectorShuffle.iota(F, Math.min(8, FLOATS - 1), 1, true);
    private static final VectorShuffle<Float> F4 = VectorShuffle.iota(F, Math.min(4, FLOATS - 1), 1, true);
    private static final VectorShuffle<Float> F2 = VectorShuffle.iota(F, Math.min(2, FLOATS - 1), 1, true);
    private static final VectorShuffle<Float> F1 = VectorShuffle.iota(F, 1, 1, true);

    private static final VectorSpecies<Double> D = VectorWidth.SHAPE.withLanes(double.class);
    private static final int DOUBLES = D.length();
    private static final VectorShuffle<Double> D4 = VectorShuffle.iota(D, Math.min(4, DOUBLES - 1), 1, true);
    private static final VectorShuffle<Double> D2 = VectorShuffle.iota(D, Math.min(2, DOUBLES - 1), 1, true);
    private static final VectorShuffle<Double> D1 = VectorShuffle.iota(D, 1, 1, true);

    private LaneFolds() {}

    /** The sum of the lanes. */
    static float sum(FloatVector vector) {
        FloatVector v = vector;
        if (FLOATS >= 16) {
            v = v.add(v.rearrange(F8));
        }
        if (FLOATS >= 8) {
            v = v.add(v.rearrange(F4));
        }
        v = v.add(v.rearrange(F2));
        return v.add(v.rearrange(F1)).lane(0);
    }

    /** The product of the lanes. */
    static float product(FloatVector vector) {
        FloatVector v = vector;
        if (FLOATS >= 16) {
            v = v.mul(v.rearrange(F8));
        }
        if (FLOATS >= 8) {
            v = v.mul(v.rearrange(F4));
        }
        v = v.mul(v.rearrange(F2));
        return v.mul(v.rearrange(F1)).lane(0);
    }

    /** The sum of the lanes. */
    static double sum(DoubleVector vector) {
        DoubleVector v = vector;
        if (DOUBLES >= 8) {
            v = v.add(v.rearrange(D4));
        }
        if (DOUBLES >= 4) {
            v = v.add(v.rearrange(D2));
        }
        return v.add(v.rearrange(D1)).lane(0);
    }

    /** The product of the lanes. */
    static double product(DoubleVector vector) {
        DoubleVector v = vector;
        if (DOUBLES >= 8) {
            v = v.mul(v.rearrange(D4));
        }
        if (DOUBLES >= 4) {
            v = v.mul(v.rearrange(D2));
        }
        return v.mul(v.rearrange(D1)).lane(0);
    }
}
