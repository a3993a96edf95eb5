package dev.tenrec.diagnostics;

import dev.tenrec.tensor.ComputationGraph;
import dev.tenrec.tensor.ComputationGraph.Edge;
import dev.tenrec.tensor.ComputationGraph.Kind;
import dev.tenrec.tensor.ComputationGraph.Value;
import dev.tenrec.tensor.ComputationGraph.Vertex;
import dev.tenrec.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Draws computations: operations from left to right, on each edge the value that flows forward (above, green) and the
 * gradient that flows back (below, red).
 */
public final class Graph {
    private static final double CHARACTER = 7.4;
    private static final double LINE = 16;
    private static final double MARGIN = 24;
    private static final double TAIL = 90;
    private static final int SHOWN = 4;

    private static final String STYLE = """
        text{font:13px sans-serif;fill:#222;text-anchor:middle}
        .v{fill:#04603f}.g{fill:#b91c1c}
        .e text{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
        path{fill:none;stroke:#6b7280;stroke-width:1.4}
        .op{fill:#eff6ff;stroke:#1d4ed8}.variable{fill:#fffbeb;stroke:#b45309}.constant{fill:#f3f4f6;stroke:#6b7280}
        """;

    private Graph() {}

    /**
     * Draws how a tensor was computed from variables and constants. The record is kept: {@link Tensor#backward} may
     * follow. Small values are written out, of larger ones shape and norm. Intermediate values are known while their
     * tensors are, so draw in the scope that computed them; a value that was let go of shows as its shape. Gradients are
     * those of the tensor if it is one number, and left out otherwise, or if {@code backward} has released the record.
     *
     * @param tensor the result of the computation
     * @return a picture in SVG, which needs nothing outside of it
     * @throws dev.tenrec.error.NotDifferentiable if the tensor depends on no trainable variable
     * @throws dev.tenrec.error.InvalidArgument if there are more than {@link ComputationGraph#MAX_VERTICES} operations
     */
    public static String draw(Tensor tensor) {
        ComputationGraph graph = ComputationGraph.of(tensor);
        List<Box> boxes = new ArrayList<>();
        for (int i = 0; i < graph.vertices().size(); i++) {
            boxes.add(box(graph.vertices().get(i)));
        }
        GraphLayout layout = new GraphLayout(
                boxes.stream().mapToDouble(Box::width).toArray(),
                boxes.stream().mapToDouble(Box::height).toArray(),
                graph.edges().stream()
                        .map(edge -> new int[] {edge.from(), edge.to()})
                        .toList(),
                graph.edges().stream()
                        .mapToDouble(edge -> labelWidth(graph.vertices().get(edge.from()), edge.gradient()))
                        .toArray());
        return svg(graph, boxes, layout);
    }

    /** Lines of text in a frame, each with its class. */
    private record Box(String style, List<String[]> lines, double width, double height) {}

    private static Box box(Vertex vertex) {
        List<String[]> lines = new ArrayList<>();
        boolean operation = vertex.kind() == Kind.OPERATION;
        lines.add(new String[] {operation ? symbol(vertex.name()) : vertex.name(), "n"});
        if (!operation) {
            lines.add(new String[] {text(vertex), "v"});
            vertex.gradient().ifPresent(gradient -> lines.add(new String[] {text(gradient), "g"}));
        }
        int longest = lines.stream().mapToInt(line -> line[0].length()).max().orElseThrow();
        return new Box(
                operation ? "op" : vertex.kind().name().toLowerCase(Locale.ROOT),
                lines,
                Math.max(38, longest * CHARACTER + 18),
                lines.size() * LINE + 16);
    }

    private static double labelWidth(Vertex from, Optional<Value> gradient) {
        int above = text(from).length();
        return Math.max(above, gradient.map(Graph::text).orElse("").length()) * CHARACTER;
    }

    private static String symbol(String operation) {
        String scalar = "Scalar";
        if (operation.endsWith(scalar)) {
            // The number is no part of the record.
            return symbol(operation.substring(0, operation.length() - scalar.length())) + " c";
        }
        return switch (operation) {
            case "add" -> "+";
            case "sub" -> "\u2212";
            case "mul" -> "\u00d7";
            case "div" -> "\u00f7";
            case "maximum" -> "max";
            case "minimum" -> "min";
            default -> operation;
        };
    }

    private static String text(Vertex vertex) {
        return vertex.value().map(Graph::text).orElseGet(() -> vertex.shape().toString());
    }

    private static String text(Value value) {
        if (value.shape().rank() == 0 && value.elements().size() == 1) {
            return number(value.elements().getFirst());
        }
        if (value.elements().size() <= SHOWN && !value.elements().isEmpty()) {
            return value.elements().stream().map(Graph::number).collect(Collectors.joining(", ", "[", "]"));
        }
        return value.shape() + " \u2016" + number(value.norm()) + "\u2016";
    }

    /** Four significant digits, without zeros at the end. */
    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e6) {
            return String.valueOf((long) value);
        }
        String text = String.format(Locale.ROOT, "%.4g", value);
        return text.indexOf('e') >= 0 || text.indexOf('.') < 0 ? text : text.replaceAll("\\.?0+$", "");
    }

    private static String svg(ComputationGraph graph, List<Box> boxes, GraphLayout layout) {
        double width = layout.width() + 2 * MARGIN + TAIL;
        double height = layout.height() + 2 * MARGIN;
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"%.0f %.0f %.0f"
                        + " %.0f\">%n<style>%n%s</style>%n<rect x=\"%3$.0f\" y=\"%4$.0f\" width=\"100%%\""
                        + " height=\"100%%\" fill=\"#fff\"/>%n",
                width,
                height,
                -MARGIN,
                -MARGIN,
                width,
                height,
                STYLE));
        svg.append("<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\""
                + " markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" style=\"fill:#6b7280;stroke:none\"/>"
                + "</marker></defs>\n");
        for (int i = 0; i < graph.edges().size(); i++) {
            path(svg, layout.route(i));
        }
        int last = boxes.size() - 1;
        double end = layout.x(last) + boxes.get(last).width / 2;
        path(svg, new double[][] {{end, layout.y(last)}, {end + TAIL, layout.y(last)}});
        for (int i = 0; i < boxes.size(); i++) {
            vertex(svg, boxes.get(i), layout.x(i), layout.y(i));
        }
        svg.append("<g class=\"e\">\n");
        for (int i = 0; i < graph.edges().size(); i++) {
            Edge edge = graph.edges().get(i);
            Vertex from = graph.vertices().get(edge.from());
            double[] at = layout.label(i);
            label(svg, at[0], at[1], text(from), edge.gradient());
        }
        Vertex output = graph.vertices().getLast();
        label(svg, end + TAIL / 2, layout.y(last), text(output), output.gradient());
        return svg.append("</g>\n</svg>\n").toString();
    }

    private static void path(StringBuilder svg, double[][] points) {
        StringBuilder path = new StringBuilder();
        path.append(String.format(Locale.ROOT, "M%.1f %.1f", points[0][0], points[0][1]));
        for (int i = 1; i < points.length; i++) {
            double bend = (points[i][0] - points[i - 1][0]) / 2;
            path.append(String.format(
                    Locale.ROOT,
                    "C%.1f %.1f %.1f %.1f %.1f %.1f",
                    points[i - 1][0] + bend,
                    points[i - 1][1],
                    points[i][0] - bend,
                    points[i][1],
                    points[i][0],
                    points[i][1]));
        }
        svg.append("<path d=\"").append(path).append("\" marker-end=\"url(#a)\"/>\n");
    }

    private static void vertex(StringBuilder svg, Box box, double x, double y) {
        svg.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"8\"/>%n",
                box.style,
                x - box.width / 2,
                y - box.height / 2,
                box.width,
                box.height));
        double top = y - (box.lines.size() - 1) * LINE / 2 + 4.5;
        for (int i = 0; i < box.lines.size(); i++) {
            String[] line = box.lines.get(i);
            text(svg, line[1], x, top + i * LINE, line[0]);
        }
    }

    private static void label(StringBuilder svg, double x, double y, String value, Optional<Value> gradient) {
        text(svg, "v", x, y - 5, value);
        gradient.ifPresent(given -> text(svg, "g", x, y + 15, text(given)));
    }

    private static void text(StringBuilder svg, String style, double x, double y, String text) {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        svg.append(String.format(
                Locale.ROOT, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>%n", style, x, y, escaped));
    }
}
