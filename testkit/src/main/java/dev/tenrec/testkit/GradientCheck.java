package dev.tenrec.testkit;

import dev.tenrec.ir.Differentiator;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.ir.Kernel;
import dev.tenrec.op.Domain;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Compares the gradient of an operation, derived or stated, with difference quotients of its body, in double precision
 * on the {@link Interpreter}, at random points of its {@link Domain} away from its kinks; then the second derivative,
 * derived from the gradient, with difference quotients of the gradient.
 *
 * <p>The quotient is (8(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h with h = 10⁻⁴·max(|x|, 0.05), whose error is of
 * order h⁴. A gradient g passes if |g − q| ≤ 10⁻⁶·max(1, |q|, |f|). A point is skipped where the quotients of both
 * sides differ by more than 1 % (two operands at a common kink); a check in which fewer than half of the points remain
 * fails.
 */
public final class GradientCheck {

    /** Largest relative difference between a gradient and the difference quotient. */
    public static final double TOLERANCE = 1e-6;

    private static final int POINTS = 60;
    private static final double KINK_MARGIN = 0.01;

    private GradientCheck() {}

    /**
     * Makes the cases of a registry.
     *
     * @param registry the operations
     * @return one per operation: its first and second derivatives by every operand, or that it has none
     */
    public static List<ConformanceCase> of(List<ElementwiseOp> registry) {
        List<ConformanceCase> cases = new ArrayList<>();
        for (ElementwiseOp op : registry) {
            cases.add(new ConformanceCase(
                    "gradient " + op.name(),
                    Kernel.Map.class,
                    Optional.of(op),
                    Purpose.GRADIENT,
                    Set.of(),
                    (_, _) -> check(op)));
        }
        return cases;
    }

    /**
     * Checks the first and second derivatives of one operation by each of its operands.
     *
     * @param op the operation
     * @throws AssertionError if one is wrong
     */
    public static void check(ElementwiseOp op) {
        DType dtype = op.accepts().test(DType.F64) ? DType.F64 : DType.I32;
        DType[] types = op.operandTypes(dtype);
        boolean real = op.expression(types).dtype().isFloating();
        for (int operand = 0; operand < op.arity(); operand++) {
            Optional<ElementwiseOp.GradientOp> gradient = op.gradient(operand, types);
            if (!real || !types[operand].isFloating()) {
                if (gradient.isPresent()) {
                    throw new AssertionError(op + " has a gradient by operand " + operand + ", which is no real number"
                            + " or does not give one");
                }
                continue;
            }
            first(op, types, operand, gradient);
            if (gradient.isPresent()) {
                second(op, types, operand, gradient.get());
            }
        }
    }

    private static void first(
            ElementwiseOp op, DType[] types, int operand, Optional<ElementwiseOp.GradientOp> gradient) {
        List<Expr> args = arguments(op, types);
        Expr body = op.build(args);
        Expr derived = gradient.isPresent() ? substituted(gradient.get(), args, body, types.length) : body.like(0);
        compare(op, types, "gradient", operand, body, derived, op.arity());
    }

    /** The gradient of the gradient by every operand, with the operation's output written out. */
    private static void second(ElementwiseOp op, DType[] types, int operand, ElementwiseOp.GradientOp gradient) {
        List<Expr> args = arguments(op, types);
        Expr slope = substituted(gradient, args, op.build(args), types.length);
        for (int other = 0; other < op.arity(); other++) {
            if (types[other].isFloating()) {
                Expr derived = Differentiator.gradient(slope, args.get(other), slope, slope.like(1));
                compare(op, types, "second derivative by operand " + operand + " and", other, slope, derived, other);
            }
        }
    }

    private static List<Expr> arguments(ElementwiseOp op, DType[] types) {
        List<Expr> args = new ArrayList<>();
        for (int i = 0; i < op.arity(); i++) {
            args.add(Expr.input(i, types[i]));
        }
        DType scalarType = op.principalType(types);
        for (int i = 0; i < op.scalarCount(); i++) {
            args.add(Expr.param(i, scalarType));
        }
        return args;
    }

    /** The gradient as an expression of the operands, for an upstream gradient of 1. */
    private static Expr substituted(ElementwiseOp.GradientOp gradient, List<Expr> args, Expr output, int arity) {
        List<Expr> given = new ArrayList<>();
        for (int position : gradient.operands()) {
            given.add(position < arity ? args.get(position) : position == arity ? output : output.like(1));
        }
        given.addAll(args.subList(arity, args.size()));
        return gradient.op().build(given);
    }

    private static void compare(
            ElementwiseOp op, DType[] types, String what, int operand, Expr function, Expr derivative, int salt) {
        Random random = new Random(op.name().hashCode() * 31L + operand * 7L + salt);
        Point point = new Point(op, types, function, derivative);
        int used = 0;
        for (int i = 0; i < POINTS; i++) {
            point.draw(random);
            used += point.check(operand, what) ? 1 : 0;
        }
        if (used * 2 < POINTS) {
            throw new AssertionError(op + ": " + what + " of operand " + operand + " could be checked at " + used
                    + " of " + POINTS + " points only\n  hint: state the domain and its kinks with over(Domain)");
        }
    }

    /** A point at which a function and its derivative are evaluated. */
    private static final class Point implements Interpreter.Environment {
        private final ElementwiseOp op;
        private final DType[] types;
        private final double[] operands;
        private final Interpreter function;
        private final Interpreter derivative;

        Point(ElementwiseOp op, DType[] types, Expr function, Expr derivative) {
            this.op = op;
            this.types = types;
            this.operands = new double[types.length];
            this.function = new Interpreter(List.of(function));
            this.derivative = new Interpreter(List.of(derivative));
        }

        void draw(Random random) {
            Domain domain = op.domain();
            for (int i = 0; i < operands.length; i++) {
                do {
                    operands[i] = types[i].isFloating()
                            ? domain.low() + random.nextDouble() * (domain.high() - domain.low())
                            : random.nextInt(2);
                } while (types[i].isFloating() && !domain.isSmoothAt(operands[i], KINK_MARGIN));
            }
        }

        @Override
        public long input(int index) {
            return types[index].isFloating() ? Double.doubleToRawLongBits(operands[index]) : (long) operands[index];
        }

        @Override
        public long param(int index) {
            return Double.doubleToRawLongBits(op.sampleScalars()[index]);
        }

        @Override
        public long index(int axis) {
            return 0;
        }

        private double at(int operand, double value) {
            double before = operands[operand];
            operands[operand] = value;
            function.evaluate(this);
            operands[operand] = before;
            return Double.longBitsToDouble(function.result(0));
        }

        /** Compares at this point; false if the function is not smooth here. */
        boolean check(int operand, String what) {
            double x = operands[operand];
            double h = 1e-4 * Math.max(Math.abs(x), 0.05);
            double here = at(operand, x);
            double up = at(operand, x + h);
            double down = at(operand, x - h);
            double quotient = (8 * (up - down) - (at(operand, x + 2 * h) - at(operand, x - 2 * h))) / (12 * h);
            double right = (up - here) / h;
            double left = (here - down) / h;
            double scale = Math.max(1, Math.max(Math.abs(quotient), Math.abs(here)));
            if (!Double.isFinite(quotient) || Math.abs(right - left) > 0.01 * scale) {
                return false;
            }
            derivative.evaluate(this);
            double given = Double.longBitsToDouble(derivative.result(0));
            if (!(Math.abs(given - quotient) <= TOLERANCE * scale)) {
                throw new AssertionError(op + ": wrong " + what + " of operand " + operand + "\n  expected " + quotient
                        + "   difference quotient\n  given    " + given + "\n  at       "
                        + java.util.Arrays.toString(operands) + " scalars "
                        + java.util.Arrays.toString(op.sampleScalars()));
            }
            return true;
        }
    }
}
