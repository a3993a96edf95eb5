package dev.tenrec.examples;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** Counts of predictions by actual and by predicted class, and the measures that follow from them. */
public final class ConfusionMatrix {
    private final List<String> classNames;
    private final long[][] counts;

    /**
     * Starts with no predictions.
     *
     * @param classNames the name of each class, by label; at least one
     * @throws IllegalArgumentException if there is no class
     */
    public ConfusionMatrix(List<String> classNames) {
        if (classNames.isEmpty()) {
            throw new IllegalArgumentException("confusion matrix: expected at least one class, given none");
        }
        this.classNames = List.copyOf(classNames);
        this.counts = new long[classNames.size()][classNames.size()];
    }

    /**
     * Counts one prediction.
     *
     * @param actual the label
     * @param predicted the predicted class
     * @throws IndexOutOfBoundsException if there is no such class
     */
    public void add(int actual, int predicted) {
        Objects.checkIndex(actual, counts.length);
        Objects.checkIndex(predicted, counts.length);
        counts[actual][predicted]++;
    }

    /**
     * One cell of the matrix.
     *
     * @param actual the label
     * @param predicted the predicted class
     * @return how often the one was taken for the other
     */
    public long count(int actual, int predicted) {
        return counts[actual][predicted];
    }

    /** {@return the number of predictions} */
    public long total() {
        long sum = 0;
        for (int label = 0; label < counts.length; label++) {
            sum += support(label);
        }
        return sum;
    }

    /**
     * How often a class occurs.
     *
     * @param label the class
     * @return the number of predictions with this label
     */
    public long support(int label) {
        long sum = 0;
        for (long count : counts[label]) {
            sum += count;
        }
        return sum;
    }

    /** {@return the share of right predictions, 0 to 1; NaN if there are none} */
    public double accuracy() {
        long right = 0;
        for (int label = 0; label < counts.length; label++) {
            right += counts[label][label];
        }
        return ratio(right, total());
    }

    /**
     * The share of a class in what was taken for it.
     *
     * @param label the class
     * @return 0 to 1; NaN if nothing was taken for this class
     */
    public double precision(int label) {
        long taken = 0;
        for (long[] row : counts) {
            taken += row[label];
        }
        return ratio(counts[label][label], taken);
    }

    /**
     * The share of a class that was recognised.
     *
     * @param label the class
     * @return 0 to 1; NaN if the class does not occur
     */
    public double recall(int label) {
        return ratio(counts[label][label], support(label));
    }

    /**
     * The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).
     *
     * @param label the class
     * @return 0 to 1; NaN if the class neither occurs nor was predicted
     */
    public double f1(int label) {
        long taken = 0;
        for (long[] row : counts) {
            taken += row[label];
        }
        return ratio(2 * counts[label][label], taken + support(label));
    }

    /**
     * Both tables for a terminal, at most 80 columns wide for ten classes: the counts, one row per actual class and one
     * column per predicted class, and the measures of each class.
     *
     * @return lines that end in a line feed
     */
    public String toText() {
        int nameWidth = "actual".length();
        long largest = 0;
        for (int label = 0; label < counts.length; label++) {
            nameWidth = Math.max(nameWidth, classNames.get(label).length());
            for (long count : counts[label]) {
                largest = Math.max(largest, count);
            }
        }
        int digits = Integer.toString(counts.length - 1).length();
        int cell = Math.max(Long.toString(largest).length(), digits) + 2;
        String start = "%" + digits + "s %-" + nameWidth + "s";
        StringBuilder text = new StringBuilder("Confusion matrix (rows: actual class, columns: predicted class)\n\n");
        appendCounts(text, start, cell);
        text.append('\n');
        appendMeasures(text, start);
        return text.toString();
    }

    private void appendCounts(StringBuilder text, String start, int cell) {
        text.append(start.formatted("", ""));
        for (int label = 0; label < counts.length; label++) {
            text.append(("%" + cell + "d").formatted(label));
        }
        text.append('\n');
        for (int label = 0; label < counts.length; label++) {
            text.append(start.formatted(label, classNames.get(label)));
            for (long count : counts[label]) {
                text.append(("%" + cell + "s").formatted(count == 0 ? "." : Long.toString(count)));
            }
            text.append('\n');
        }
    }

    private void appendMeasures(StringBuilder text, String start) {
        String row = start + "%11s%9s%9s%9s\n";
        text.append(row.formatted("", "", "precision", "recall", "F1", "count"));
        for (int label = 0; label < counts.length; label++) {
            text.append(row.formatted(
                    label,
                    classNames.get(label),
                    percent(precision(label)),
                    percent(recall(label)),
                    percent(f1(label)),
                    support(label)));
        }
        text.append(row.formatted("", "accuracy", "", percent(accuracy()), "", total()));
    }

    private static String percent(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * value);
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? Double.NaN : (double) part / whole;
    }
}
