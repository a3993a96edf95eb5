package dev.tenrec.diagnostics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Places the vertices of a directed graph in columns (Sugiyama, Tagawa and Toda, "Methods for visual understanding of
 * hierarchical system structures", 1981): columns by longest paths, a bend of long edges in every column they pass, rows
 * by the mean of the neighbours' rows.
 */
final class GraphLayout {
    private static final double COLUMN_GAP = 48;
    private static final double ROW_GAP = 46;
    private static final double BEND = 26;
    private static final int SWEEPS = 12;

    private final int count;
    private final List<Double> widths = new ArrayList<>();
    private final List<Double> heights = new ArrayList<>();
    private final List<int[]> segments = new ArrayList<>();
    private final List<List<Integer>> chains = new ArrayList<>();
    private final List<Integer> columns = new ArrayList<>();
    private final double[] x;
    private final double[] y;

    /**
     * Places vertices.
     *
     * @param widths of the vertices, each of which comes after those with edges to it
     * @param heights of the vertices
     * @param edges from and to
     * @param labels widths of the texts on the edges
     */
    GraphLayout(double[] widths, double[] heights, List<int[]> edges, double[] labels) {
        count = widths.length;
        Arrays.stream(widths).forEach(this.widths::add);
        Arrays.stream(heights).forEach(this.heights::add);
        column(edges);
        for (int[] edge : edges) {
            chain(edge);
        }
        x = new double[columns.size()];
        y = new double[columns.size()];
        placeColumns(edges, labels);
        placeRows();
    }

    private void column(List<int[]> edges) {
        int[] column = new int[count];
        boolean[] source = new boolean[count];
        Arrays.fill(source, true);
        List<int[]> inOrder =
                edges.stream().sorted(Comparator.comparingInt(edge -> edge[1])).toList();
        for (int[] edge : inOrder) {
            column[edge[1]] = Math.max(column[edge[1]], column[edge[0]] + 1);
            source[edge[1]] = false;
        }
        // What nothing is computed from stands right before its first use.
        for (int i = 0; i < count; i++) {
            int vertex = i;
            if (source[i]) {
                column[i] = edges.stream()
                        .filter(edge -> edge[0] == vertex)
                        .mapToInt(edge -> column[edge[1]] - 1)
                        .min()
                        .orElse(0);
            }
            columns.add(column[i]);
        }
    }

    /** Adds a bend in every column between the ends of an edge. */
    private void chain(int[] edge) {
        List<Integer> chain = new ArrayList<>(List.of(edge[0]));
        for (int column = columns.get(edge[0]) + 1; column < columns.get(edge[1]); column++) {
            columns.add(column);
            widths.add(0.0);
            heights.add(BEND);
            chain.add(columns.size() - 1);
        }
        chain.add(edge[1]);
        for (int i = 1; i < chain.size(); i++) {
            segments.add(new int[] {chain.get(i - 1), chain.get(i)});
        }
        chains.add(chain);
    }

    private void placeColumns(List<int[]> edges, double[] labels) {
        int last = columns.stream().mapToInt(i -> i).max().orElse(0);
        double left = 0;
        for (int column = 0; column <= last; column++) {
            double wide = 0;
            for (int i = 0; i < x.length; i++) {
                wide = columns.get(i) == column ? Math.max(wide, widths.get(i)) : wide;
            }
            for (int i = 0; i < x.length; i++) {
                x[i] = columns.get(i) == column ? left + wide / 2 : x[i];
            }
            // Texts stand behind the column that their edge leaves.
            double text = 0;
            for (int i = 0; i < labels.length; i++) {
                text = columns.get(edges.get(i)[0]) == column ? Math.max(text, labels[i]) : text;
            }
            left += wide + text + COLUMN_GAP;
        }
    }

    private void placeRows() {
        int last = columns.stream().mapToInt(i -> i).max().orElse(0);
        List<List<Integer>> layers = new ArrayList<>();
        for (int column = 0; column <= last; column++) {
            layers.add(new ArrayList<>());
        }
        for (int i = 0; i < y.length; i++) {
            layers.get(columns.get(i)).add(i);
        }
        layers.forEach(layer -> spread(layer, false));
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            boolean forward = sweep % 2 == 0;
            // The last sweeps keep the order and only straighten lines.
            boolean reorder = sweep < SWEEPS - 4;
            for (int step = 0; step <= last; step++) {
                List<Integer> layer = layers.get(forward ? step : last - step);
                for (int vertex : layer) {
                    y[vertex] = neighbours(vertex, forward, sweep >= SWEEPS - 2);
                }
                spread(layer, reorder);
            }
        }
        double top = Double.POSITIVE_INFINITY;
        for (int i = 0; i < y.length; i++) {
            top = Math.min(top, y[i] - heights.get(i) / 2);
        }
        for (int i = 0; i < y.length; i++) {
            y[i] -= top;
        }
    }

    private double neighbours(int vertex, boolean before, boolean both) {
        double sum = 0;
        int found = 0;
        for (int[] segment : segments) {
            if (segment[1] == vertex && (before || both)) {
                sum += y[segment[0]];
                found++;
            }
            if (segment[0] == vertex && (!before || both)) {
                sum += y[segment[1]];
                found++;
            }
        }
        return found == 0 ? y[vertex] : sum / found;
    }

    /** Moves the vertices of a column apart, around where they want to be. */
    private void spread(List<Integer> layer, boolean reorder) {
        if (reorder) {
            layer.sort(Comparator.comparingDouble(vertex -> y[vertex]));
        }
        double[] wanted = layer.stream().mapToDouble(vertex -> y[vertex]).toArray();
        double shift = 0;
        for (int i = 1; i < layer.size(); i++) {
            int vertex = layer.get(i);
            int above = layer.get(i - 1);
            double least = y[above] + (heights.get(above) + heights.get(vertex)) / 2 + ROW_GAP;
            y[vertex] = Math.max(y[vertex], least);
        }
        for (int i = 0; i < layer.size(); i++) {
            shift += (y[layer.get(i)] - wanted[i]) / layer.size();
        }
        for (int vertex : layer) {
            y[vertex] -= shift;
        }
    }

    double x(int vertex) {
        return x[vertex];
    }

    double y(int vertex) {
        return y[vertex];
    }

    double width() {
        double right = 0;
        for (int i = 0; i < x.length; i++) {
            right = Math.max(right, x[i] + widths.get(i) / 2);
        }
        return right;
    }

    double height() {
        double bottom = 0;
        for (int i = 0; i < y.length; i++) {
            bottom = Math.max(bottom, y[i] + heights.get(i) / 2);
        }
        return bottom;
    }

    /** The points of an edge, from frame to frame. */
    double[][] route(int edge) {
        List<Integer> chain = chains.get(edge);
        double[][] points = new double[chain.size()][];
        int last = chain.size() - 1;
        for (int i = 0; i <= last; i++) {
            int vertex = chain.get(i);
            double side = i == 0 ? widths.get(vertex) / 2 : i == last ? -widths.get(vertex) / 2 : 0;
            points[i] = new double[] {x[vertex] + side, y[vertex]};
        }
        return points;
    }

    /** Where the text of an edge stands: the midst of its first part. */
    double[] label(int edge) {
        double[][] route = route(edge);
        return new double[] {(route[0][0] + route[1][0]) / 2, (route[0][1] + route[1][1]) / 2};
    }
}
