package dev.tenrec.tensor;

import dev.tenrec.engine.DeviceContext;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.DeviceMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.Locale;

/** Checks of arguments, each with the error it raises. */
final class Checks {

    private Checks() {}

    static DeviceContext sameDevice(String operation, Tensor... args) {
        DeviceContext context = args[0].node().context();
        for (int i = 1; i < args.length; i++) {
            if (args[i].node().context() != context) {
                throw new DeviceMismatch(Message.of(operation, "operands live on different devices")
                        .line("operand 0", args[0].device())
                        .line("operand " + i, args[i].device())
                        .hint("move one with .to(device)")
                        .toString());
            }
        }
        return context;
    }

    static void operandTypes(ElementwiseOp op, DType[] types) {
        DType principal = op.principalType(types);
        boolean fits = op.accepts().test(principal);
        for (int i = 0; fits && i < types.length; i++) {
            fits = types[i] == op.operandType(i, principal);
        }
        if (!fits) {
            throw wrongTypes(op, types);
        }
    }

    private static DTypeMismatch wrongTypes(ElementwiseOp op, DType[] types) {
        Message message = Message.of(op.name(), "element types do not fit");
        String accepted = switch (op.accepts()) {
            case FLOATING -> "F32 or F64";
            case NUMERIC -> "F32, F64, I32 or I64";
            case INTEGER -> "I32 or I64";
            case BITS -> "I32, I64 or BOOL";
            case SELECT -> "BOOL first, then one type";
            default -> "F32, F64, I32, I64 or BOOL";
        };
        message.line("expected", accepted, types.length > 1 ? "the same for all operands" : "");
        message.line("given", Arrays.toString(types));
        boolean storage = Arrays.stream(types).anyMatch(type -> !type.isArithmetic());
        return new DTypeMismatch(message.hint(
                        storage
                                ? "BF16, F16 and U8 are storage types: convert first, such as .to(DType.F32)"
                                : "convert one operand, such as .to(DType.F32)")
                .toString());
    }

    static void type(String operation, String operand, DType given, DType... expected) {
        if (!Arrays.asList(expected).contains(given)) {
            throw new DTypeMismatch(Message.of(operation, "element type does not fit")
                    .line("expected", join(expected), operand)
                    .line("given", given)
                    .hint("convert with .to(DType." + expected[0] + ")")
                    .toString());
        }
    }

    static void sameType(String operation, Tensor left, Tensor right) {
        if (left.dtype() != right.dtype()) {
            throw new DTypeMismatch(Message.of(operation, "element types differ")
                    .line("left", left.dtype(), "shape " + left.shape())
                    .line("right", right.dtype(), "shape " + right.shape())
                    .hint("convert one operand, such as .to(DType." + left.dtype() + ")")
                    .toString());
        }
    }

    /** Axes counted from 0, ascending and distinct; all axes if none are given. */
    static int[] axes(String operation, Shape shape, int... axes) {
        if (axes.length == 0) {
            int[] all = new int[shape.rank()];
            Arrays.setAll(all, i -> i);
            return all;
        }
        int[] sorted = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            sorted[i] = axis(operation, shape, axes[i]);
        }
        Arrays.sort(sorted);
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] == sorted[i - 1]) {
                throw new InvalidArgument(Message.of(operation, "an axis is named twice")
                        .line("expected", "distinct axes")
                        .line("given", Arrays.toString(axes))
                        .line("shape", shape)
                        .toString());
            }
        }
        return sorted;
    }

    static int axis(String operation, Shape shape, int axis) {
        int rank = shape.rank();
        if (axis < -rank || axis >= rank) {
            throw new InvalidArgument(Message.of(operation, "no such axis")
                    .line("expected", rank == 0 ? "none: a scalar has no axes" : "-" + rank + " to " + (rank - 1))
                    .line("given", axis)
                    .line("shape", shape)
                    .toString());
        }
        return axis < 0 ? axis + rank : axis;
    }

    /** Whole types take whole scalars only: {@code mul(0.5)} would multiply by 0. */
    static void scalars(String operation, DType dtype, double... scalars) {
        for (double scalar : scalars) {
            boolean fits = switch (dtype) {
                case I32 -> scalar == (int) scalar;
                case I64 -> scalar == (long) scalar;
                case BOOL -> scalar == 0 || scalar == 1;
                default -> true;
            };
            if (!fits) {
                String wanted = dtype == DType.BOOL ? "0 or 1" : "a whole number that " + dtype + " can hold";
                throw new InvalidArgument(Message.of(operation, "scalar is not of the operand's type")
                        .line("expected", wanted)
                        .line("given", scalar)
                        .hint("convert the tensor first, such as .to(DType.F32)")
                        .toString());
            }
        }
    }

    private static String join(DType[] types) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < types.length; i++) {
            text.append(i == 0 ? "" : i == types.length - 1 ? " or " : ", ").append(types[i]);
        }
        return text.toString().toUpperCase(Locale.ROOT).replace(" OR ", " or ");
    }
}
