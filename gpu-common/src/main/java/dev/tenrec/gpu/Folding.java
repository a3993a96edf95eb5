package dev.tenrec.gpu;

import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;

/** How a reduction's values combine, as C. Positions go with the values of ARGMAX and ARGMIN. */
record Folding(ReduceOp op, DType dtype) {

    /** Positions that lose against all others. */
    static final String NOWHERE = "9223372036854775807";

    String type(SourceWriter out) {
        return CTypes.value(out, dtype);
    }

    /** What no elements amount to. */
    String neutral(SourceWriter out) {
        boolean largest = op == ReduceOp.MAX || op == ReduceOp.ARGMAX;
        return switch (op) {
            case SUM -> number(out, 0);
            case PROD -> number(out, 1);
            case MAX, MIN, ARGMAX, ARGMIN -> {
                if (dtype.isFloating()) {
                    yield number(out, largest ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
                }
                yield switch (dtype) {
                    case BOOL -> largest ? "0" : "1";
                    case I64 -> CTypes.constant(out, dtype, largest ? Long.MIN_VALUE : Long.MAX_VALUE);
                    default -> CTypes.constant(out, dtype, largest ? Integer.MIN_VALUE : Integer.MAX_VALUE);
                };
            }
        };
    }

    private String number(SourceWriter out, double value) {
        return CTypes.constant(out, dtype, dtype.isFloating() ? Double.doubleToRawLongBits(value) : (long) value);
    }

    /** Writes statements that combine a value, and its position, into what was found so far. */
    void combine(SourceWriter out, String best, String bestAt, String value, String valueAt) {
        String unsigned = dtype == DType.I64 ? "u64" : "u32";
        switch (op) {
            case SUM, PROD -> {
                String sign = op == ReduceOp.SUM ? "+" : "*";
                if (dtype.isFloating()) {
                    out.line("%s = %s %s %s;", best, best, sign, value);
                } else {
                    out.line("%1$s = (%2$s)((%3$s)%1$s %4$s (%3$s)%5$s);", best, type(out), unsigned, sign, value);
                }
            }
            case MAX, MIN -> {
                String beats = op == ReduceOp.MAX ? ">" : "<";
                String nan = dtype.isFloating() ? " || %1$s != %1$s".formatted(value) : "";
                out.line("if (%s %s %s%s) {", value, beats, best, nan);
                out.line("%s = %s;", best, value);
                out.line("}");
            }
            case ARGMAX, ARGMIN -> {
                String beats = op == ReduceOp.ARGMAX ? ">" : "<";
                String better = "%s %s %s".formatted(value, beats, best);
                String same = "%s == %s".formatted(value, best);
                if (dtype.isFloating()) {
                    better += " || (%1$s != %1$s && %2$s == %2$s)".formatted(value, best);
                    same += " || (%1$s != %1$s && %2$s != %2$s)".formatted(value, best);
                }
                out.line("if (%s || ((%s) && %s < %s)) {", better, same, valueAt, bestAt);
                out.line("%s = %s;", best, value);
                out.line("%s = %s;", bestAt, valueAt);
                out.line("}");
            }
        }
    }
}
