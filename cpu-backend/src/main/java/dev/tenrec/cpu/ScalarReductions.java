package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;

/** Combines a run of elements into one without vectors. Two sums take turns, for speed and for accuracy. */
final class ScalarReductions {
    /** Elements summed without halving. */
    private static final int RUN = 32;

    private ScalarReductions() {}

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static float floats(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> floatSum(a, ao, n);
            case MUL -> floatProduct(a, ao, n);
            case MIN -> floatMin(a, ao, n);
            case MAX -> floatMax(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static float loadFloat(MemorySegment segment, long offset, int index) {
        return segment.get(JAVA_FLOAT_UNALIGNED, offset + (long) index * Float.BYTES);
    }

    private static float floatSum(MemorySegment a, long ao, int n) {
        double even = 0;
        double odd = 0;
        for (int i = 0; i < n - 1; i += 2) {
            even += loadFloat(a, ao, i);
            odd += loadFloat(a, ao, i + 1);
        }
        if ((n & 1) != 0) {
            even += loadFloat(a, ao, n - 1);
        }
        return (float) (even + odd);
    }

    private static float floatProduct(MemorySegment a, long ao, int n) {
        float result = loadFloat(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = result * loadFloat(a, ao, i);
        }
        return result;
    }

    private static float floatMin(MemorySegment a, long ao, int n) {
        float result = loadFloat(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.min(result, loadFloat(a, ao, i));
        }
        return result;
    }

    private static float floatMax(MemorySegment a, long ao, int n) {
        float result = loadFloat(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.max(result, loadFloat(a, ao, i));
        }
        return result;
    }

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static double doubles(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> doubleSum(a, ao, n);
            case MUL -> doubleProduct(a, ao, n);
            case MIN -> doubleMin(a, ao, n);
            case MAX -> doubleMax(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static double loadDouble(MemorySegment segment, long offset, int index) {
        return segment.get(JAVA_DOUBLE_UNALIGNED, offset + (long) index * Double.BYTES);
    }

    /** Halves long runs (pairwise summation), so that equal elements do not pile up one rounding error. */
    private static double doubleSum(MemorySegment a, long ao, int n) {
        if (n <= RUN) {
            return doubleSumRun(a, ao, n);
        }
        int half = (n / 2 + RUN - 1) / RUN * RUN;
        return doubleSum(a, ao, half) + doubleSum(a, ao + (long) half * Double.BYTES, n - half);
    }

    private static double doubleSumRun(MemorySegment a, long ao, int n) {
        double even = 0;
        double odd = 0;
        for (int i = 0; i < n - 1; i += 2) {
            even += loadDouble(a, ao, i);
            odd += loadDouble(a, ao, i + 1);
        }
        if ((n & 1) != 0) {
            even += loadDouble(a, ao, n - 1);
        }
        return even + odd;
    }

    private static double doubleProduct(MemorySegment a, long ao, int n) {
        double result = loadDouble(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = result * loadDouble(a, ao, i);
        }
        return result;
    }

    private static double doubleMin(MemorySegment a, long ao, int n) {
        double result = loadDouble(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.min(result, loadDouble(a, ao, i));
        }
        return result;
    }

    private static double doubleMax(MemorySegment a, long ao, int n) {
        double result = loadDouble(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.max(result, loadDouble(a, ao, i));
        }
        return result;
    }

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static int ints(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> intSum(a, ao, n);
            case MUL -> intProduct(a, ao, n);
            case MIN -> intMin(a, ao, n);
            case MAX -> intMax(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static int loadInt(MemorySegment segment, long offset, int index) {
        return segment.get(JAVA_INT_UNALIGNED, offset + (long) index * Integer.BYTES);
    }

    private static int intSum(MemorySegment a, long ao, int n) {
        int even = 0;
        int odd = 0;
        for (int i = 0; i < n - 1; i += 2) {
            even += loadInt(a, ao, i);
            odd += loadInt(a, ao, i + 1);
        }
        if ((n & 1) != 0) {
            even += loadInt(a, ao, n - 1);
        }
        return even + odd;
    }

    private static int intProduct(MemorySegment a, long ao, int n) {
        int result = loadInt(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = result * loadInt(a, ao, i);
        }
        return result;
    }

    private static int intMin(MemorySegment a, long ao, int n) {
        int result = loadInt(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.min(result, loadInt(a, ao, i));
        }
        return result;
    }

    private static int intMax(MemorySegment a, long ao, int n) {
        int result = loadInt(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.max(result, loadInt(a, ao, i));
        }
        return result;
    }

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static long longs(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> longSum(a, ao, n);
            case MUL -> longProduct(a, ao, n);
            case MIN -> longMin(a, ao, n);
            case MAX -> longMax(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static long loadLong(MemorySegment segment, long offset, int index) {
        return segment.get(JAVA_LONG_UNALIGNED, offset + (long) index * Long.BYTES);
    }

    private static long longSum(MemorySegment a, long ao, int n) {
        long even = 0;
        long odd = 0;
        for (int i = 0; i < n - 1; i += 2) {
            even += loadLong(a, ao, i);
            odd += loadLong(a, ao, i + 1);
        }
        if ((n & 1) != 0) {
            even += loadLong(a, ao, n - 1);
        }
        return even + odd;
    }

    private static long longProduct(MemorySegment a, long ao, int n) {
        long result = loadLong(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = result * loadLong(a, ao, i);
        }
        return result;
    }

    private static long longMin(MemorySegment a, long ao, int n) {
        long result = loadLong(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.min(result, loadLong(a, ao, i));
        }
        return result;
    }

    private static long longMax(MemorySegment a, long ao, int n) {
        long result = loadLong(a, ao, 0);
        for (int i = 1; i < n; i++) {
            result = Math.max(result, loadLong(a, ao, i));
        }
        return result;
    }
}
