package dev.tenrec.tensor;

import dev.tenrec.memory.Scope;
import dev.tenrec.type.DType;
import java.util.Locale;

/** Writes tensors for people: type, shape, and the elements in brackets; of long axes only the ends. */
final class TensorPrinter {

    /** An axis longer than this is cut if the tensor is large. */
    private static final int EDGE = 3;

    private static final long PRINT_ALL = 1000;

    private final Tensor tensor;
    private final boolean cut;
    private final StringBuilder text = new StringBuilder();
    private int width;
    private String format;

    private TensorPrinter(Tensor tensor) {
        this.tensor = tensor;
        this.cut = tensor.elementCount() > PRINT_ALL;
    }

    static String print(Tensor tensor) {
        return Scope.call(() -> GradientMode.without(() -> new TensorPrinter(tensor.detach()).print()));
    }

    private String print() {
        text.append(tensor.dtype())
                .append(' ')
                .append(tensor.shape())
                .append(' ')
                .append(tensor.device());
        if (tensor.elementCount() == 0) {
            return text.toString();
        }
        Tensor corner = corner();
        double[] values = corner.toDoubleArray();
        long[] whole = tensor.dtype().isFloating() ? null : corner.toLongArray();
        chooseFormat(values);
        String[] words = new String[values.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = word(values[i], whole == null ? 0 : whole[i]);
            width = Math.max(width, words[i].length());
        }
        text.append('\n');
        append(words, corner, 0, 0);
        return text.toString();
    }

    /** The elements that are shown, with the middle of long axes cut out. */
    private Tensor corner() {
        Tensor corner = tensor;
        for (int axis = 0; cut && axis < tensor.rank(); axis++) {
            long size = tensor.size(axis);
            if (size > 2 * EDGE) {
                corner = Tensor.concat(axis, corner.slice(axis, 0, EDGE), corner.slice(axis, size - EDGE, size));
            }
        }
        return corner;
    }

    private void chooseFormat(double[] values) {
        double largest = 0;
        double smallest = Double.MAX_VALUE;
        boolean fraction = false;
        for (double value : values) {
            double size = Math.abs(value);
            if (Double.isFinite(value)) {
                largest = Math.max(largest, size);
                smallest = size == 0 ? smallest : Math.min(smallest, size);
                fraction |= value != Math.rint(value);
            }
        }
        boolean extreme = largest >= 1e6 || fraction && largest > 0 && (largest < 1e-3 || largest / smallest > 1e5);
        format = extreme ? "%.4e" : fraction ? "%.4f" : "%.0f.";
    }

    private String word(double value, long whole) {
        if (tensor.dtype() == DType.BOOL) {
            return whole != 0 ? "true" : "false";
        }
        if (!tensor.dtype().isFloating()) {
            return Long.toString(whole);
        }
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "NaN" : value > 0 ? "Inf" : "-Inf";
        }
        return String.format(Locale.ROOT, format, value);
    }

    private int append(String[] words, Tensor corner, int axis, int position) {
        int next = position;
        if (axis == corner.rank()) {
            text.append(" ".repeat(width - words[next].length())).append(words[next]);
            return next + 1;
        }
        boolean last = axis == corner.rank() - 1;
        String separator = last ? ", " : "," + "\n".repeat(corner.rank() - 1 - axis) + " ".repeat(axis + 1);
        long shown = corner.size(axis);
        boolean shortened = shown != tensor.size(axis);
        text.append('[');
        for (long i = 0; i < shown; i++) {
            text.append(i == 0 ? "" : separator);
            if (shortened && i == EDGE) {
                text.append("...").append(separator);
            }
            next = append(words, corner, axis + 1, next);
        }
        text.append(']');
        return next;
    }
}
