package dev.tenrec.cpu;

import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** How a reduction's elements and partial results combine. Values are given by their bits in memory. */
final class Combiner {
    private final ScalarOp op;
    private final DType dtype;

    /**
     * Creates.
     *
     * @param reduce the reduction; for positions, the one of the values
     * @param dtype their type
     */
    Combiner(ReduceOp reduce, DType dtype) {
        this.op = switch (reduce) {
            case SUM -> ScalarOp.ADD;
            case PROD -> ScalarOp.MUL;
            case MAX, ARGMAX -> ScalarOp.MAX;
            case MIN, ARGMIN -> ScalarOp.MIN;
        };
        this.dtype = dtype;
    }

    DType dtype() {
        return dtype;
    }

    /** ADD, MUL, MIN or MAX. */
    ScalarOp op() {
        return op;
    }

    /** What changes nothing when it is combined with. */
    long neutral() {
        return switch (op) {
            case ADD -> 0;
            case MUL -> Elements.bits(dtype, dtype.isFloating() ? Double.doubleToRawLongBits(1) : 1);
            default -> extreme(op == ScalarOp.MAX);
        };
    }

    private long extreme(boolean least) {
        return switch (dtype) {
            case F32 -> Float.floatToRawIntBits(least ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY);
            case F64 -> Double.doubleToRawLongBits(least ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
            case I32 -> least ? Integer.MIN_VALUE : Integer.MAX_VALUE;
            case I64 -> least ? Long.MIN_VALUE : Long.MAX_VALUE;
            default -> least ? 0 : 1;
        };
    }

    /** Bytes of a run that are combined without halving. */
    int pieceBytes() {
        return dtype == DType.BOOL ? Program.BLOCK : Folds.PIECE_BYTES;
    }

    /** Combines each of four runs of n elements, {@code stride} bytes apart, above 0. Needs vectors. */
    void runs(MemorySegment a, long ao, long stride, int n, long[] out) {
        if (dtype != DType.BOOL) {
            Folds.runs(op, dtype, a, ao, stride, n, out);
            return;
        }
        for (int i = 0; i < 4; i++) {
            out[i] = i > 0 && stride == 0 ? out[0] : BoolBytes.reduce(op, a, ao + i * stride, n);
        }
    }

    /** The first place of a value that is known to be among n elements. Needs vectors. */
    int first(MemorySegment a, long ao, int n, long value) {
        return Folds.first(dtype, a, ao, n, value);
    }

    /** Whether the order of combination changes the result. */
    boolean rounds() {
        return dtype.isFloating() && (op == ScalarOp.ADD || op == ScalarOp.MUL);
    }

    /** Combines n elements, any number above 0. */
    long reduce(MemorySegment a, long ao, int n) {
        return switch (dtype) {
            case F32 -> Float.floatToRawIntBits(Primitives.INSTANCE.reduceFloats(op, a, ao, n));
            case F64 -> Double.doubleToRawLongBits(Primitives.INSTANCE.reduceDoubles(op, a, ao, n));
            case I32 -> Primitives.INSTANCE.reduceInts(op, a, ao, n);
            case I64 -> Primitives.INSTANCE.reduceLongs(op, a, ao, n);
            default -> BoolBytes.reduce(op, a, ao, n);
        };
    }

    /** Combines elementwise: {@code r = r op a}; n is a multiple of {@link Program#GRANULE}. */
    void accumulate(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        if (dtype == DType.BOOL) {
            BoolBytes.logic(op == ScalarOp.MAX ? ScalarOp.OR : ScalarOp.AND, r, ro, a, ao, r, ro, n);
        } else {
            Primitives.INSTANCE.binary(op, dtype, r, ro, a, ao, r, ro, n);
        }
    }

    /** Combines two. */
    long combine(long x, long y) {
        return switch (dtype) {
            case F32 -> Float.floatToRawIntBits(floats(Float.intBitsToFloat((int) x), Float.intBitsToFloat((int) y)));
            case F64 ->
                Double.doubleToRawLongBits(op.evaluate(Double.longBitsToDouble(x), Double.longBitsToDouble(y), 0));
            default -> op.evaluate(dtype, x, y);
        };
    }

    private float floats(float x, float y) {
        return switch (op) {
            case ADD -> x + y;
            case MUL -> x * y;
            case MIN -> Math.min(x, y);
            default -> Math.max(x, y);
        };
    }

    /** Whether a value takes the place of the best one before it: NaN beats numbers, and only better ones count. */
    boolean beats(long candidate, long best) {
        if (!dtype.isFloating()) {
            return op == ScalarOp.MAX ? candidate > best : candidate < best;
        }
        double x = number(candidate);
        double y = number(best);
        if (Double.isNaN(y)) {
            return false;
        }
        return Double.isNaN(x) || (op == ScalarOp.MAX ? x > y : x < y);
    }

    /** Whether a value is the one that {@link #reduce} found: equal, or NaN as well. */
    boolean isSame(long candidate, long found) {
        if (!dtype.isFloating()) {
            return candidate == found;
        }
        double x = number(candidate);
        double y = number(found);
        return x == y || Double.isNaN(x) && Double.isNaN(y);
    }

    private double number(long bits) {
        return dtype == DType.F32 ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    /**
     * Adds values up in pairs of equally many: the rounding error then grows with the logarithm of their number. The
     * order depends on the number alone.
     */
    final class Pairwise {
        private final long[] partial = new long[Long.SIZE];
        private long count;

        void add(long value) {
            long sum = value;
            int level = 0;
            for (long bits = count; (bits & 1) != 0; bits >>>= 1) {
                sum = combine(partial[level++], sum);
            }
            partial[level] = sum;
            count++;
        }

        /** The total of what was added, at least one value; begins anew. */
        long total() {
            int level = Long.numberOfTrailingZeros(count);
            long sum = partial[level++];
            for (; level < Long.SIZE && count >>> level != 0; level++) {
                if ((count >>> level & 1) != 0) {
                    sum = combine(partial[level], sum);
                }
            }
            count = 0;
            return sum;
        }
    }
}
