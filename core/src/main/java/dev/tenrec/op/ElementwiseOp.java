package dev.tenrec.op;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.ir.Differentiator;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.Simplifier;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A named elementwise operation: its body as an expression of its operands, and the gradient derived from it.
 *
 * <p>The body is a function of expressions, so that one definition serves every element type. Run-time scalars (the
 * slope of a leaky ReLU, a learning rate) are operands of the body too, after the tensors; their values are no part of
 * the kernel. Identity is the object: make an operation once and keep it in a constant.
 */
public final class ElementwiseOp {

    /** The formula of an operation. */
    @FunctionalInterface
    public interface Body {
        /**
         * Builds the expression.
         *
         * @param args the operands: tensors, then run-time scalars
         * @return the result's expression
         */
        Expr build(List<Expr> args);
    }

    /** The formula of a gradient that is stated instead of derived. */
    @FunctionalInterface
    public interface Gradient {
        /**
         * Builds the gradient of the loss by one operand.
         *
         * @param args the operands: tensors, then run-time scalars
         * @param output the operation's own result
         * @param upstream the gradient of the loss by the result
         * @return one expression per tensor operand
         */
        List<Expr> build(List<Expr> args, Expr output, Expr upstream);
    }

    /** Which element types an operation takes. */
    public enum Accepts {
        /** F32, F64. */
        FLOATING,
        /** F32, F64, I32, I64. */
        NUMERIC,
        /** I32, I64. */
        INTEGER,
        /** I32, I64, BOOL. */
        BITS,
        /** Every arithmetic type. */
        ANY,
        /** BOOL first, then any arithmetic type. */
        SELECT,
        /** Every type, storage types too. */
        CONVERT;

        /**
         * Says whether an operand may be of this type.
         *
         * @param dtype an element type
         * @return true if the operation takes it
         */
        public boolean test(DType dtype) {
            return (dtype.isArithmetic() || this == CONVERT)
                    && switch (this) {
                        case FLOATING -> dtype.isFloating();
                        case NUMERIC -> dtype != DType.BOOL;
                        case INTEGER -> dtype.isInteger();
                        case BITS -> !dtype.isFloating();
                        case ANY, SELECT, CONVERT -> true;
                    };
        }
    }

    /**
     * The gradient by one operand, as an operation of its own.
     *
     * @param op the operation
     * @param operands which of (operands…, output, upstream) it reads, by position in that list
     * @param passesUpstream whether it is the upstream gradient, unchanged
     */
    public record GradientOp(ElementwiseOp op, int[] operands, boolean passesUpstream) {
        /**
         * Returns which of (operands…, output, upstream) the gradient reads.
         *
         * @return a copy
         */
        @Override
        public int[] operands() {
            return operands.clone();
        }

        /**
         * Says whether the gradient reads one of the operation's operands or its output.
         *
         * @param position an operand's position; the arity stands for the output
         * @return true if its value is needed
         */
        public boolean reads(int position) {
            for (int operand : operands) {
                if (operand == position) {
                    return true;
                }
            }
            return false;
        }
    }

    private static final AtomicInteger NEXT_ID = new AtomicInteger();

    private final int id = NEXT_ID.getAndIncrement();
    private final String name;
    private final int arity;
    private final Accepts accepts;
    private final Body body;
    private final Gradient gradient;
    private final Domain domain;
    private final double[] sampleScalars;
    private final DType scalarType;
    private final DType probe;
    private final boolean usesIndex;
    private final Map<DType, List<Optional<GradientOp>>> gradientOps = new ConcurrentHashMap<>();
    private final Map<DType, Integer> sizes = new ConcurrentHashMap<>();
    private final Map<DType, DType> resultTypes = new ConcurrentHashMap<>();

    private ElementwiseOp(
            String name,
            int arity,
            Accepts accepts,
            Body body,
            Gradient gradient,
            Domain domain,
            double[] sampleScalars,
            DType scalarType,
            DType probe) {
        this.name = name;
        this.arity = arity;
        this.accepts = accepts;
        this.body = body;
        this.gradient = gradient;
        this.domain = domain;
        this.sampleScalars = sampleScalars;
        this.scalarType = scalarType;
        this.probe = probe;
        usesIndex = Exprs.topological(List.of(expression(operandTypes(probe)))).stream()
                .anyMatch(Expr.Index.class::isInstance);
    }

    /** A type the body can be built in; that of a gradient is made for one type only. */
    private static DType probe(Accepts accepts) {
        return accepts == Accepts.INTEGER || accepts == Accepts.BITS ? DType.I32 : DType.F32;
    }

    /**
     * Defines an operation.
     *
     * @param name its name, as users say it
     * @param arity number of tensor operands
     * @param accepts which element types it takes
     * @param body its formula
     * @return the operation, sampled over {@link Domain#REAL}, without scalars
     */
    public static ElementwiseOp of(String name, int arity, Accepts accepts, Body body) {
        return new ElementwiseOp(name, arity, accepts, body, null, Domain.REAL, new double[0], null, probe(accepts));
    }

    /**
     * Defines an operation with run-time scalars.
     *
     * @param name its name
     * @param arity number of tensor operands
     * @param accepts which element types it takes
     * @param sampleScalars a value of each scalar for tests; their number is the number of scalars
     * @param body its formula, over the tensors and then the scalars
     * @return the operation
     */
    public static ElementwiseOp of(String name, int arity, Accepts accepts, double[] sampleScalars, Body body) {
        return new ElementwiseOp(
                name, arity, accepts, body, null, Domain.REAL, sampleScalars.clone(), null, probe(accepts));
    }

    /**
     * Defines an operation without tensor operands, whose scalars have a type of their own: a random generator with a
     * key of words, say.
     *
     * @param name its name
     * @param scalarType the scalars' type
     * @param scalarCount number of scalars
     * @param body its formula, over the scalars
     * @return the operation
     */
    public static ElementwiseOp generator(String name, DType scalarType, int scalarCount, Body body) {
        return new ElementwiseOp(
                name, 0, Accepts.ANY, body, null, Domain.REAL, new double[scalarCount], scalarType, scalarType);
    }

    /**
     * Returns this operation sampled elsewhere.
     *
     * @param newDomain where tests sample it
     * @return the operation
     */
    public ElementwiseOp over(Domain newDomain) {
        return new ElementwiseOp(name, arity, accepts, body, gradient, newDomain, sampleScalars, scalarType, probe);
    }

    /**
     * Returns this operation with a gradient stated instead of derived: where the derived one is unstable, or where one
     * in terms of the output saves keeping the operands.
     *
     * @param stated the gradient's formula
     * @return the operation
     */
    public ElementwiseOp withGradient(Gradient stated) {
        return new ElementwiseOp(name, arity, accepts, body, stated, domain, sampleScalars, scalarType, probe);
    }

    /** {@return a number no other operation of this process has: the identity used in kernel keys} */
    public int id() {
        return id;
    }

    /** {@return the name, as users say it} */
    public String name() {
        return name;
    }

    /** {@return the number of tensor operands, 0 or more} */
    public int arity() {
        return arity;
    }

    /** {@return the number of run-time scalars, 0 or more} */
    public int scalarCount() {
        return sampleScalars.length;
    }

    /**
     * Returns a value of each scalar, for tests.
     *
     * @return a copy
     */
    public double[] sampleScalars() {
        return sampleScalars.clone();
    }

    /**
     * Returns which element types the operation takes.
     *
     * @return the rule
     */
    public Accepts accepts() {
        return accepts;
    }

    /**
     * Returns where tests sample the operands.
     *
     * @return the domain
     */
    public Domain domain() {
        return domain;
    }

    /**
     * Says whether the result depends on the position in the iteration space.
     *
     * @return true if the body reads an index
     */
    public boolean usesIndex() {
        return usesIndex;
    }

    /**
     * Returns the operand types for a principal type.
     *
     * @param dtype the type of the (non-condition) operands
     * @return one per tensor operand
     */
    public DType[] operandTypes(DType dtype) {
        DType[] types = new DType[arity];
        for (int i = 0; i < arity; i++) {
            types[i] = operandType(i, dtype);
        }
        return types;
    }

    /**
     * Returns the type of one operand for a principal type.
     *
     * @param operand its position
     * @param dtype the type of the (non-condition) operands
     * @return the type it must have
     */
    public DType operandType(int operand, DType dtype) {
        return accepts == Accepts.SELECT && operand == 0 ? DType.BOOL : dtype;
    }

    /**
     * Returns the type of the run-time scalars.
     *
     * @param result the result's type, which decides for operations without tensor operands
     * @param operandTypes the operands' types
     * @return the fixed type if there is one, the principal type otherwise
     */
    public DType scalarType(DType result, DType... operandTypes) {
        if (scalarType != null) {
            return scalarType;
        }
        return arity == 0 ? result : principalType(operandTypes);
    }

    /**
     * Returns the type gradients are taken in: that of the last tensor operand.
     *
     * @param operandTypes the operands' types
     * @return the principal type
     */
    public DType principalType(DType... operandTypes) {
        return arity == 0 ? DType.F32 : operandTypes[arity - 1];
    }

    /**
     * Builds the body over given operands.
     *
     * @param args the operands: tensors, then scalars
     * @return the expression
     */
    public Expr build(List<Expr> args) {
        return body.build(args);
    }

    /**
     * Builds the body over fresh inputs and parameters.
     *
     * @param operandTypes type of each tensor operand
     * @return the simplified expression
     */
    public Expr expression(DType... operandTypes) {
        return Simplifier.simplify(List.of(build(freshOperands(operandTypes)))).get(0);
    }

    /**
     * Returns the number of expression nodes of the body, operands excluded.
     *
     * @param operandTypes type of each tensor operand
     * @return the size that counts towards the fusion limit
     */
    public int expressionSize(DType... operandTypes) {
        Integer known = sizes.get(principalType(operandTypes));
        if (known != null) {
            return known;
        }
        return sizes.computeIfAbsent(principalType(operandTypes), _ -> {
            List<Expr> nodes = Exprs.topological(List.of(expression(operandTypes)));
            return (int)
                    nodes.stream().filter(expr -> !expr.children().isEmpty()).count();
        });
    }

    /**
     * Returns the type of the result.
     *
     * @param operandTypes type of each tensor operand
     * @return element type
     */
    public DType resultType(DType... operandTypes) {
        DType known = resultTypes.get(principalType(operandTypes));
        if (known != null) {
            return known;
        }
        return resultTypes.computeIfAbsent(
                principalType(operandTypes), _ -> expression(operandTypes).dtype());
    }

    private List<Expr> freshOperands(DType[] operandTypes) {
        if (operandTypes.length != arity) {
            throw new InvalidArgument(name + ": expected " + arity + " operands, given " + operandTypes.length);
        }
        List<Expr> args = new ArrayList<>();
        for (int i = 0; i < arity; i++) {
            args.add(Expr.input(i, operandTypes[i]));
        }
        for (int i = 0; i < sampleScalars.length; i++) {
            args.add(Expr.param(i, scalarType(DType.F32, operandTypes)));
        }
        return args;
    }

    /**
     * Returns the gradient by an operand as an operation over (operands…, output, upstream), of which it takes only
     * what it reads.
     *
     * @param operand which tensor operand
     * @param operandTypes the operands' types
     * @return empty if the gradient is 0 everywhere or the operand is no real number
     */
    public Optional<GradientOp> gradient(int operand, DType... operandTypes) {
        List<Optional<GradientOp>> known = gradientOps.get(principalType(operandTypes));
        if (known == null) {
            known = gradientOps.computeIfAbsent(principalType(operandTypes), _ -> deriveAll(operandTypes));
        }
        return known.get(operand);
    }

    private List<Optional<GradientOp>> deriveAll(DType[] operandTypes) {
        List<Optional<GradientOp>> result = new ArrayList<>();
        DType resultType = expression(operandTypes).dtype();
        for (int i = 0; i < arity; i++) {
            result.add(
                    operandTypes[i].isFloating() && resultType.isFloating()
                            ? derive(i, operandTypes, resultType)
                            : Optional.empty());
        }
        return result;
    }

    private Optional<GradientOp> derive(int operand, DType[] operandTypes, DType resultType) {
        List<Expr> probe = freshOperands(operandTypes);
        Expr sample = Simplifier.simplify(List.of(
                        gradientOf(operand, probe, Expr.input(arity, resultType), Expr.input(arity + 1, resultType))))
                .get(0);
        if (sample instanceof Expr.Const constant && constant.value() == 0) {
            return Optional.empty();
        }
        int[] reads = Exprs.topological(List.of(sample)).stream()
                .filter(Expr.Input.class::isInstance)
                .mapToInt(expr -> ((Expr.Input) expr).index())
                .sorted()
                .toArray();
        Body gradientBody = args -> {
            List<Expr> full = new ArrayList<>(freshOperands(operandTypes));
            Expr output = Expr.input(arity, resultType);
            Expr upstream = Expr.input(arity + 1, resultType);
            Expr formula = gradientOf(operand, full, output, upstream);
            return substitute(formula, reads, args);
        };
        ElementwiseOp op = new ElementwiseOp(
                name + "Gradient" + (arity > 1 ? operand : ""),
                reads.length,
                gradientAccepts(operandTypes, reads),
                gradientBody,
                null,
                domain,
                sampleScalars,
                scalarType,
                resultType);
        boolean passes = sample instanceof Expr.Input input && input.index() == arity + 1;
        return Optional.of(new GradientOp(op, reads, passes));
    }

    private Accepts gradientAccepts(DType[] operandTypes, int[] reads) {
        if (accepts == Accepts.CONVERT) {
            return Accepts.CONVERT;
        }
        boolean condition = operandTypes.length > 0 && operandTypes[0] == DType.BOOL && reads[0] == 0;
        return condition ? Accepts.SELECT : Accepts.FLOATING;
    }

    private Expr gradientOf(int operand, List<Expr> args, Expr output, Expr upstream) {
        return gradient == null
                ? Differentiator.gradient(build(args), args.get(operand), output, upstream)
                : gradient.build(args, output, upstream).get(operand);
    }

    /** Puts {@code args} in the place of the inputs {@code reads}, and the scalars after them for the parameters. */
    private static Expr substitute(Expr formula, int[] reads, List<Expr> args) {
        return Exprs.rewrite(List.of(formula), expr -> switch (expr) {
                    case Expr.Input input -> args.get(java.util.Arrays.binarySearch(reads, input.index()));
                    case Expr.Param param -> args.get(reads.length + param.index());
                    default -> expr;
                })
                .get(0);
    }

    @Override
    public String toString() {
        return name;
    }
}
