package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.List;
import java.util.Locale;

/**
 * The primitives: what every backend implements, and all it has to. Each carries its arity, the types it takes, its
 * meaning on doubles and on longs, its spelling in C, and the largest error a backend may make, in units in the last
 * place (ulp) of its type. Derivatives are in {@link Differentiator}.
 *
 * <p>Whole numbers wrap; dividing by zero gives 0 and so does the remainder. {@link #MIN} and {@link #MAX} give NaN if
 * either operand is NaN.
 */
public enum ScalarOp {
    /** −a. */
    NEG(1, Types.NUMERIC, "-%s", 0),
    /** |a|. */
    ABS(1, Types.NUMERIC, "fabs(%s)", 0),
    /** √a, correctly rounded. */
    SQRT(1, Types.FLOAT, "sqrt(%s)", 0.5),
    /** 1/√a. */
    RSQRT(1, Types.FLOAT, "rsqrt(%s)", 2),
    /** e to the power a. */
    EXP(1, Types.FLOAT, "exp(%s)", 2),
    /** Natural logarithm. */
    LOG(1, Types.FLOAT, "log(%s)", 2),
    /** Sine of radians. */
    SIN(1, Types.FLOAT, "sin(%s)", 4),
    /** Cosine of radians. */
    COS(1, Types.FLOAT, "cos(%s)", 4),
    /** Hyperbolic tangent. */
    TANH(1, Types.FLOAT, "tanh(%s)", 4),
    /** Error function, 2/√π ∫₀ᵃ exp(−t²) dt. */
    ERF(1, Types.FLOAT, "erf(%s)", 4),
    /** Largest whole number not above a. */
    FLOOR(1, Types.FLOAT, "floor(%s)", 0),
    /** Smallest whole number not below a. */
    CEIL(1, Types.FLOAT, "ceil(%s)", 0),
    /** Nearest whole number, halves to even. */
    ROUND(1, Types.FLOAT, "rint(%s)", 0),
    /** a + b. */
    ADD(2, Types.NUMERIC, "(%s + %s)", 0.5),
    /** a − b. */
    SUB(2, Types.NUMERIC, "(%s - %s)", 0.5),
    /** a · b. */
    MUL(2, Types.NUMERIC, "(%s * %s)", 0.5),
    /** a / b; of whole numbers towards zero, and 0 if b is 0. */
    DIV(2, Types.NUMERIC, "(%s / %s)", 0.5),
    /** The smaller; NaN if either is NaN. */
    MIN(2, Types.NUMERIC, "fmin(%s, %s)", 0),
    /** The larger; NaN if either is NaN. */
    MAX(2, Types.NUMERIC, "fmax(%s, %s)", 0),
    /** a to the power b. */
    POW(2, Types.FLOAT, "pow(%s, %s)", 4),
    /** Remainder with the sign of a (C's fmod); of whole numbers 0 if b is 0. */
    REM(2, Types.NUMERIC, "fmod(%s, %s)", 0),
    /** a &lt; b. */
    LT(2, Types.COMPARE, "(%s < %s)", 0),
    /** a ≤ b. */
    LE(2, Types.COMPARE, "(%s <= %s)", 0),
    /** a = b; false for NaN. */
    EQ(2, Types.COMPARE, "(%s == %s)", 0),
    /** Bitwise and; logical on BOOL. */
    AND(2, Types.BITS, "(%s & %s)", 0),
    /** Bitwise or; logical on BOOL. */
    OR(2, Types.BITS, "(%s | %s)", 0),
    /** Bitwise exclusive or; logical on BOOL. */
    XOR(2, Types.BITS, "(%s ^ %s)", 0),
    /** Bitwise complement; logical on BOOL. */
    NOT(1, Types.BITS, "~%s", 0),
    /** Shift left by b, taken modulo the width. */
    SHL(2, Types.INTEGER, "(%s << %s)", 0),
    /** Shift right by b with zeros, taken modulo the width. */
    SHR(2, Types.INTEGER, "(%s >> %s)", 0),
    /** a·b + c, rounded once. */
    FMA(3, Types.FLOAT, "fma(%s, %s, %s)", 0.5);

    /** Which element types a primitive takes. */
    private enum Types {
        FLOAT,
        NUMERIC,
        INTEGER,
        BITS,
        COMPARE;

        boolean accepts(DType dtype) {
            if (!dtype.isArithmetic()) {
                return false;
            }
            return switch (this) {
                case FLOAT -> dtype.isFloating();
                case NUMERIC -> dtype != DType.BOOL;
                case INTEGER -> dtype.isInteger();
                case BITS -> !dtype.isFloating();
                case COMPARE -> true;
            };
        }
    }

    private final int arity;
    private final Types types;
    private final String spelling;
    private final double ulps;

    ScalarOp(int arity, Types types, String spelling, double ulps) {
        this.arity = arity;
        this.types = types;
        this.spelling = spelling;
        this.ulps = ulps;
    }

    /**
     * Returns the number of operands.
     *
     * @return 1 to 3
     */
    public int arity() {
        return arity;
    }

    /**
     * Says whether operands may be of this type.
     *
     * @param dtype an element type
     * @return true if the primitive is defined on it
     */
    public boolean accepts(DType dtype) {
        return types.accepts(dtype);
    }

    /**
     * Returns how the primitive is written in C, for floating operands, as a format with one {@code %s} per operand.
     *
     * @return the format
     */
    public String spelling() {
        return spelling;
    }

    /**
     * Returns the largest error a backend may make on F32 and F64.
     *
     * @return units in the last place of the exact result
     */
    public double ulps() {
        return ulps;
    }

    /**
     * Returns the type of the result.
     *
     * @param args the operands
     * @return BOOL for comparisons, the operands' type otherwise
     * @throws IllegalArgumentException if number or types of the operands are wrong
     */
    public DType resultType(List<Expr> args) {
        DType dtype = args.get(0).dtype();
        boolean same = args.size() == arity;
        for (Expr arg : args) {
            same &= arg.dtype() == dtype;
        }
        if (!same || !accepts(dtype)) {
            throw new IllegalArgumentException(
                    this + " does not take " + args.stream().map(Expr::dtype).toList());
        }
        return types == Types.COMPARE ? DType.BOOL : dtype;
    }

    /**
     * The meaning on real numbers, before rounding to the operand type; comparisons give 0 or 1. This is the
     * specification of all backends.
     *
     * @param a first operand
     * @param b second operand, if any
     * @param c third operand, if any
     * @return the result
     */
    public double evaluate(double a, double b, double c) {
        return switch (this) {
            case NEG -> -a;
            case ABS -> Math.abs(a);
            case SQRT -> Math.sqrt(a);
            case RSQRT -> 1 / Math.sqrt(a);
            case EXP -> StrictMath.exp(a);
            case LOG -> StrictMath.log(a);
            case SIN -> StrictMath.sin(a);
            case COS -> StrictMath.cos(a);
            case TANH -> StrictMath.tanh(a);
            case ERF -> ErrorFunction.erf(a);
            case FLOOR -> Math.floor(a);
            case CEIL -> Math.ceil(a);
            case ROUND -> Math.rint(a);
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case POW -> StrictMath.pow(a, b);
            case REM -> a % b;
            case LT -> a < b ? 1 : 0;
            case LE -> a <= b ? 1 : 0;
            case EQ -> a == b ? 1 : 0;
            case FMA -> Math.fma(a, b, c);
            case AND, OR, XOR, NOT, SHL, SHR -> throw undefined(DType.F64);
        };
    }

    /**
     * The meaning on whole numbers and truth values.
     *
     * @param dtype I32, I64 or BOOL; the result is wrapped to it
     * @param a first operand
     * @param b second operand, if any
     * @return the result
     */
    public long evaluate(DType dtype, long a, long b) {
        long result = switch (this) {
            case NEG -> -a;
            case ABS -> Math.abs(a);
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> b == 0 ? 0 : a / b;
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case REM -> b == 0 ? 0 : a % b;
            case LT -> a < b ? 1 : 0;
            case LE -> a <= b ? 1 : 0;
            case EQ -> a == b ? 1 : 0;
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case NOT -> dtype == DType.BOOL ? a ^ 1 : ~a;
            case SHL -> dtype == DType.I32 ? (int) a << b : a << b;
            case SHR -> dtype == DType.I32 ? (int) a >>> b : a >>> b;
            default -> throw undefined(dtype);
        };
        return dtype == DType.I32 ? (int) result : result;
    }

    private IllegalArgumentException undefined(DType dtype) {
        return new IllegalArgumentException(name().toLowerCase(Locale.ROOT) + " is not defined on " + dtype);
    }
}
