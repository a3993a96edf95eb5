package dev.tenrec.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Max pooling by vectors of windows of 2 by 2 elements that lie side by side. */
final class DoublePairs {
    private static final VectorSpecies<Double> SPECIES = VectorSpecies.of(double.class, VectorWidth.MODEST);

    /** Fewest windows of a row. */
    static final int LANES = SPECIES.length();

    private static final VectorShuffle<Double> EVEN = VectorShuffle.fromOp(SPECIES, i -> 2 * i % LANES);
    private static final VectorShuffle<Double> ODD = VectorShuffle.fromOp(SPECIES, i -> (2 * i + 1) % LANES);
    private static final VectorShuffle<Double> LOWER_TWICE = VectorShuffle.fromOp(SPECIES, i -> i / 2);
    private static final VectorShuffle<Double> UPPER_TWICE = VectorShuffle.fromOp(SPECIES, i -> (LANES + i) / 2);
    private static final VectorShuffle<Double> PARTNER = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);
    private static final VectorMask<Double> UPPER = VectorMask.fromLong(SPECIES, (1L << LANES) - (1L << LANES / 2));

    /** Whether {@link #forward} is fast. */
    static final Warmth FORWARD = trial(true);

    /** Whether {@link #backward} is fast. */
    static final Warmth BACKWARD = trial(false);

    private DoublePairs() {}

    private static Warmth trial(boolean forward) {
        int count = 2 * LANES;
        int width = 2 * count;
        double[] x = new double[2 * width];
        double[] y = new double[count];
        double[] dx = new double[2 * width];
        return forward
                ? new Warmth(20 * count / LANES, () -> forward(x, y, 0, width, count, 0))
                : new Warmth(80 * count / LANES, () -> backward(x, y, y, dx, 0, width, count, 0));
    }

    /** Sets {@code y[to + j]} to the largest of a window. */
    static void forward(double[] x, double[] y, int from, int width, int count, int to) {
        for (int i = 0; i < count; i += LANES) {
            // The last vector reaches back over windows of the one before it.
            int j = Math.min(i, count - LANES);
            largest(x, from + 2 * j, width).intoArray(y, to + j);
        }
    }

    private static DoubleVector largest(double[] x, int at, int width) {
        DoubleVector one = DoubleVector.fromArray(SPECIES, x, at).max(DoubleVector.fromArray(SPECIES, x, at + width));
        DoubleVector two = DoubleVector.fromArray(SPECIES, x, at + LANES)
                .max(DoubleVector.fromArray(SPECIES, x, at + width + LANES));
        return one.rearrange(EVEN)
                .blend(two.rearrange(EVEN), UPPER)
                .max(one.rearrange(ODD).blend(two.rearrange(ODD), UPPER));
    }

    /** Sets the gradients {@code dx} of the windows' elements; {@code y} are the largest, {@code g} their gradients. */
    static void backward(double[] x, double[] y, double[] g, double[] dx, int from, int width, int count, int to) {
        for (int i = 0; i < count; i += LANES) {
            int j = Math.min(i, count - LANES);
            DoubleVector largest = DoubleVector.fromArray(SPECIES, y, to + j);
            DoubleVector gradient = DoubleVector.fromArray(SPECIES, g, to + j);
            int at = from + 2 * j;
            spread(x, dx, at, at + width, largest.rearrange(LOWER_TWICE), gradient.rearrange(LOWER_TWICE));
            spread(
                    x,
                    dx,
                    at + LANES,
                    at + width + LANES,
                    largest.rearrange(UPPER_TWICE),
                    gradient.rearrange(UPPER_TWICE));
        }
    }

    /** The gradients of a vector of elements and of the one below it; a window's two columns are neighbouring lanes. */
    private static void spread(
            double[] x, double[] dx, int above, int below, DoubleVector largest, DoubleVector gradient) {
        DoubleVector zero = DoubleVector.zero(SPECIES);
        DoubleVector one = DoubleVector.broadcast(SPECIES, 1.0);
        VectorMask<Double> ofAbove = DoubleVector.fromArray(SPECIES, x, above).compare(VectorOperators.EQ, largest);
        VectorMask<Double> ofBelow = DoubleVector.fromArray(SPECIES, x, below).compare(VectorOperators.EQ, largest);
        DoubleVector column = zero.blend(one, ofAbove).add(zero.blend(one, ofBelow));
        DoubleVector hits = column.add(column.rearrange(PARTNER));
        // A window without hits has a NaN; the NaN goes to all of it.
        VectorMask<Double> none = hits.compare(VectorOperators.EQ, zero);
        DoubleVector share = gradient.div(hits).blend(DoubleVector.broadcast(SPECIES, Double.NaN), none);
        // Adding 0 turns -0 to 0, as sums of gradients have it.
        zero.blend(share, ofAbove.or(none)).add(zero).intoArray(dx, above);
        zero.blend(share, ofBelow.or(none)).add(zero).intoArray(dx, below);
    }
}
