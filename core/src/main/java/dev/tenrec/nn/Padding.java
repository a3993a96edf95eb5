package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Window;

/** Pads the last axes of a tensor. */
final class Padding {

    private Padding() {}

    /** Pads as many last axes as the window has. */
    static Tensor pad(String layer, Tensor x, Window window, PaddingMode mode, double value) {
        Tensor result = x;
        int first = x.rank() - window.axes();
        for (int i = 0; i < window.axes(); i++) {
            long before = window.beforeOf(i);
            long after = window.afterOf(i);
            if (mode == PaddingMode.ZEROS) {
                result = result.pad(first + i, before, after, value);
            } else if (before > 0 || after > 0) {
                result = result.indexSelect(first + i, positions(layer, x, first + i, before, after, mode));
            }
        }
        return result;
    }

    private static Tensor positions(String layer, Tensor x, int axis, long before, long after, PaddingMode mode) {
        long size = x.size(axis);
        long most = switch (mode) {
            case REFLECT -> size - 1;
            case CIRCULAR -> size;
            default -> size == 0 ? 0 : Long.MAX_VALUE;
        };
        if (Math.max(before, after) > most) {
            throw new ShapeMismatch(Message.of(layer, "more padding than the input has elements to take")
                    .line("expected", "at most " + Math.max(0, most), "padding mode " + mode)
                    .line("given", before + " before, " + after + " after")
                    .line("input", x.shape(), "size of axis " + axis + " = " + size)
                    .toString());
        }
        long[] index = new long[Math.toIntExact(before + size + after)];
        for (int i = 0; i < index.length; i++) {
            long at = i - before;
            index[i] = switch (mode) {
                case REFLECT -> at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
                case CIRCULAR -> Math.floorMod(at, size);
                default -> Math.clamp(at, 0, size - 1);
            };
        }
        return Devices.with(x.device(), () -> Tensor.of(index));
    }
}
