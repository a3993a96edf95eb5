package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.testkit.Tolerance;
import dev.tenrec.type.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Evaluates expressions to the interval of values that a correct backend may have: forward error analysis, carried out
 * on the actual operands.
 *
 * <p>Every primitive is evaluated in double precision at the ends of its operands' intervals, by
 * {@link dev.tenrec.ir.ScalarOp#evaluate(double, double, double)}; the result is widened by the primitive's ulps and
 * rounded to the type. So the error of each step is carried through all later ones, cancellation widens a result as
 * much as it must, and a comparison that rounding could decide either way allows both. Where no primitive on the way
 * may err (whole numbers, sums, products, quotients, roots) one value is left, and equality is demanded.
 */
public final class Oracle {

    private final List<Expr> order;
    private final int[][] children;
    private final int[] roots;
    private final Interval[] values;
    private final Primitives primitives;
    private final Interval[] args = new Interval[3];

    /**
     * Prepares the evaluation of some expressions together.
     *
     * @param expressions what to evaluate
     * @param tolerance how far each primitive may be off
     */
    public Oracle(List<Expr> expressions, Tolerance tolerance) {
        order = Exprs.topological(expressions);
        primitives = new Primitives(tolerance);
        Map<Expr, Integer> slot = new HashMap<>();
        children = new int[order.size()][];
        values = new Interval[order.size()];
        for (int i = 0; i < order.size(); i++) {
            children[i] = order.get(i).children().stream().mapToInt(slot::get).toArray();
            values[i] = new Interval();
            slot.put(order.get(i), i);
        }
        roots = expressions.stream().mapToInt(slot::get).toArray();
    }

    /** What an expression reads. */
    public interface Environment {
        /**
         * Reads an input at the current index.
         *
         * @param index which input
         * @param into set to its value
         */
        void input(int index, Interval into);

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
     * Evaluates everything at one index.
     *
     * @param environment where inputs, parameters and indexes come from
     */
    public void evaluate(Environment environment) {
        for (int i = 0; i < values.length; i++) {
            Interval out = values[i];
            Expr expr = order.get(i);
            switch (expr) {
                case Expr.Input input -> {
                    environment.input(input.index(), out);
                    primitives.flush(out, input.dtype());
                }
                case Expr.Param param -> out.point(environment.param(param.index()), param.dtype());
                case Expr.Index index -> out.whole(environment.index(index.axis()));
                case Expr.Const constant -> out.point(constant.bits(), constant.dtype());
                case Expr.Select _ -> select(children[i], out);
                case Expr.Cast cast -> cast(cast, values[children[i][0]], out);
                case Expr.Apply apply -> {
                    for (int a = 0; a < children[i].length; a++) {
                        args[a] = values[children[i][a]];
                    }
                    primitives.apply(apply.op(), apply.children().get(0).dtype(), args, out);
                }
            }
        }
    }

    /**
     * Returns a result of the last evaluation.
     *
     * @param root which of the expressions
     * @return the values allowed; overwritten by the next evaluation
     */
    public Interval result(int root) {
        return values[roots[root]];
    }

    private void select(int[] operands, Interval out) {
        Interval condition = values[operands[0]];
        out.set(values[condition.greatest != 0 ? operands[1] : operands[2]]);
        if (condition.least == 0 && condition.greatest != 0) {
            out.join(values[operands[2]]);
        }
    }

    private void cast(Expr.Cast cast, Interval value, Interval out) {
        DType from = cast.arg().dtype();
        DType to = cast.dtype();
        if (cast.bitwise()) {
            bitcast(value, from, to, out);
        } else if (from.isFloating()) {
            castReal(value, from, to, out);
        } else if (to == DType.BOOL) {
            out.truth(value.least <= 0 && value.greatest >= 0, value.least != 0 || value.greatest != 0);
        } else if (to.isFloating()) {
            out.range(real(value.least, from, to), real(value.greatest, from, to));
        } else if (value.least == value.greatest) {
            out.whole(Interpreter.convert(value.least, from, to));
        } else {
            out.anything(to);
        }
    }

    private static double real(long value, DType from, DType to) {
        return Double.longBitsToDouble(Interpreter.convert(value, from, to));
    }

    private void castReal(Interval value, DType from, DType to, Interval out) {
        long low = Double.doubleToRawLongBits(value.number ? value.low : Double.NaN);
        long high = Double.doubleToRawLongBits(value.number ? value.high : Double.NaN);
        if (to.isFloating()) {
            out.range(real(low, from, to), real(high, from, to));
            out.nan = value.nan;
            out.number = value.number;
            primitives.flush(out, to);
        } else if (to == DType.BOOL) {
            out.truth(value.hasZero(), value.nan || value.low != 0 || value.high != 0);
        } else {
            // Cutting off the fraction and saturating is monotone; NaN becomes 0.
            out.wholes(Interpreter.convert(low, from, to), Interpreter.convert(high, from, to));
            if (value.nan) {
                out.wholes(Math.min(out.least, 0), Math.max(out.greatest, 0));
            }
        }
    }

    private void bitcast(Interval value, DType from, DType to, Interval out) {
        if (!value.isPoint(from) || value.nan && from.isFloating()) {
            // The payload of a NaN is unspecified, and a range of numbers is no range of bits.
            out.anything(to);
            return;
        }
        long bits = value.least;
        if (from == DType.F32) {
            bits = Float.floatToRawIntBits((float) value.low);
        } else if (from == DType.F64) {
            bits = Double.doubleToRawLongBits(value.low);
        }
        if (from != to && (from.byteSize() == 2 || from.byteSize() == 1)) {
            out.anything(to);
            return;
        }
        switch (to) {
            case F32 -> out.real(Float.intBitsToFloat((int) bits));
            case F64 -> out.real(Double.longBitsToDouble(bits));
            case I32 -> out.whole((int) bits);
            default -> out.whole(bits);
        }
    }
}
