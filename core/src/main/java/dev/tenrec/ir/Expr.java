package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A scalar expression: what is computed for one element of an iteration space. Immutable and hash-consed: two
 * expressions of the same structure are the same object, so {@code ==} compares them.
 *
 * <p>The methods build larger expressions; a Java number stands for a constant of this expression's type.
 */
public abstract sealed class Expr implements ExprMethods {

    private final DType dtype;
    private final int hash;

    private Expr(DType dtype, int hash) {
        this.dtype = dtype;
        this.hash = hash;
    }

    /**
     * Returns the type of the value.
     *
     * @return element type
     */
    public final DType dtype() {
        return dtype;
    }

    /**
     * Returns the expressions this one is computed from.
     *
     * @return the operands, in order
     */
    public abstract List<Expr> children();

    /**
     * Says whether another expression, whose children are hash-consed already, has the structure of this one.
     *
     * @param other any expression
     * @return true if it may be replaced by this one
     */
    abstract boolean sameAs(Expr other);

    /**
     * Writes this expression over operands that are written already.
     *
     * @param operands how the children are written
     * @return the text
     */
    abstract String describe(List<String> operands);

    /** Returns the formula; a part that is used several times is written once, with a name: {@code t0 = exp(in0); …}. */
    @Override
    public final String toString() {
        return Exprs.format(this);
    }

    @Override
    public final Expr self() {
        return this;
    }

    final int structuralHash() {
        return hash;
    }

    /** The element of the numbered input at the current index. */
    public static final class Input extends Expr {
        private final int index;

        private Input(int index, DType dtype) {
            super(dtype, 31 * index + dtype.ordinal() + 1_000_003);
            this.index = index;
        }

        /**
         * Returns which input.
         *
         * @return from 0
         */
        public int index() {
            return index;
        }

        @Override
        public List<Expr> children() {
            return List.of();
        }

        @Override
        boolean sameAs(Expr other) {
            return other instanceof Input input && input.index == index && input.dtype() == dtype();
        }

        @Override
        String describe(List<String> operands) {
            return "in" + index;
        }
    }

    /** A number that is part of the kernel. */
    public static final class Const extends Expr {
        private final long bits;

        private Const(DType dtype, long bits) {
            super(dtype, 31 * Long.hashCode(bits) + dtype.ordinal() + 2_000_003);
            this.bits = bits;
        }

        /**
         * Returns the value: of floating types as {@link Double#doubleToRawLongBits}, of others as it is.
         *
         * @return the bits
         */
        public long bits() {
            return bits;
        }

        /**
         * Returns the value as a real number.
         *
         * @return the value
         */
        public double value() {
            return dtype().isFloating() ? Double.longBitsToDouble(bits) : bits;
        }

        @Override
        public List<Expr> children() {
            return List.of();
        }

        @Override
        boolean sameAs(Expr other) {
            return other instanceof Const constant && constant.bits == bits && constant.dtype() == dtype();
        }

        @Override
        String describe(List<String> operands) {
            return dtype().isFloating() ? Double.toString(value()) : Long.toString(bits);
        }
    }

    /** A scalar handed to the kernel at each run, so that its value is no part of the kernel. */
    public static final class Param extends Expr {
        private final int index;

        private Param(int index, DType dtype) {
            super(dtype, 31 * index + dtype.ordinal() + 3_000_017);
            this.index = index;
        }

        /**
         * Returns which parameter.
         *
         * @return from 0
         */
        public int index() {
            return index;
        }

        @Override
        public List<Expr> children() {
            return List.of();
        }

        @Override
        boolean sameAs(Expr other) {
            return other instanceof Param param && param.index == index && param.dtype() == dtype();
        }

        @Override
        String describe(List<String> operands) {
            return "p" + index;
        }
    }

    /** The current index along an axis of the iteration space, as I64; axis {@link #FLAT} is the row-major position. */
    public static final class Index extends Expr {
        /** The axis that stands for the row-major position in the iteration space. */
        public static final int FLAT = -1;

        private final int axis;

        private Index(int axis) {
            super(DType.I64, 31 * axis + 4_000_037);
            this.axis = axis;
        }

        /**
         * Returns which axis.
         *
         * @return from 0, or {@link #FLAT}
         */
        public int axis() {
            return axis;
        }

        @Override
        public List<Expr> children() {
            return List.of();
        }

        @Override
        boolean sameAs(Expr other) {
            return other instanceof Index index && index.axis == axis;
        }

        @Override
        String describe(List<String> operands) {
            return axis == FLAT ? "i" : "i" + axis;
        }
    }

    /** A primitive applied to its operands. */
    public static final class Apply extends Expr {
        private final ScalarOp op;
        private final List<Expr> args;

        private Apply(ScalarOp op, List<Expr> args, DType dtype) {
            super(dtype, identityHash(op.ordinal() + 5_000_011, args));
            this.op = op;
            this.args = args;
        }

        /**
         * Returns the primitive.
         *
         * @return the primitive
         */
        public ScalarOp op() {
            return op;
        }

        @Override
        public List<Expr> children() {
            return args;
        }

        @Override
        boolean sameAs(Expr other) {
            return other instanceof Apply apply && apply.op == op && sameChildren(args, apply.args);
        }

        @Override
        String describe(List<String> operands) {
            return op.name().toLowerCase(Locale.ROOT) + operands.stream().collect(Collectors.joining(", ", "(", ")"));
        }
    }

    /** A value converted to another type, or its bits seen as another type of the same size. */
    public static final class Cast extends Expr {
        private final List<Expr> args;
        private final boolean bitwise;

        private Cast(Expr arg, DType dtype, boolean bitwise) {
            super(dtype, identityHash(dtype.ordinal() + (bitwise ? 6_000_011 : 7_000_003), List.of(arg)));
            this.args = List.of(arg);
            this.bitwise = bitwise;
        }

        /**
         * Returns what is converted.
         *
         * @return the operand
         */
        public Expr arg() {
            return args.get(0);
        }

        /**
         * Says whether the bits are kept instead of the value.
         *
         * @return true for a bit cast
         */
        public boolean bitwise() {
            return bitwise;
        }

        @Override
        public List<Expr> children() {
            return args;
        }

        @Override
        boolean sameAs(Expr other) {
            return other instanceof Cast cast
                    && cast.bitwise == bitwise
                    && cast.dtype() == dtype()
                    && cast.arg() == arg();
        }

        @Override
        String describe(List<String> operands) {
            String type = dtype().name().toLowerCase(Locale.ROOT);
            return (bitwise ? "bits_" : "") + type + "(" + operands.get(0) + ")";
        }
    }

    /** One of two values, chosen by a condition. Both are evaluated. */
    public static final class Select extends Expr {
        private final List<Expr> args;

        private Select(Expr condition, Expr whenTrue, Expr whenFalse) {
            super(whenTrue.dtype(), identityHash(8_000_009, List.of(condition, whenTrue, whenFalse)));
            this.args = List.of(condition, whenTrue, whenFalse);
        }

        /**
         * Returns the condition.
         *
         * @return of type BOOL
         */
        public Expr condition() {
            return args.get(0);
        }

        /**
         * Returns the value taken where the condition holds.
         *
         * @return an operand
         */
        public Expr whenTrue() {
            return args.get(1);
        }

        /**
         * Returns the value taken where the condition does not hold.
         *
         * @return an operand
         */
        public Expr whenFalse() {
            return args.get(2);
        }

        @Override
        public List<Expr> children() {
            return args;
        }

        @Override
        boolean sameAs(Expr other) {
            return other instanceof Select select && sameChildren(args, select.args);
        }

        @Override
        String describe(List<String> operands) {
            return operands.stream().collect(Collectors.joining(", ", "select(", ")"));
        }
    }

    private static int identityHash(int seed, List<Expr> children) {
        int hash = seed;
        for (Expr child : children) {
            hash = hash * 31 + child.hash;
        }
        return hash;
    }

    private static boolean sameChildren(List<Expr> left, List<Expr> right) {
        for (int i = 0; i < left.size(); i++) {
            if (left.get(i) != right.get(i)) {
                return false;
            }
        }
        return left.size() == right.size();
    }

    /**
     * Makes the element of an input.
     *
     * @param index which input, from 0
     * @param dtype its element type
     * @return the expression
     */
    public static Expr input(int index, DType dtype) {
        return ExprTable.intern(new Input(index, dtype));
    }

    /**
     * Makes a constant; for whole-number types the fraction is cut off.
     *
     * @param dtype its type
     * @param value its value, rounded to the type
     * @return the expression
     */
    public static Expr constant(DType dtype, double value) {
        if (!dtype.isFloating()) {
            return constantBits(dtype, dtype == DType.BOOL ? (value != 0 ? 1 : 0) : (long) value);
        }
        return constantBits(dtype, Double.doubleToRawLongBits(dtype == DType.F32 ? (float) value : value));
    }

    /**
     * Makes a constant from its bits, for whole numbers that a double cannot hold.
     *
     * @param dtype its type
     * @param bits see {@link Const#bits}
     * @return the expression
     */
    public static Expr constantBits(DType dtype, long bits) {
        return ExprTable.intern(new Const(dtype, dtype == DType.I32 ? (int) bits : bits));
    }

    /**
     * Makes a scalar that is handed over at each run.
     *
     * @param index which parameter, from 0
     * @param dtype its type
     * @return the expression
     */
    public static Expr param(int index, DType dtype) {
        return ExprTable.intern(new Param(index, dtype));
    }

    /**
     * Makes the current index along an axis, as I64.
     *
     * @param axis from 0, or {@link Index#FLAT}
     * @return the expression
     */
    public static Expr index(int axis) {
        return ExprTable.intern(new Index(axis));
    }

    /**
     * Applies a primitive.
     *
     * @param op the primitive
     * @param args as many operands as its arity, of the types it takes
     * @return the expression
     * @throws IllegalArgumentException if number or types of the operands are wrong
     */
    public static Expr apply(ScalarOp op, List<Expr> args) {
        return ExprTable.intern(new Apply(op, List.copyOf(args), op.resultType(args)));
    }

    /**
     * Makes a choice between two values.
     *
     * @param condition of type BOOL
     * @param whenTrue taken where the condition holds
     * @param whenFalse taken elsewhere; of the same type
     * @return the expression
     */
    public static Expr select(Expr condition, Expr whenTrue, Expr whenFalse) {
        if (condition.dtype != DType.BOOL || whenTrue.dtype != whenFalse.dtype) {
            throw new IllegalArgumentException(
                    "select takes BOOL, T, T, not " + condition.dtype + ", " + whenTrue.dtype + ", " + whenFalse.dtype);
        }
        return ExprTable.intern(new Select(condition, whenTrue, whenFalse));
    }

    /**
     * Converts the value to another type: floating to whole numbers as Java does (towards zero, saturating, NaN to 0),
     * to BOOL as {@code != 0}.
     *
     * @param target the type wanted
     * @return this if it has the type already
     */
    public final Expr cast(DType target) {
        return target == dtype ? this : ExprTable.intern(new Cast(this, target, false));
    }

    /**
     * Sees the bits as another type of the same size.
     *
     * @param target the type wanted
     * @return this if it has the type already
     */
    public final Expr bitcast(DType target) {
        if (target.byteSize() != dtype.byteSize()) {
            throw new IllegalArgumentException("bitcast between sizes: " + dtype + " to " + target);
        }
        return target == dtype ? this : ExprTable.intern(new Cast(this, target, true));
    }

    /**
     * Makes a constant of this expression's type.
     *
     * @param value its value
     * @return the constant
     */
    @Override
    public final Expr like(double value) {
        return constant(dtype, value);
    }
}
