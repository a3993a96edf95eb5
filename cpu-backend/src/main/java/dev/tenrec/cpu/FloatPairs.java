package dev.tenrec.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Max pooling by vectors of windows of 2 by 2 elements that lie side by side. */
final class FloatPairs {
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.MODEST);

    /** Fewest windows of a row. */
    static final int LANES = SPECIES.length();

    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(SPECIES, i -> 2 * i % LANES);
    private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(SPECIES, i -> (2 * i + 1) % LANES);
    private static final VectorShuffle<Float> LOWER_TWICE = VectorShuffle.fromOp(SPECIES, i -> i / 2);
    private static final VectorShuffle<Float> UPPER_TWICE = VectorShuffle.fromOp(SPECIES, i -> (LANES + i) / 2);
    private static final VectorShuffle<Float> PARTNER = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);
    private static final VectorMask<Float> UPPER = VectorMask.fromLong(SPECIES, (1L << LANES) - (1L << LANES / 2));

    /** Whether {@link #forward} is fast. */
    static final Warmth FORWARD = trial(true);

    /** Whether {@link #backward} is fast. */
    static final Warmth BACKWARD = trial(false);

    private FloatPairs() {}

    private static Warmth trial(boolean forward) {
        int count = 2 * LANES;
        int width = 2 * count;
        float[] x = new float[2 * width];
        float[] y = new float[count];
        float[] dx = new float[2 * width];
        return forward
                ? new Warmth(20 * count / LANES, () -> forward(x, y, 0, width, count, 0))
                : new Warmth(80 * count / LANES, () -> backward(x, y, y, dx, 0, width, count, 0));
    }

    /** Sets {@code y[to + j]} to the largest of a window. */
    static void forward(float[] x, float[] y, int from, int width, int count, int to) {
        for (int i = 0; i < count; i += LANES) {
            // The last vector reaches back over windows of the one before it.
            int j = Math.min(i, count - LANES);
            largest(x, from + 2 * j, width).intoArray(y, to + j);
        }
    }

    private static FloatVector largest(float[] x, int at, int width) {
        FloatVector one = FloatVector.fromArray(SPECIES, x, at).max(FloatVector.fromArray(SPECIES, x, at + width));
        FloatVector two = FloatVector.fromArray(SPECIES, x, at + LANES)
                .max(FloatVector.fromArray(SPECIES, x, at + width + LANES));
        return one.rearrange(EVEN)
                .blend(two.rearrange(EVEN), UPPER)
                .max(one.rearrange(ODD).blend(two.rearrange(ODD), UPPER));
    }

    /** Sets the gradients {@code dx} of the windows' elements; {@code y} are the largest, {@code g} their gradients. */
    static void backward(float[] x, float[] y, float[] g, float[] dx, int from, int width, int count, int to) {
        for (int i = 0; i < count; i += LANES) {
            int j = Math.min(i, count - LANES);
            FloatVector largest = FloatVector.fromArray(SPECIES, y, to + j);
            FloatVector gradient = FloatVector.fromArray(SPECIES, g, to + j);
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
    private static void spread(float[] x, float[] dx, int above, int below, FloatVector largest, FloatVector gradient) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        VectorMask<Float> ofAbove = FloatVector.fromArray(SPECIES, x, above).compare(VectorOperators.EQ, largest);
        VectorMask<Float> ofBelow = FloatVector.fromArray(SPECIES, x, below).compare(VectorOperators.EQ, largest);
        FloatVector column = zero.blend(one, ofAbove).add(zero.blend(one, ofBelow));
        FloatVector hits = column.add(column.rearrange(PARTNER));
        // A window without hits has a NaN; the NaN goes to all of it.
        VectorMask<Float> none = hits.compare(VectorOperators.EQ, zero);
        FloatVector share = gradient.div(hits).blend(FloatVector.broadcast(SPECIES, Float.NaN), none);
        // Adding 0 turns -0 to 0, as sums of gradients have it.
        zero.blend(share, ofAbove.or(none)).add(zero).intoArray(dx, above);
        zero.blend(share, ofBelow.or(none)).add(zero).intoArray(dx, below);
    }
}
