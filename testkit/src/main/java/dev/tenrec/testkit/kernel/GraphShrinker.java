package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes a failing graph smaller while it keeps failing: fewer outputs, an inner expression instead of the whole, an
 * operand instead of what is computed of it, a constant instead of an operand, contiguous views, smaller sizes.
 */
public final class GraphShrinker {

    private GraphShrinker() {}

    /**
     * Shrinks a graph.
     *
     * @param graph fails
     * @param fails says whether a graph fails
     * @return a graph that fails and of which no single step makes a smaller one that does
     */
    public static Graph shrink(Graph graph, Predicate<Graph> fails) {
        Graph best = graph;
        boolean smaller = true;
        while (smaller) {
            smaller = false;
            for (Graph candidate : candidates(best)) {
                if (fails.test(candidate)) {
                    best = candidate;
                    smaller = true;
                    break;
                }
            }
        }
        return best;
    }

    private static List<Graph> candidates(Graph graph) {
        List<Graph> list = new ArrayList<>();
        if (graph.outputs().size() > 1) {
            for (Expr output : graph.outputs()) {
                list.add(with(graph, List.of(output)));
            }
        }
        // The smallest inner expressions first: the first that fails is the fault itself.
        List<Expr> order = Exprs.topological(graph.outputs());
        for (Expr expr : order) {
            if (!expr.children().isEmpty()
                    && !(graph.outputs().size() == 1 && graph.outputs().get(0) == expr)) {
                list.add(with(graph, List.of(expr)));
            }
        }
        for (Expr expr : order) {
            for (Expr replacement : replacements(expr)) {
                List<Expr> outputs = Exprs.rewrite(graph.outputs(), other -> other == expr ? replacement : other);
                if (weight(outputs) < weight(graph.outputs())) {
                    list.add(with(graph, outputs));
                }
            }
        }
        for (int i = 0; i < graph.views().size(); i++) {
            if (graph.views().get(i) != View.CONTIGUOUS) {
                List<View> views = new ArrayList<>(graph.views());
                views.set(i, View.CONTIGUOUS);
                list.add(new Graph(graph.seed(), graph.outputs(), graph.space(), graph.types(), views));
            }
        }
        for (Shape space : smaller(graph)) {
            list.add(new Graph(graph.seed(), graph.outputs(), space, graph.types(), graph.views()));
        }
        return list;
    }

    private static Graph with(Graph graph, List<Expr> outputs) {
        return new Graph(graph.seed(), outputs, graph.space(), graph.types(), graph.views());
    }

    private static List<Expr> replacements(Expr expr) {
        List<Expr> list = new ArrayList<>();
        for (Expr child : expr.children()) {
            if (child.dtype() == expr.dtype()) {
                list.add(child);
            }
        }
        boolean leaf = expr instanceof Expr.Const || expr instanceof Expr.Input;
        if (!leaf && expr.dtype().isArithmetic()) {
            list.add(Expr.constant(expr.dtype(), 1));
        }
        return list;
    }

    /** Counts nodes; what is not a constant counts twice, so that constants are simpler than what they replace. */
    private static int weight(List<Expr> outputs) {
        int weight = 0;
        for (Expr expr : Exprs.topological(outputs)) {
            weight += expr instanceof Expr.Const ? 1 : 2;
        }
        return weight;
    }

    private static List<Shape> smaller(Graph graph) {
        List<Shape> list = new ArrayList<>();
        long[] sizes = graph.space().sizes();
        boolean indexed = Exprs.topological(graph.outputs()).stream().anyMatch(Expr.Index.class::isInstance);
        for (int axis = 0; axis < sizes.length; axis++) {
            if (!indexed) {
                list.add(graph.space().without(axis));
            }
            for (long size : new long[] {1, sizes[axis] / 2, sizes[axis] - 1}) {
                if (size > 0 && size < sizes[axis]) {
                    long[] changed = Arrays.copyOf(sizes, sizes.length);
                    changed[axis] = size;
                    list.add(Shape.of(changed));
                }
            }
        }
        return list;
    }
}
