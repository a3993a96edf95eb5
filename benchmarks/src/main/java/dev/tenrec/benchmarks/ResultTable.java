package dev.tenrec.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Results with rates, and the speed of each backend as a multiple of others that did the same work. */
final class ResultTable {

    /**
     * A result.
     *
     * @param label the topic
     * @param sizes with which parameters
     * @param library who did it
     * @param peer whether that is another library
     * @param medians median seconds of a call in each JVM; the same place of rows to compare ran one after the other
     * @param p99 seconds that 99 % of calls stay below; NaN if calls were not timed one by one
     * @param amount what a call does, in the unit times seconds
     * @param unit unit of the rate
     * @param pace what the machine was measured by, empty for nothing
     * @param share which part of that was reached; NaN if unknown
     * @param memory most MiB that a JVM had resident, NaN if unknown
     * @param others percentage of the machine that other processes used, NaN if unknown
     */
    record Row(
            String label,
            String sizes,
            String library,
            boolean peer,
            double[] medians,
            double p99,
            double amount,
            String unit,
            String pace,
            double share,
            double memory,
            double others) {

        /** {@return median seconds of a call} */
        double median() {
            return ResultTable.median(medians);
        }

        /** {@return median seconds of a call in the last JVM} */
        double last() {
            return medians[medians.length - 1];
        }

        /** {@return the rate of the median call} */
        double rate() {
            return amount / median();
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

        /** {@return whether another row is of the same work} */
        boolean sameWork(Row other) {
            return label.equals(other.label) && sizes.equals(other.sizes);
        }
    }

    /** Percentage of the machine that others may use before results are doubtful. */
    static final int BUSY = 6;

    private final List<Row> rows;
    private final List<String> bases;
    private final boolean peers;

    ResultTable(List<Row> rows) {
        this.rows = List.copyOf(rows);
        Set<String> others = new LinkedHashSet<>();
        Set<String> libraries = new LinkedHashSet<>();
        for (Row row : rows) {
            libraries.add(row.library);
            if (row.peer) {
                others.add(row.library);
            }
        }
        peers = !others.isEmpty();
        // Without other libraries, backends are compared with the first one named.
        bases = peers
                ? List.copyOf(others)
                : libraries.stream().limit(libraries.size() > 1 ? 1 : 0).toList();
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** {@return the heads of the columns, then the cells of each row} */
    List<List<String>> cells() {
        boolean slowest = rows.stream().anyMatch(row -> !Double.isNaN(row.p99));
        boolean shares = rows.stream().anyMatch(row -> !Double.isNaN(row.share));
        List<String> heads = new ArrayList<>(List.of("benchmark", "parameters", "library", "median"));
        if (slowest) {
            heads.add("p99");
        }
        heads.add("rate");
        if (shares) {
            heads.add("of machine");
        }
        bases.forEach(base -> heads.add("x " + base));
        if (bases.size() > 1) {
            heads.add("x best");
        }
        heads.add("memory");
        heads.add("other load");
        List<List<String>> lines = new ArrayList<>(List.of(heads));
        for (Row row : rows) {
            List<String> cells = new ArrayList<>(List.of(row.label, row.sizes, row.library, time(row.median())));
            if (slowest) {
                cells.add(Double.isNaN(row.p99) ? "" : time(row.p99));
            }
            cells.add(String.format(Locale.ROOT, "%.4g %s", row.rate(), row.unit));
            if (shares) {
                cells.add(Double.isNaN(row.share) ? "" : String.format(Locale.ROOT, "%.2f", row.share));
            }
            bases.forEach(base -> cells.add(speed(row, base(row, base))));
            if (bases.size() > 1) {
                cells.add(speed(row, best(row)));
            }
            cells.add(Double.isNaN(row.memory) ? "" : Math.round(row.memory) + " MiB");
            cells.add(Double.isNaN(row.others) ? "unknown" : Math.round(row.others) + " %");
            lines.add(cells);
        }
        return lines;
    }

    /** {@return what the columns of {@link #cells} mean} */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        if (!bases.isEmpty()) {
            notes.add("x NAME: speed as a multiple of NAME's, above 1 is faster"
                    + (bases.size() > 1 ? "; x best: of the fastest other library's" : ""));
        }
        rows.stream()
                .filter(row -> !Double.isNaN(row.share))
                .map(row -> row.pace)
                .distinct()
                .forEach(pace -> notes.add("of machine: share of " + pace + " in the same JVM, just before and after ("
                        + String.join(
                                ", ",
                                rows.stream()
                                        .filter(row -> row.pace.equals(pace))
                                        .map(row -> row.label)
                                        .distinct()
                                        .toList())
                        + ")"));
        if (rows.stream().anyMatch(row -> row.others > BUSY)) {
            notes.add("Other processes used the machine meanwhile: repeat the rows with more than " + BUSY
                    + " % other load before drawing conclusions.");
        }
        return notes;
    }

    /** Prints the table. */
    void print(PrintStream out) {
        List<List<String>> lines = cells();
        int[] widths = new int[lines.getFirst().size()];
        lines.forEach(line ->
                Arrays.setAll(widths, i -> Math.max(widths[i], line.get(i).length())));
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                // Words to the left, numbers to the right.
                String format = i < 3 ? "%-" + widths[i] + "s  " : "%" + widths[i] + "s  ";
                text.append(String.format(Locale.ROOT, format, line.get(i)));
            }
            out.println(text.toString().stripTrailing());
        }
        notes().forEach(out::println);
    }

    private String speed(Row row, Optional<Row> base) {
        // How other libraries compare with each other is not the question.
        return base.filter(_ -> !peers || !row.peer)
                .map(other -> String.format(Locale.ROOT, "%.2f", row.speedOver(other)))
                .orElse("");
    }

    private Optional<Row> base(Row row, String library) {
        return rows.stream()
                .filter(other -> other.library.equals(library) && other.sameWork(row))
                .findFirst();
    }

    private Optional<Row> best(Row row) {
        return rows.stream()
                .filter(other -> other.peer && other.sameWork(row))
                .min(Comparator.comparingDouble(Row::median));
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
