package dev.tenrec.testkit;

import dev.tenrec.ir.ScalarOp;
import java.util.EnumMap;
import java.util.Map;

/**
 * How far a backend may be off. The rule is in {@link dev.tenrec.testkit}; a backend that cannot keep it says here where
 * it departs from it, so that the departure can be read.
 *
 * @param ulps largest error of primitives for which it is not {@link ScalarOp#ulps()}, in units in the last place
 * @param contraction whether a product may stay unrounded before it is added, as compilers of C do
 * @param flushesSubnormals whether numbers below the smallest normal one may be taken for 0
 */
public record Tolerance(Map<ScalarOp, Double> ulps, boolean contraction, boolean flushesSubnormals) {

    /** What the specification demands, without exception. */
    public static final Tolerance STRICT = new Tolerance(Map.of(), false, false);

    /** Makes the map immutable. */
    public Tolerance {
        ulps = Map.copyOf(ulps);
    }

    /**
     * Returns the largest error of a primitive.
     *
     * @param op the primitive
     * @return units in the last place
     */
    public double ulps(ScalarOp op) {
        Double own = ulps.get(op);
        return own == null ? op.ulps() : own;
    }

    /**
     * Returns this with another bound for one primitive.
     *
     * @param op the primitive
     * @param bound units in the last place
     * @return the wider tolerance
     */
    public Tolerance withUlps(ScalarOp op, double bound) {
        Map<ScalarOp, Double> changed = new EnumMap<>(ScalarOp.class);
        changed.putAll(ulps);
        changed.put(op, bound);
        return new Tolerance(changed, contraction, flushesSubnormals);
    }

    /**
     * Returns this with products that may stay unrounded before they are added.
     *
     * @return the wider tolerance
     */
    public Tolerance withContraction() {
        return new Tolerance(ulps, true, flushesSubnormals);
    }

    /**
     * Returns this with subnormal numbers that may become 0.
     *
     * @return the wider tolerance
     */
    public Tolerance withFlushedSubnormals() {
        return new Tolerance(ulps, contraction, true);
    }
}
