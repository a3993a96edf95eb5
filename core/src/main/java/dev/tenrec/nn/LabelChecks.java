package dev.tenrec.nn;

import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.DeviceMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/** Reads whole numbers that stand beside predictions: labels and lengths. */
final class LabelChecks {

    private LabelChecks() {}

    /** Reads I32 or I64 numbers of an expected shape, which waits for their computation. */
    static long[] read(String operation, String what, Tensor numbers, Shape expected, Tensor predictions) {
        if (!numbers.device().equals(predictions.device())) {
            throw new DeviceMismatch(Message.of(operation, "operands live on different devices")
                    .line("predictions", predictions.device())
                    .line(what, numbers.device())
                    .hint("move one with .to(device)")
                    .toString());
        }
        if (numbers.dtype() != DType.I32 && numbers.dtype() != DType.I64) {
            throw new DTypeMismatch(Message.of(operation, "element type of the " + what + " does not fit")
                    .line("expected", "I32 or I64")
                    .line("given", numbers.dtype())
                    .hint("convert them with .to(DType.I32)")
                    .toString());
        }
        if (!numbers.shape().equals(expected)) {
            throw new ShapeMismatch(Message.of(operation, what + " do not fit the predictions")
                    .line("expected", expected)
                    .line("given", numbers.shape())
                    .line("predictions", predictions.shape())
                    .toString());
        }
        // In their own type: a conversion would be one more kernel.
        return numbers.dtype() == DType.I64
                ? numbers.toLongArray()
                : Arrays.stream(numbers.toIntArray()).asLongStream().toArray();
    }

    /** Demands that a number is one of low … high. */
    static void checkRange(String operation, String what, long value, long low, long high, String place) {
        if (value < low || value > high) {
            throw new InvalidArgument(Message.of(operation, what + " out of range")
                    .line("expected", low + " to " + high)
                    .line("given", value, "at " + place)
                    .toString());
        }
    }
}
