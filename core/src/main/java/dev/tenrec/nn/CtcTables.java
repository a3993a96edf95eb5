package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/**
 * What a batch of targets is to the recursion over time: each target with blanks between, before and after its labels,
 * as a row of {@code width} states, the first two of which can never be reached.
 *
 * @param index the class of each state, I64 [1, N, width]
 * @param open 1 for states of the target, 0 for those that can never be reached, [1, N, width]
 * @param skip 0 where a state can be reached from the last but one before it, −∞ elsewhere, [N·width]
 * @param lengths number of inputs, [1, N, 1]
 * @param first 0 at the first state of each row, −∞ elsewhere, [N·width]
 * @param last 0 at the last state of each row, −∞ elsewhere, [N·width]
 * @param ends the last two states of each row, I64 [N, 2]
 * @param targetLengths at least 1, [N]
 */
record CtcTables(
        Tensor index,
        Tensor open,
        Tensor skip,
        Tensor lengths,
        Tensor first,
        Tensor last,
        Tensor ends,
        Tensor targetLengths) {

    /** States before those of a target: nothing reaches them, so that rows can lie one after the other. */
    private static final int GUARDS = 2;

    private static final String OPERATION = "ctc";

    static CtcTables of(
            Tensor logProbabilities, Tensor targets, Tensor inputLengths, Tensor targetLengths, long blank) {
        checkPredictions(logProbabilities, targets, blank);
        long steps = logProbabilities.size(0);
        long classes = logProbabilities.size(2);
        Shape batch = Shape.of(logProbabilities.size(1));
        Shape padded = batch.insert(1, targets.size(1));
        long[] inputs = LabelChecks.read(OPERATION, "input lengths", inputLengths, batch, logProbabilities);
        long[] lengths = LabelChecks.read(OPERATION, "target lengths", targetLengths, batch, logProbabilities);
        long[] labels = LabelChecks.read(OPERATION, "targets", targets, padded, logProbabilities);
        int columns = Math.toIntExact(targets.size(1));
        for (int n = 0; n < lengths.length; n++) {
            LabelChecks.checkRange(OPERATION, "input length", inputs[n], 0, steps, "sequence " + n);
            LabelChecks.checkRange(OPERATION, "target length", lengths[n], 0, columns, "sequence " + n);
            for (int i = 0; i < lengths[n]; i++) {
                long label = labels[n * columns + i];
                String place = "position [" + n + ", " + i + "]";
                LabelChecks.checkRange(OPERATION, "label", label, 0, classes - 1, place);
                if (label == blank) {
                    throw new InvalidArgument(Message.of(OPERATION, "a label is the blank")
                            .line("expected", "labels other than " + blank, "the blank of the options")
                            .line("given", label, "at " + place)
                            .toString());
                }
            }
        }
        return Devices.with(
                logProbabilities.device(), () -> build(logProbabilities.dtype(), inputs, lengths, labels, blank));
    }

    private static void checkPredictions(Tensor logProbabilities, Tensor targets, long blank) {
        Losses.checkFloating(OPERATION, "log-probabilities", logProbabilities);
        if (logProbabilities.rank() != 3 || logProbabilities.elementCount() == 0) {
            throw new ShapeMismatch(Message.of(OPERATION, "log-probabilities do not fit")
                    .line("expected", "[steps, batch, classes], each at least 1")
                    .line("given", logProbabilities.shape())
                    .toString());
        }
        if (targets.rank() != 2) {
            throw new ShapeMismatch(Message.of(OPERATION, "targets do not fit the predictions")
                    .line("expected", "[" + logProbabilities.size(1) + ", labels]")
                    .line("given", targets.shape())
                    .line("predictions", logProbabilities.shape())
                    .hint("pad shorter targets; their lengths say what counts")
                    .toString());
        }
        LabelChecks.checkRange(OPERATION, "blank", blank, 0, logProbabilities.size(2) - 1, "the options");
    }

    private static CtcTables build(DType dtype, long[] inputs, long[] lengths, long[] labels, long blank) {
        int rows = lengths.length;
        int columns = labels.length / rows;
        int width = Math.addExact(Math.multiplyExact(2, columns), 1 + GUARDS);
        int states = Math.multiplyExact(rows, width);
        long[] index = new long[states];
        double[] open = new double[states];
        double[] skip = closed(states);
        double[] first = closed(states);
        double[] last = closed(states);
        long[] ends = new long[2 * rows];
        for (int n = 0; n < rows; n++) {
            int start = n * width + GUARDS;
            int count = Math.toIntExact(2 * lengths[n] + 1);
            for (int s = 0; s < count; s++) {
                int label = n * columns + s / 2;
                boolean isLabel = s % 2 == 1;
                index[start + s] = isLabel ? labels[label] : blank;
                open[start + s] = 1;
                // A blank must stand between equal labels, and is not left out.
                skip[start + s] = isLabel && s > 1 && labels[label] != labels[label - 1] ? 0 : Double.NEGATIVE_INFINITY;
            }
            first[start] = 0;
            last[start + count - 1] = 0;
            ends[2 * n] = GUARDS + count - 1;
            ends[2 * n + 1] = GUARDS + count - 2;
        }
        double[] divisors = Arrays.stream(lengths)
                .mapToDouble(length -> Math.max(1, length))
                .toArray();
        return new CtcTables(
                Tensor.of(index, 1, rows, width),
                floating(dtype, open, 1, rows, width),
                floating(dtype, skip, states),
                floating(dtype, Arrays.stream(inputs).asDoubleStream().toArray(), 1, rows, 1),
                floating(dtype, first, states),
                floating(dtype, last, states),
                Tensor.of(ends, rows, 2),
                floating(dtype, divisors, rows));
    }

    private static double[] closed(int states) {
        double[] values = new double[states];
        Arrays.fill(values, Double.NEGATIVE_INFINITY);
        return values;
    }

    private static Tensor floating(DType dtype, double[] values, long... sizes) {
        if (dtype == DType.F64) {
            return Tensor.of(values, sizes);
        }
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        return Tensor.of(narrow, sizes);
    }

    /** The tables that the recursions read, to be saved for the gradient. */
    Tensor[] forRecursions() {
        return new Tensor[] {index, open, skip, lengths, first, last, ends};
    }

    /** Takes what {@link #forRecursions} gave. */
    static CtcTables ofRecursions(Tensor... tables) {
        return new CtcTables(tables[0], tables[1], tables[2], tables[3], tables[4], tables[5], tables[6], null);
    }
}
