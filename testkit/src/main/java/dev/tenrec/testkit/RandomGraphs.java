package dev.tenrec.testkit;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.kernel.Graph;
import dev.tenrec.testkit.kernel.GraphShrinker;
import java.util.Optional;

/**
 * Runs random expression graphs (types, shapes, broadcast and strided operands, parameters, several outputs) on a
 * backend and compares every element. A graph that fails is shrunk until nothing can be left out, and reported with its
 * seed.
 *
 * <p>System properties: {@value #SEED_PROPERTY} runs again from that seed on, {@value #COUNT_PROPERTY} says how many
 * graphs ({@value #DEFAULT_COUNT} unless set).
 */
public final class RandomGraphs {

    /** Property that holds the seed of the first graph. */
    public static final String SEED_PROPERTY = "tenrec.testkit.seed";

    /** Property that holds the number of graphs. */
    public static final String COUNT_PROPERTY = "tenrec.testkit.graphs";

    /** Number of graphs where the property is not set. */
    public static final int DEFAULT_COUNT = 300;

    private static final long DEFAULT_SEED = 1;

    private RandomGraphs() {}

    /**
     * A graph on which a backend is wrong, after shrinking.
     *
     * @param seed makes the graph before shrinking
     * @param nodes number of expression nodes left, operands and constants included
     * @param kernel the outputs left
     * @param problem what is wrong
     */
    public record Failure(long seed, int nodes, String kernel, String problem) {
        /** Returns the report: the graph left, what is wrong with it and how to run it again. */
        @Override
        public String toString() {
            return "random graph: the backend differs\n  kernel   " + kernel + "\n" + problem.indent(2)
                    + "  hint: run it again with -D" + SEED_PROPERTY + "=" + seed + " -D" + COUNT_PROPERTY + "=1";
        }
    }

    /**
     * Runs as many graphs as the properties say.
     *
     * @param backend what is tested
     * @param tolerance how far it may be off
     * @throws AssertionError with the shrunk graph and its seed
     */
    public static void check(Backend backend, Tolerance tolerance) {
        long seed = Long.getLong(SEED_PROPERTY, DEFAULT_SEED);
        int count = Integer.getInteger(COUNT_PROPERTY, DEFAULT_COUNT);
        find(backend, tolerance, seed, count).ifPresent(failure -> {
            throw new AssertionError(failure.toString());
        });
    }

    /**
     * Looks for a graph on which the backend is wrong.
     *
     * @param backend what is tested
     * @param tolerance how far it may be off
     * @param seed of the first graph; the next have the following numbers
     * @param count how many
     * @return the first failure, shrunk
     */
    public static Optional<Failure> find(Backend backend, Tolerance tolerance, long seed, int count) {
        for (long s = seed; s < seed + count; s++) {
            Graph graph = Graph.random(s, backend.capabilities().arithmetic());
            if (graph.problem(backend, tolerance).isPresent()) {
                Graph small = GraphShrinker.shrink(
                        graph, g -> g.problem(backend, tolerance).isPresent());
                String problem = small.problem(backend, tolerance).orElse("it does not fail every time");
                return Optional.of(new Failure(s, small.size(), small.toString(), problem));
            }
        }
        return Optional.empty();
    }
}
