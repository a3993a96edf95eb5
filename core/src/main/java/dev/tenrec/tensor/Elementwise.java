package dev.tenrec.tensor;

import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.GradientOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/** Applies elementwise operations to tensors: checks, broadcasting, records for gradients. */
final class Elementwise {

    /** For operations without run-time scalars. */
    static final double[] NO_SCALARS = {};

    private static final long[] NO_BITS = {};
    private static final Tensor[] NOTHING = {};

    private Elementwise() {}

    /**
     * Applies an operation.
     *
     * @param op the operation
     * @param scalars its run-time scalars
     * @param args its operands
     */
    static Tensor apply(ElementwiseOp op, double[] scalars, Tensor... args) {
        if (args.length != op.arity() || scalars.length != op.scalarCount()) {
            throw new InvalidArgument(Message.of(op.name(), "wrong number of operands")
                    .line("expected", op.arity() + " tensors and " + op.scalarCount() + " scalars")
                    .line("given", args.length + " tensors and " + scalars.length + " scalars")
                    .toString());
        }
        DeviceContext context = Checks.sameDevice(op.name(), args);
        DType[] types = new DType[args.length];
        Node[] nodes = new Node[args.length];
        Shape shape = args[0].shape();
        for (int i = 0; i < args.length; i++) {
            nodes[i] = args[i].node();
            types[i] = nodes[i].dtype();
            shape = i == 0 ? shape : Shape.broadcast(op.name(), shape, args[i].shape());
        }
        Checks.operandTypes(op, types);
        DType resultType = op.resultType(types);
        DType scalarType = op.scalarType(resultType, types);
        Checks.scalars(op.name(), scalarType, scalars);
        long[] bits = bits(scalars, scalarType);
        Node result = Operations.apply(context, op, resultType, shape, nodes, bits);
        return recorded(op, scalars, types, args, result);
    }

    /** Makes a value of no operands, such as a constant or a range. */
    static Node create(DeviceContext context, ElementwiseOp op, DType dtype, Shape shape, double... scalars) {
        return Operations.apply(context, op, dtype, shape, new Node[0], bits(scalars, op.scalarType(dtype)));
    }

    private static long[] bits(double[] scalars, DType type) {
        if (scalars.length == 0) {
            return NO_BITS;
        }
        long[] bits = new long[scalars.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = switch (type) {
                case F32 -> Double.doubleToRawLongBits((float) scalars[i]);
                case I32 -> (int) scalars[i];
                case I64 -> (long) scalars[i];
                case BOOL -> scalars[i] != 0 ? 1 : 0;
                default -> Double.doubleToRawLongBits(scalars[i]);
            };
        }
        return bits;
    }

    private static Tensor recorded(ElementwiseOp op, double[] scalars, DType[] types, Tensor[] args, Node result) {
        boolean wanted = false;
        for (Tensor arg : args) {
            wanted |= arg.producer() != null;
        }
        if (!wanted || !GradientFunction.isRecorded(result)) {
            return new Tensor(result, null);
        }
        int arity = op.arity();
        GradientOp[] gradients = new GradientOp[arity];
        Shape[] shapes = new Shape[arity];
        for (int i = 0; i < arity; i++) {
            shapes[i] = args[i].shape();
            gradients[i] =
                    args[i].producer() == null ? null : op.gradient(i, types).orElse(null);
        }
        Tensor[] saved = NOTHING;
        for (int i = 0; i < arity; i++) {
            if (isRead(gradients, i)) {
                saved = saved == NOTHING ? new Tensor[arity] : saved;
                saved[i] = args[i];
            }
        }
        int output = saved.length;
        return GradientFunction.record(op.name(), result, args, saved, isRead(gradients, arity), call -> {
            Tensor[] results = new Tensor[arity];
            for (int i = 0; i < arity; i++) {
                if (gradients[i] != null) {
                    results[i] =
                            backward(gradients[i], scalars, arity, output, call).sumTo(shapes[i]);
                }
            }
            return results;
        });
    }

    /** Whether a gradient reads an operand, or the output, which comes after the operands. */
    private static boolean isRead(GradientOp[] gradients, int position) {
        for (GradientOp gradient : gradients) {
            if (gradient != null && gradient.reads(position)) {
                return true;
            }
        }
        return false;
    }

    private static Tensor backward(
            GradientOp gradient, double[] scalars, int arity, int output, GradientFunction.Call call) {
        if (gradient.passesUpstream()) {
            return call.upstream();
        }
        int[] operands = gradient.operands();
        Tensor[] args = new Tensor[operands.length];
        for (int i = 0; i < operands.length; i++) {
            int position = operands[i];
            args[i] = position == arity + 1 ? call.upstream() : call.saved(position == arity ? output : position);
        }
        return apply(gradient.op(), scalars, args);
    }
}
