package dev.tenrec.op;

import static dev.tenrec.op.Formulas.both;
import static dev.tenrec.op.Formulas.celu;
import static dev.tenrec.op.Formulas.elu;
import static dev.tenrec.op.Formulas.logAddExp;
import static dev.tenrec.op.Formulas.nonPositive;
import static dev.tenrec.op.Formulas.passIf;
import static dev.tenrec.op.Formulas.passInside;
import static dev.tenrec.op.Formulas.pow;
import static dev.tenrec.op.Formulas.sigmoid;
import static dev.tenrec.op.Formulas.siluSlope;
import static dev.tenrec.op.Formulas.softplus;
import static dev.tenrec.op.Registry.binary;
import static dev.tenrec.op.Registry.primitive;
import static dev.tenrec.op.Registry.register;
import static dev.tenrec.op.Registry.scalar;
import static dev.tenrec.op.Registry.unary;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.type.DType;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The registry of elementwise operations. One line here is all an operation needs: backends, gradients, the conformance
 * suite and the benchmarks find it through {@link #all}.
 *
 * <p>Gradients are derived from the bodies. An operation states its own where the derived one would be unstable, or
 * where the output alone is enough, so that the input need not be kept. Run-time scalars follow the tensors, in the
 * order of the comments.
 */
public final class Ops {

    private static final Map<DType, ElementwiseOp> CASTS = new EnumMap<>(DType.class);

    private static final Domain NOT_ZERO = Domain.REAL.except(0);
    private static final Domain NOT_WHOLE = Domain.REAL.except(-4, -3, -2, -1, 0, 1, 2, 3, 4);
    private static final Domain NOT_HALF = Domain.REAL.except(-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5);

    private static final double LN_2 = 0.6931471805599453;
    private static final double LN_10 = 2.302585092994046;
    private static final double SELU_ALPHA = 1.6732632423543772;
    private static final double SELU_SCALE = 1.0507009873554805;

    /** −x. */
    public static final ElementwiseOp NEG = primitive(ScalarOp.NEG, Accepts.NUMERIC, Domain.REAL);

    /** |x|. */
    public static final ElementwiseOp ABS = primitive(ScalarOp.ABS, Accepts.NUMERIC, NOT_ZERO);

    /** √x. */
    public static final ElementwiseOp SQRT = primitive(ScalarOp.SQRT, Accepts.FLOATING, Domain.POSITIVE);

    /** 1/√x. */
    public static final ElementwiseOp RSQRT = primitive(ScalarOp.RSQRT, Accepts.FLOATING, Domain.POSITIVE);

    /** eˣ. */
    public static final ElementwiseOp EXP = primitive(ScalarOp.EXP, Accepts.FLOATING, Domain.REAL);

    /** Natural logarithm. */
    public static final ElementwiseOp LOG = primitive(ScalarOp.LOG, Accepts.FLOATING, Domain.POSITIVE);

    /** Sine of radians. */
    public static final ElementwiseOp SIN = primitive(ScalarOp.SIN, Accepts.FLOATING, Domain.REAL);

    /** Cosine of radians. */
    public static final ElementwiseOp COS = primitive(ScalarOp.COS, Accepts.FLOATING, Domain.REAL);

    /** Hyperbolic tangent. */
    public static final ElementwiseOp TANH = primitive(ScalarOp.TANH, Accepts.FLOATING, Domain.REAL);

    /** Error function. */
    public static final ElementwiseOp ERF = primitive(ScalarOp.ERF, Accepts.FLOATING, Domain.REAL);

    /** Largest whole number not above x. */
    public static final ElementwiseOp FLOOR = primitive(ScalarOp.FLOOR, Accepts.FLOATING, NOT_WHOLE);

    /** Smallest whole number not below x. */
    public static final ElementwiseOp CEIL = primitive(ScalarOp.CEIL, Accepts.FLOATING, NOT_WHOLE);

    /** Nearest whole number, halves to even. */
    public static final ElementwiseOp ROUND = primitive(ScalarOp.ROUND, Accepts.FLOATING, NOT_HALF);

    /** a + b. */
    public static final ElementwiseOp ADD = primitive(ScalarOp.ADD, Accepts.NUMERIC, Domain.REAL);

    /** a − b. */
    public static final ElementwiseOp SUB = primitive(ScalarOp.SUB, Accepts.NUMERIC, Domain.REAL);

    /** a · b. */
    public static final ElementwiseOp MUL = primitive(ScalarOp.MUL, Accepts.NUMERIC, Domain.REAL);

    /** a / b; of whole numbers towards zero, and 0 if b is 0. */
    public static final ElementwiseOp DIV = primitive(ScalarOp.DIV, Accepts.NUMERIC, NOT_ZERO);

    /** The smaller of a and b; NaN if either is NaN. Where they are equal each gets half of the gradient. */
    public static final ElementwiseOp MINIMUM = binary("minimum", Accepts.NUMERIC, Domain.REAL, Expr::min);

    /** The larger of a and b; NaN if either is NaN. Where they are equal each gets half of the gradient. */
    public static final ElementwiseOp MAXIMUM = binary("maximum", Accepts.NUMERIC, Domain.REAL, Expr::max);

    /** a to the power b. */
    public static final ElementwiseOp POW = primitive(ScalarOp.POW, Accepts.FLOATING, Domain.POSITIVE);

    /** Remainder of a / b with the sign of a; of whole numbers 0 if b is 0. */
    public static final ElementwiseOp REMAINDER = binary("remainder", Accepts.NUMERIC, NOT_ZERO, Formulas::rem);

    /** a &lt; b, as BOOL. */
    public static final ElementwiseOp LESS = binary("less", Accepts.ANY, Domain.REAL, Expr::lt);

    /** a ≤ b, as BOOL. */
    public static final ElementwiseOp LESS_EQUAL = binary("lessEqual", Accepts.ANY, Domain.REAL, Expr::le);

    /** a = b, as BOOL; false for NaN. */
    public static final ElementwiseOp EQUAL = binary("equal", Accepts.ANY, Domain.REAL, Expr::eq);

    /** a &gt; b, as BOOL. */
    public static final ElementwiseOp GREATER = binary("greater", Accepts.ANY, Domain.REAL, Expr::gt);

    /** a ≥ b, as BOOL. */
    public static final ElementwiseOp GREATER_EQUAL =
            binary("greaterEqual", Accepts.ANY, Domain.REAL, (a, b) -> b.le(a));

    /** a ≠ b, as BOOL; true for NaN. */
    public static final ElementwiseOp NOT_EQUAL =
            binary("notEqual", Accepts.ANY, Domain.REAL, (a, b) -> a.eq(b).not());

    /** Bitwise and; logical on BOOL. */
    public static final ElementwiseOp AND = primitive(ScalarOp.AND, Accepts.BITS, Domain.REAL);

    /** Bitwise or; logical on BOOL. */
    public static final ElementwiseOp OR = primitive(ScalarOp.OR, Accepts.BITS, Domain.REAL);

    /** Bitwise exclusive or; logical on BOOL. */
    public static final ElementwiseOp XOR = primitive(ScalarOp.XOR, Accepts.BITS, Domain.REAL);

    /** Bitwise complement; logical on BOOL. */
    public static final ElementwiseOp NOT = primitive(ScalarOp.NOT, Accepts.BITS, Domain.REAL);

    /** a shifted left by b, taken modulo the width. */
    public static final ElementwiseOp SHIFT_LEFT =
            binary("shiftLeft", Accepts.INTEGER, Domain.REAL, Formulas::shiftLeft);

    /** a shifted right by b, taken modulo the width, with zeros from the left. */
    public static final ElementwiseOp SHIFT_RIGHT =
            binary("shiftRight", Accepts.INTEGER, Domain.REAL, Formulas::shiftRight);

    /** a·b + c, rounded once. */
    public static final ElementwiseOp FMA = primitive(ScalarOp.FMA, Accepts.FLOATING, Domain.REAL);

    /** The second operand where the first, a BOOL, holds, the third elsewhere. */
    public static final ElementwiseOp WHERE = register(
            ElementwiseOp.of("where", 3, Accepts.SELECT, args -> args.get(0).choose(args.get(1), args.get(2))));

    /** The scalar where the first operand, a BOOL, holds, the second operand elsewhere. */
    public static final ElementwiseOp MASKED_FILL = register(ElementwiseOp.of(
            "maskedFill",
            2,
            Accepts.SELECT,
            new double[] {-1.25},
            args -> args.get(0).choose(args.get(2), args.get(1))));

    /** x + s. */
    public static final ElementwiseOp ADD_SCALAR = scalar("addScalar", Accepts.NUMERIC, 2.5, Domain.REAL, Expr::add);

    /** x − s. */
    public static final ElementwiseOp SUB_SCALAR = scalar("subScalar", Accepts.NUMERIC, 2.5, Domain.REAL, Expr::sub);

    /** s − x. */
    public static final ElementwiseOp RSUB_SCALAR =
            scalar("rsubScalar", Accepts.NUMERIC, 2.5, Domain.REAL, (x, s) -> s.sub(x));

    /** x · s. */
    public static final ElementwiseOp MUL_SCALAR = scalar("mulScalar", Accepts.NUMERIC, 2.5, Domain.REAL, Expr::mul);

    /** x / s; of whole numbers towards zero, and 0 if s is 0. */
    public static final ElementwiseOp DIV_SCALAR = scalar("divScalar", Accepts.NUMERIC, 2.5, Domain.REAL, Expr::div);

    /** s / x; of whole numbers towards zero, and 0 if x is 0. */
    public static final ElementwiseOp RDIV_SCALAR =
            scalar("rdivScalar", Accepts.NUMERIC, 2.5, NOT_ZERO, (x, s) -> s.div(x));

    /** x to the power s. */
    public static final ElementwiseOp POW_SCALAR =
            scalar("powScalar", Accepts.FLOATING, 2.5, Domain.POSITIVE, Formulas::pow);

    /** s to the power x. */
    public static final ElementwiseOp RPOW_SCALAR =
            scalar("rpowScalar", Accepts.FLOATING, 2.5, Domain.REAL, (x, s) -> pow(s, x));

    /** Remainder of x / s with the sign of x; of whole numbers 0 if s is 0. */
    public static final ElementwiseOp REMAINDER_SCALAR =
            scalar("remainderScalar", Accepts.NUMERIC, 2.5, Domain.REAL.except(-2.5, 0, 2.5), Formulas::rem);

    /** The smaller of x and s; NaN if either is NaN. */
    public static final ElementwiseOp MIN_SCALAR =
            scalar("minScalar", Accepts.NUMERIC, 1.25, Domain.REAL.except(1.25), Expr::min);

    /** The larger of x and s; NaN if either is NaN. */
    public static final ElementwiseOp MAX_SCALAR =
            scalar("maxScalar", Accepts.NUMERIC, 1.25, Domain.REAL.except(1.25), Expr::max);

    /** x &lt; s, as BOOL. */
    public static final ElementwiseOp LESS_SCALAR = scalar("lessScalar", Accepts.ANY, 1, Domain.REAL, Expr::lt);

    /** x ≤ s, as BOOL. */
    public static final ElementwiseOp LESS_EQUAL_SCALAR =
            scalar("lessEqualScalar", Accepts.ANY, 1, Domain.REAL, Expr::le);

    /** x = s, as BOOL; false for NaN. */
    public static final ElementwiseOp EQUAL_SCALAR = scalar("equalScalar", Accepts.ANY, 1, Domain.REAL, Expr::eq);

    /** x &gt; s, as BOOL. */
    public static final ElementwiseOp GREATER_SCALAR = scalar("greaterScalar", Accepts.ANY, 1, Domain.REAL, Expr::gt);

    /** x ≥ s, as BOOL. */
    public static final ElementwiseOp GREATER_EQUAL_SCALAR =
            scalar("greaterEqualScalar", Accepts.ANY, 1, Domain.REAL, (x, s) -> s.le(x));

    /** x ≠ s, as BOOL; true for NaN. */
    public static final ElementwiseOp NOT_EQUAL_SCALAR = scalar(
            "notEqualScalar", Accepts.ANY, 1, Domain.REAL, (x, s) -> x.eq(s).not());

    /** 1 / x. */
    public static final ElementwiseOp RECIPROCAL = unary(
            "reciprocal",
            NOT_ZERO,
            x -> x.like(1).div(x),
            (x, y, g) -> g.mul(y.mul(y)).neg());

    /** x². */
    public static final ElementwiseOp SQUARE = unary("square", Accepts.NUMERIC, Domain.REAL, x -> x.mul(x), null);

    /** −1, 0 or 1; NaN for NaN. The gradient is 0. */
    public static final ElementwiseOp SIGN = unary(
            "sign",
            Accepts.NUMERIC,
            NOT_ZERO,
            x -> x.gt(0).choose(x.like(1), x.lt(0).choose(x.like(-1), x)),
            Ops::none);

    /** eˣ − 1 without cancellation near 0. */
    public static final ElementwiseOp EXPM1 =
            unary("expm1", Domain.REAL, Formulas::expm1, (x, y, g) -> g.mul(y.add(1)));

    /** log(1 + x) without cancellation near 0. */
    public static final ElementwiseOp LOG1P =
            unary("log1p", Domain.POSITIVE, Formulas::log1p, (x, y, g) -> g.div(x.add(1)));

    /** Logarithm to base 2. */
    public static final ElementwiseOp LOG2 =
            unary("log2", Domain.POSITIVE, x -> x.log().mul(1 / LN_2));

    /** Logarithm to base 10. */
    public static final ElementwiseOp LOG10 =
            unary("log10", Domain.POSITIVE, x -> x.log().mul(1 / LN_10));

    /** Tangent of radians. */
    public static final ElementwiseOp TAN = unary(
            "tan",
            new Domain(-1.3, 1.3),
            Formulas::tan,
            (x, y, g) -> g.mul(y.mul(y).add(1)));

    /** log(eᵃ + eᵇ) without overflow. */
    public static final ElementwiseOp LOG_ADD_EXP =
            register(ElementwiseOp.of("logAddExp", 2, Accepts.FLOATING, args -> logAddExp(args.get(0), args.get(1)))
                    .withGradient((args, y, g) -> List.of(
                            g.mul(sigmoid(args.get(0).sub(args.get(1)))),
                            g.mul(sigmoid(args.get(1).sub(args.get(0)))))));

    /** x between the scalars low and high; NaN stays. The gradient passes from low to high, both included. */
    public static final ElementwiseOp CLAMP = register(ElementwiseOp.of(
                    "clamp",
                    1,
                    Accepts.NUMERIC,
                    new double[] {-1.5, 2.25},
                    args -> args.get(0).max(args.get(1)).min(args.get(2)))
            .over(Domain.REAL.except(-1.5, 2.25))
            .withGradient((args, y, g) ->
                    List.of(passIf(both(args.get(1).le(args.get(0)), args.get(0).le(args.get(2))), g))));

    /** max(x, 0). */
    public static final ElementwiseOp RELU =
            unary("relu", Accepts.NUMERIC, NOT_ZERO, x -> x.max(x.like(0)), (x, y, g) -> passIf(y.gt(0), g));

    /** min(max(x, 0), 6). */
    public static final ElementwiseOp RELU6 = unary(
            "relu6",
            Accepts.NUMERIC,
            Domain.REAL.except(0, 6),
            x -> x.clamp(0, 6),
            (x, y, g) -> passInside(y, 0, 6, g));

    /** x where above 0, slope·x elsewhere; the slope is a scalar. */
    public static final ElementwiseOp LEAKY_RELU = scalar(
            "leakyRelu",
            Accepts.FLOATING,
            0.1,
            NOT_ZERO,
            (x, slope) -> x.mul(x.gt(0).choose(x.like(1), slope)));

    /** x where above 0, α·(eˣ − 1) elsewhere; α is a scalar. */
    public static final ElementwiseOp ELU = register(ElementwiseOp.of(
                    "elu", 1, Accepts.FLOATING, new double[] {0.75}, args -> elu(args.get(0), args.get(1)))
            .over(NOT_ZERO)
            .withGradient((args, y, g) -> List.of(args.get(0)
                    .gt(0)
                    .choose(g, g.mul(args.get(1)).mul(nonPositive(args.get(0)).exp())))));

    /** x where above 0, α·(e^(x/α) − 1) elsewhere; α is a scalar, not 0. */
    public static final ElementwiseOp CELU = register(ElementwiseOp.of(
                    "celu", 1, Accepts.FLOATING, new double[] {0.75}, args -> celu(args.get(0), args.get(1)))
            .over(NOT_ZERO)
            .withGradient((args, y, g) -> List.of(args.get(0)
                    .gt(0)
                    .choose(g, g.mul(nonPositive(args.get(0)).div(args.get(1)).exp())))));

    /** The ELU whose outputs keep zero mean and unit variance (Klambauer et al. 2017). */
    public static final ElementwiseOp SELU = unary(
            "selu",
            NOT_ZERO,
            x -> elu(x, x.like(SELU_ALPHA)).mul(SELU_SCALE),
            (x, y, g) -> y.gt(0).choose(g.mul(SELU_SCALE), g.mul(y.add(SELU_SCALE * SELU_ALPHA))));

    /** x·Φ(x), Φ the normal distribution function, by the error function (Hendrycks and Gimpel 2016). */
    public static final ElementwiseOp GELU =
            unary("gelu", Domain.REAL, Formulas::gelu, (x, y, g) -> g.mul(Formulas.geluSlope(x)));

    /** GELU by its approximation ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
    public static final ElementwiseOp GELU_TANH =
            unary("geluTanh", Domain.REAL, Formulas::geluTanh, (x, y, g) -> g.mul(Formulas.geluTanhSlope(x)));

    /** 1 / (1 + e⁻ˣ), without overflow on either side. */
    public static final ElementwiseOp SIGMOID = unary(
            "sigmoid",
            Domain.REAL,
            Formulas::sigmoid,
            (x, y, g) -> g.mul(y.mul(y.like(1).sub(y))));

    /** x·sigmoid(x), also called swish. */
    public static final ElementwiseOp SILU =
            unary("silu", Domain.REAL, x -> x.mul(sigmoid(x)), (x, y, g) -> g.mul(siluSlope(x)));

    /** x·tanh(softplus(x)) (Misra 2019). */
    public static final ElementwiseOp MISH = unary("mish", Domain.REAL, Formulas::mish);

    /** log(1 + eˣ), without overflow. */
    public static final ElementwiseOp SOFTPLUS =
            unary("softplus", Domain.REAL, Formulas::softplus, (x, y, g) -> g.mul(sigmoid(x)));

    /** log(sigmoid(x)), without underflow. */
    public static final ElementwiseOp LOG_SIGMOID =
            unary("logSigmoid", Domain.REAL, x -> softplus(x.neg()).neg(), (x, y, g) -> g.mul(sigmoid(x.neg())));

    /** x / (1 + |x|). */
    public static final ElementwiseOp SOFTSIGN =
            unary("softsign", NOT_ZERO, x -> x.div(x.abs().add(1)));

    /** x/6 + ½, clamped to 0 … 1. */
    public static final ElementwiseOp HARD_SIGMOID = unary(
            "hardSigmoid",
            Domain.REAL.except(-3, 3),
            x -> x.mul(1 / 6.0).add(0.5).clamp(0, 1),
            (x, y, g) -> passInside(y, 0, 1, g.mul(1 / 6.0)));

    /** x clamped to −1 … 1. */
    public static final ElementwiseOp HARD_TANH =
            unary("hardTanh", Domain.REAL.except(-1, 1), x -> x.clamp(-1, 1), (x, y, g) -> passInside(y, -1, 1, g));

    /** x·hardSigmoid(x) (Howard et al. 2019). */
    public static final ElementwiseOp HARD_SWISH = unary(
            "hardSwish",
            Domain.REAL.except(-3, 3),
            x -> x.mul(x.mul(1 / 6.0).add(0.5).clamp(0, 1)),
            (x, y, g) -> x.lt(3).choose(passIf(x.gt(-3), g.mul(x.mul(1 / 3.0).add(0.5))), g));

    /** 1 where x is above 0, else 0. The gradient is 0. */
    public static final ElementwiseOp STEP =
            unary("step", Accepts.NUMERIC, NOT_ZERO, x -> x.gt(0).choose(x.like(1), x.like(0)), Ops::none);

    /** Whether x is NaN, as BOOL. */
    public static final ElementwiseOp IS_NAN =
            unary("isNan", Domain.REAL, x -> x.eq(x).not());

    /** Whether x is neither NaN nor infinite, as BOOL. */
    public static final ElementwiseOp IS_FINITE =
            unary("isFinite", Domain.REAL, x -> x.sub(x).eq(0));

    /** Whether x is infinite, as BOOL. */
    public static final ElementwiseOp IS_INFINITE =
            unary("isInfinite", Domain.REAL, x -> both(x.eq(x), x.sub(x).eq(0).not()));

    static {
        for (DType target : DType.values()) {
            String name = "cast" + target.name().charAt(0)
                    + target.name().substring(1).toLowerCase(Locale.ROOT);
            CASTS.put(
                    target,
                    ElementwiseOp.of(
                            name, 1, Accepts.CONVERT, args -> args.get(0).cast(target)));
        }
    }

    private Ops() {}

    /**
     * Lists every operation but the casts.
     *
     * @return in order of definition
     */
    public static List<ElementwiseOp> all() {
        return Registry.all();
    }

    /**
     * Lists the conversions, one per target type.
     *
     * @return in order of the types
     */
    public static List<ElementwiseOp> casts() {
        return List.copyOf(CASTS.values());
    }

    /**
     * Returns the conversion to an element type, of operands of any type; see {@link Expr#cast}. Differentiable between
     * floating types.
     *
     * @param target the type wanted
     * @return the operation
     */
    public static ElementwiseOp cast(DType target) {
        return CASTS.get(target);
    }

    /**
     * Finds an operation.
     *
     * @param name as {@link ElementwiseOp#name} gives it, such as {@code leakyRelu}
     * @return the operation
     * @throws InvalidArgument if there is none of this name
     */
    public static ElementwiseOp byName(String name) {
        return Stream.concat(Registry.all().stream(), CASTS.values().stream())
                .filter(op -> op.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InvalidArgument(Message.of("op", "no elementwise operation of this name")
                        .line("expected", "one of " + Registry.all())
                        .line("given", name)
                        .toString()));
    }

    private static Expr none(Expr x, Expr y, Expr g) {
        return g.like(0);
    }
}
