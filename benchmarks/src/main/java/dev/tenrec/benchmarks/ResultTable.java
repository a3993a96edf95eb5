package dev.tenrec.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

/** Prints results with rates, and the speed of each library as a multiple of others that did the same work. */
final class ResultTable {

    /**
     * A result.
     *
     * @param label what was done
     * @param sizes with which parameters
     * @param library who did it
     * @param peer whether that is another library
     * @param mean mean seconds of a call
     * @param medians median seconds of a call in each JVM; the same place of rows to compare ran one after the other
     * @param rate turns seconds of a call into a rate
     * @param unit unit of the rate
     * @param others percentage of the machine that other processes used, NaN if unknown
     */
    record Row(
            String label,
            String sizes,
            String library,
            boolean peer,
            double mean,
            double[] medians,
            DoubleUnaryOperator rate,
            String unit,
            double others) {

        /** {@return median seconds of a call} */
        double median() {
            return ResultTable.median(medians);
        }

        /** {@return median seconds of a call in the last JVM} */
        double last() {
            return medians[medians.length - 1];
        }

        /**
         * {@return how many times as fast as another row this is: the median over the JVMs that ran one after the other,
         * so that a machine that changes its speed meanwhile does not count}
         */
        double speedOver(Row other) {
            double[] ratios = new double[Math.min(medians.length, other.medians.length)];
            Arrays.setAll(ratios, i -> other.medians[i] / medians[i]);
            return ResultTable.median(ratios);
        }

        private boolean sameWork(Row other) {
            return label.equals(other.label) && sizes.equals(other.sizes);
        }
    }

    /** Percentage of the machine that others may use before results are doubtful. */
    private static final int BUSY = 6;

    private final List<Row> rows;
    private final List<String> bases;

    ResultTable(List<Row> rows) {
        this.rows = List.copyOf(rows);
        Set<String> peers = new LinkedHashSet<>();
        Set<String> libraries = new LinkedHashSet<>();
        for (Row row : rows) {
            libraries.add(row.library);
            if (row.peer) {
                peers.add(row.library);
            }
        }
        // Without other libraries, backends are compared with the first one named.
        bases = !peers.isEmpty()
                ? List.copyOf(peers)
                : libraries.stream().limit(libraries.size() > 1 ? 1 : 0).toList();
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Prints the table. */
    void print(PrintStream out) {
        List<String[]> lines = new ArrayList<>();
        List<String> heads = new ArrayList<>(List.of("benchmark", "parameters", "library", "median", "mean", "rate"));
        bases.forEach(base -> heads.add("x " + base));
        heads.add("other load");
        lines.add(heads.toArray(String[]::new));
        for (Row row : rows) {
            List<String> cells = new ArrayList<>(List.of(
                    row.label,
                    row.sizes,
                    row.library,
                    time(row.median()),
                    time(row.mean),
                    String.format(Locale.ROOT, "%.4g %s", row.rate.applyAsDouble(row.median()), row.unit)));
            for (String base : bases) {
                cells.add(base(row, base)
                        .map(other -> String.format(Locale.ROOT, "%.2f", row.speedOver(other)))
                        .orElse(""));
            }
            cells.add(Double.isNaN(row.others) ? "unknown" : Math.round(row.others) + " %");
            lines.add(cells.toArray(String[]::new));
        }
        int[] widths = new int[heads.size()];
        lines.forEach(line -> Arrays.setAll(widths, i -> Math.max(widths[i], line[i].length())));
        for (String[] line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < line.length; i++) {
                // Words to the left, numbers to the right.
                String format = i < 3 ? "%-" + widths[i] + "s  " : "%" + widths[i] + "s  ";
                text.append(String.format(Locale.ROOT, format, line[i]));
            }
            out.println(text.toString().stripTrailing());
        }
        if (!bases.isEmpty()) {
            out.println("x NAME: speed as a multiple of NAME's, above 1 is faster");
        }
        if (rows.stream().anyMatch(row -> row.others > BUSY)) {
            out.println("Other processes used the machine meanwhile: repeat the rows with more than " + BUSY
                    + " % other load before drawing conclusions.");
        }
    }

    private Optional<Row> base(Row row, String library) {
        return rows.stream()
                .filter(other -> other.library.equals(library) && other.sameWork(row))
                .findFirst();
    }

    /** {@return seconds with four digits in a fitting unit} */
    static String time(double seconds) {
        if (seconds >= 1) {
            return String.format(Locale.ROOT, "%.4g s", seconds);
        }
        if (seconds >= 1e-3) {
            return String.format(Locale.ROOT, "%.4g ms", seconds * 1e3);
        }
        return seconds >= 1e-6
                ? String.format(Locale.ROOT, "%.4g us", seconds * 1e6)
                : String.format(Locale.ROOT, "%.4g ns", seconds * 1e9);
    }
}
