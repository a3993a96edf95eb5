package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Evaluates expressions one element at a time: the definition of what they mean. Slow and obvious; the reference
 * backend runs on it and every other backend is compared with it.
 *
 * <p>A value is held as a {@code long}: floating types as {@link Double#doubleToRawLongBits} after rounding to the
 * type, others as they are.
 */
public final class Interpreter {

    private final List<Expr> order;
    private final int[] roots;
    private final int[][] children;
    private final long[] values;

    /**
     * Prepares the evaluation of some expressions together; shared parts are evaluated once.
     *
     * @param expressions what to evaluate
     */
    public Interpreter(List<Expr> expressions) {
        order = Exprs.topological(expressions);
        Map<Expr, Integer> slot = new HashMap<>();
        children = new int[order.size()][];
        for (int i = 0; i < order.size(); i++) {
            children[i] = order.get(i).children().stream().mapToInt(slot::get).toArray();
            slot.put(order.get(i), i);
        }
        roots = expressions.stream().mapToInt(slot::get).toArray();
        values = new long[order.size()];
    }

    /** What an expression reads besides constants. */
    public interface Environment {
        /**
         * Reads an input at the current index.
         *
         * @param index which input
         * @return its value
         */
        long input(int index);

        /**
         * Reads a parameter.
         *
         * @param index which parameter
         * @return its value
         */
        long param(int index);

        /**
         * Reads the current index.
         *
         * @param axis an axis or {@link Expr.Index#FLAT}
         * @return the index
         */
        long index(int axis);
    }

    /**
     * Evaluates everything at one index. Not for use by several threads at once.
     *
     * @param environment where inputs, parameters and indexes come from
     */
    public void evaluate(Environment environment) {
        for (int i = 0; i < values.length; i++) {
            int[] args = children[i];
            values[i] = switch (order.get(i)) {
                case Expr.Input input -> environment.input(input.index());
                case Expr.Param param -> environment.param(param.index());
                case Expr.Index index -> environment.index(index.axis());
                case Expr.Const constant -> constant.bits();
                case Expr.Select _ -> values[args[0]] != 0 ? values[args[1]] : values[args[2]];
                case Expr.Cast cast ->
                    cast.bitwise()
                            ? bitcast(values[args[0]], cast.arg().dtype(), cast.dtype())
                            : convert(values[args[0]], cast.arg().dtype(), cast.dtype());
                case Expr.Apply apply -> apply(apply, args);
            };
        }
    }

    /**
     * Returns a result of the last evaluation.
     *
     * @param root which of the expressions
     * @return its value
     */
    public long result(int root) {
        return values[roots[root]];
    }

    private long apply(Expr.Apply apply, int[] args) {
        DType operandType = apply.children().get(0).dtype();
        long a = values[args[0]];
        long b = args.length > 1 ? values[args[1]] : 0;
        if (!operandType.isFloating()) {
            return apply.op().evaluate(operandType, a, b);
        }
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        double z = args.length > 2 ? Double.longBitsToDouble(values[args[2]]) : 0;
        if (apply.op() == ScalarOp.FMA && operandType == DType.F32) {
            return Double.doubleToRawLongBits(Math.fma((float) x, (float) y, (float) z));
        }
        double result = apply.op().evaluate(x, y, z);
        return apply.dtype() == DType.BOOL ? (long) result : round(result, apply.dtype());
    }

    private static long round(double value, DType dtype) {
        return Double.doubleToRawLongBits(dtype == DType.F32 ? (float) value : value);
    }

    /**
     * Converts a value from one type to another, as {@link Expr#cast} does.
     *
     * @param value the value
     * @param from its type
     * @param to the type wanted
     * @return the value in that type
     */
    public static long convert(long value, DType from, DType to) {
        if (to == DType.BOOL) {
            return (from.isFloating() ? Double.longBitsToDouble(value) != 0 : value != 0) ? 1 : 0;
        }
        if (to.isFloating()) {
            if (!from.isFloating()) {
                return Double.doubleToRawLongBits(to == DType.F64 ? (double) value : HalfFloats.round(value, to));
            }
            return Double.doubleToRawLongBits(HalfFloats.round(Double.longBitsToDouble(value), to));
        }
        if (from.isFloating()) {
            double real = Double.longBitsToDouble(value);
            return switch (to) {
                case I32 -> (int) real;
                case U8 -> Math.clamp((long) real, 0, 255);
                default -> (long) real;
            };
        }
        return switch (to) {
            case I32 -> (int) value;
            case U8 -> value & 0xFF;
            default -> value;
        };
    }

    private static long bitcast(long value, DType from, DType to) {
        long bits = switch (from) {
            case F32 -> Float.floatToRawIntBits((float) Double.longBitsToDouble(value));
            default -> value;
        };
        return switch (to) {
            case F32 -> Double.doubleToRawLongBits(Float.intBitsToFloat((int) bits));
            case I32 -> (int) bits;
            default -> bits;
        };
    }
}
