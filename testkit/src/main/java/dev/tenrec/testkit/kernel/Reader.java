package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;

/** What an expression reads while it is evaluated over an iteration space: the inputs' values before the launch. */
final class Reader implements Oracle.Environment {

    private final long[] sizes;
    private final long[] index;
    private final DType[] types;
    private final long[][] inputs;
    private final long[] params;
    private int flat;

    Reader(Shape space, List<TestOperand> in, long... params) {
        this.sizes = space.sizes();
        this.index = new long[sizes.length];
        this.types = in.stream().map(TestOperand::dtype).toArray(DType[]::new);
        this.inputs = in.stream().map(TestOperand::values).toArray(long[][]::new);
        this.params = params;
    }

    void moveTo(int position) {
        flat = position;
        long rest = position;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            index[axis] = rest % sizes[axis];
            rest /= sizes[axis];
        }
    }

    @Override
    public void input(int number, Interval into) {
        into.point(inputs[number][flat], types[number]);
    }

    @Override
    public long param(int number) {
        return params[number];
    }

    @Override
    public long index(int axis) {
        return axis == Expr.Index.FLAT ? flat : index[axis];
    }

    String describe() {
        StringBuilder text = new StringBuilder("  index    ").append(Arrays.toString(index));
        text.append(" of ").append(Arrays.toString(sizes));
        for (int i = 0; i < inputs.length; i++) {
            text.append("\n  in").append(i).append("      ");
            text.append(inputs[i].length > flat ? show(inputs[i][flat], types[i]) : "-");
        }
        for (int i = 0; i < params.length; i++) {
            text.append("\n  p").append(i).append("       ").append(params[i]);
            text.append(" (as a real number ")
                    .append(Double.longBitsToDouble(params[i]))
                    .append(')');
        }
        return text.toString();
    }

    private static String show(long value, DType dtype) {
        return (dtype.isFloating() ? Double.toString(Double.longBitsToDouble(value)) : Long.toString(value)) + " "
                + dtype;
    }
}
