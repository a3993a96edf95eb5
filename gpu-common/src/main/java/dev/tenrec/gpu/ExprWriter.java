package dev.tenrec.gpu;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.Lowering;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Writes scalar expressions as C: one constant per inner expression, in the order of evaluation. */
final class ExprWriter {

    /** How what an expression reads is written at the current place. */
    interface Environment {
        /** The value of an input. */
        String input(int index, DType dtype);

        /** The current index along an axis, or {@link Expr.Index#FLAT}, of type i64. */
        String index(int axis);
    }

    private final SourceWriter out;
    private final String prefix;
    private int names;

    /** Starts with a prefix that no other name in the scope has. */
    ExprWriter(SourceWriter out, String prefix) {
        this.out = out;
        this.prefix = prefix;
    }

    /** Replaces functions that the target's own are not exact enough for. */
    static List<Expr> lower(List<Expr> roots, Set<ScalarOp> lowered) {
        return lowered.isEmpty() ? roots : Lowering.lower(roots, lowered);
    }

    /** The scalars that expressions read, by number. */
    static Map<Integer, DType> params(List<Expr> roots) {
        Map<Integer, DType> params = new TreeMap<>();
        for (Expr expr : Exprs.topological(roots)) {
            if (expr instanceof Expr.Param param) {
                params.put(param.index(), param.dtype());
            }
        }
        return params;
    }

    /** Says whether expressions depend on the index along an axis; the flat index needs no axes. */
    static boolean readsAxes(List<Expr> roots) {
        return Exprs.topological(roots).stream()
                .anyMatch(expr -> expr instanceof Expr.Index index && index.axis() != Expr.Index.FLAT);
    }

    /** Says whether expressions depend on any index. */
    static boolean readsIndex(List<Expr> roots) {
        return Exprs.topological(roots).stream().anyMatch(Expr.Index.class::isInstance);
    }

    /** Writes the evaluation; returns how each root's value is named. */
    List<String> write(List<Expr> roots, Environment environment) {
        Map<Expr, String> written = new IdentityHashMap<>();
        for (Expr expr : Exprs.topological(roots)) {
            List<String> args = new ArrayList<>();
            for (Expr child : expr.children()) {
                args.add(written.get(child));
            }
            String text = text(expr, args, environment);
            if (!(expr instanceof Expr.Const) && !(expr instanceof Expr.Param)) {
                String name = prefix + names++;
                out.line("const %s %s = %s;", CTypes.value(out, expr.dtype()), name, text);
                text = name;
            }
            written.put(expr, text);
        }
        return roots.stream().map(written::get).toList();
    }

    private String text(Expr expr, List<String> args, Environment environment) {
        return switch (expr) {
            case Expr.Input input -> environment.input(input.index(), input.dtype());
            case Expr.Const constant -> CTypes.constant(out, constant.dtype(), constant.bits());
            case Expr.Param param -> {
                CTypes.value(out, param.dtype());
                yield "p" + param.index();
            }
            case Expr.Index index -> environment.index(index.axis());
            case Expr.Select _ -> "(%s ? %s : %s)".formatted(args.toArray());
            case Expr.Cast cast ->
                cast.bitwise()
                        ? bitcast(args.get(0), cast.arg().dtype(), cast.dtype())
                        : cast(args.get(0), cast.arg().dtype(), cast.dtype());
            case Expr.Apply apply -> apply(apply.op(), apply.children().get(0).dtype(), args);
        };
    }

    private String apply(ScalarOp op, DType dtype, List<String> args) {
        String a = args.get(0);
        String b = args.size() > 1 ? args.get(1) : "";
        return switch (op) {
            case LT -> "(%s < %s ? 1 : 0)".formatted(a, b);
            case LE -> "(%s <= %s ? 1 : 0)".formatted(a, b);
            case EQ -> "(%s == %s ? 1 : 0)".formatted(a, b);
            default -> dtype.isFloating() ? real(op, dtype, args) : whole(op, dtype, a, b);
        };
    }

    private String real(ScalarOp op, DType dtype, List<String> args) {
        String a = args.get(0);
        String b = args.size() > 1 ? args.get(1) : "";
        String one = dtype == DType.F64 ? "1.0" : "1.0f";
        return switch (op) {
            case RSQRT -> "%s / sqrt(%s)".formatted(one, a);
            // C's own leave out a NaN.
            case MIN -> "(%1$s < %2$s || %1$s != %1$s ? %1$s : %2$s)".formatted(a, b);
            case MAX -> "(%1$s > %2$s || %1$s != %1$s ? %1$s : %2$s)".formatted(a, b);
            // C's pow is 1 for 1 to the power NaN, and for ±1 to an infinite power.
            case POW ->
                "(%2$s != %2$s || (fabs(%1$s) == %3$s && fabs(%2$s) == %4$s) ? %5$s : pow(%1$s, %2$s))"
                        .formatted(a, b, one, constant(dtype, Double.POSITIVE_INFINITY), constant(dtype, Double.NaN));
            default -> op.spelling().formatted(args.toArray());
        };
    }

    private String constant(DType dtype, double value) {
        return CTypes.constant(out, dtype, Double.doubleToRawLongBits(value));
    }

    private String whole(ScalarOp op, DType dtype, String a, String b) {
        boolean wide = dtype == DType.I64;
        String type = wide ? "i64" : "i32";
        String unsigned = wide ? "u64" : "u32";
        return switch (op) {
            // In unsigned numbers, which wrap; overflow of signed ones is undefined.
            case ADD -> "(%1$s)((%2$s)%3$s + (%2$s)%4$s)".formatted(type, unsigned, a, b);
            case SUB -> "(%1$s)((%2$s)%3$s - (%2$s)%4$s)".formatted(type, unsigned, a, b);
            case MUL -> "(%1$s)((%2$s)%3$s * (%2$s)%4$s)".formatted(type, unsigned, a, b);
            case NEG -> "(%1$s)(0 - (%2$s)%3$s)".formatted(type, unsigned, a);
            case ABS -> "(%3$s < 0 ? (%1$s)(0 - (%2$s)%3$s) : %3$s)".formatted(type, unsigned, a);
            case DIV -> out.call(wide ? Helper.DIV_I64 : Helper.DIV_I32) + "(" + a + ", " + b + ")";
            case REM -> out.call(wide ? Helper.REM_I64 : Helper.REM_I32) + "(" + a + ", " + b + ")";
            case MIN -> "(%1$s < %2$s ? %1$s : %2$s)".formatted(a, b);
            case MAX -> "(%1$s > %2$s ? %1$s : %2$s)".formatted(a, b);
            case AND -> "(%s & %s)".formatted(a, b);
            case OR -> "(%s | %s)".formatted(a, b);
            case XOR -> "(%s ^ %s)".formatted(a, b);
            case NOT -> dtype == DType.BOOL ? "(%s ^ 1)".formatted(a) : "~" + a;
            case SHL -> "(%1$s)((%2$s)%3$s << (%4$s & %5$d))".formatted(type, unsigned, a, b, wide ? 63 : 31);
            case SHR -> "(%1$s)((%2$s)%3$s >> (%4$s & %5$d))".formatted(type, unsigned, a, b, wide ? 63 : 31);
            default -> throw new IllegalArgumentException(op + " is not defined on " + dtype);
        };
    }

    private String cast(String a, DType from, DType to) {
        boolean single = from == DType.F32 || from == DType.F16 || from == DType.BF16;
        return switch (to) {
            case BOOL -> "(%s != 0 ? 1 : 0)".formatted(a);
            case F64 -> "(f64)" + a;
            case F32 -> single ? a : "(f32)" + a;
            case F16 -> round(Helper.F32_TO_F16, Helper.F16_TO_F32, a, from);
            case BF16 -> round(Helper.F32_TO_BF16, Helper.BF16_TO_F32, a, from);
            case I32 ->
                from == DType.F64
                        ? out.call(Helper.F64_TO_I32) + "(" + a + ")"
                        : single ? out.call(Helper.F32_TO_I32) + "(" + a + ")" : "(i32)" + a;
            case I64 ->
                from == DType.F64
                        ? out.call(Helper.F64_TO_I64) + "(" + a + ")"
                        : single ? out.call(Helper.F32_TO_I64) + "(" + a + ")" : "(i64)" + a;
            case U8 ->
                from == DType.F64
                        ? out.call(Helper.F64_TO_U8) + "(" + a + ")"
                        : single ? out.call(Helper.F32_TO_U8) + "(" + a + ")" : "((i32)%s & 255)".formatted(a);
        };
    }

    private String round(Helper narrow, Helper widen, String a, DType from) {
        String value = switch (from) {
            case F64 -> out.call(Helper.F64_TO_ODD) + "(" + a + ")";
            case I32, I64 -> out.call(Helper.I64_TO_ODD) + "((i64)" + a + ")";
            case U8, BOOL -> "(f32)" + a;
            case F32, F16, BF16 -> a;
        };
        return out.call(widen) + "(" + out.call(narrow) + "(" + value + "))";
    }

    private String bitcast(String a, DType from, DType to) {
        return switch (from) {
            case F32 -> "BITS_F32(" + a + ")";
            case I32 -> "F32_BITS(" + a + ")";
            case F64 -> "BITS_F64(" + a + ")";
            case I64 -> "F64_BITS(" + a + ")";
            case F16 ->
                to == DType.F16 ? a : out.call(Helper.BF16_TO_F32) + "(" + out.call(Helper.F32_TO_F16) + "(" + a + "))";
            case BF16 ->
                to == DType.BF16
                        ? a
                        : out.call(Helper.F16_TO_F32) + "(" + out.call(Helper.F32_TO_BF16) + "(" + a + "))";
            case U8, BOOL -> a;
        };
    }
}
