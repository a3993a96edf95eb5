package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.BadInput;
import dev.tenrec.benchmarks.work.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.options.Options;

/**
 * One benchmark with one choice of parameters.
 *
 * @param benchmark class and method
 * @param topic what the class computes
 * @param params the parameters by name
 * @param forks how many JVMs it runs in when the user does not say
 */
record Trial(String benchmark, Topic topic, Map<String, String> params, int forks) {

    private static final String BACKEND = "backend";
    private static final int DEFAULT_FORKS = 5;

    /** Share of the machine's memory that operands may take: the rest is for results, Java and the system. */
    private static final double USABLE = 0.8;

    /**
     * Finds what the options ask for, in the order of topics and parameters.
     *
     * @throws BadInput if nothing matches
     */
    static List<Trial> find(Options options, OutputFormat format) {
        List<Trial> trials = new ArrayList<>();
        for (BenchmarkListEntry entry :
                BenchmarkList.defaultList().find(format, options.getIncludes(), options.getExcludes())) {
            Map<String, List<String>> choices = new TreeMap<>();
            entry.getParams()
                    .orElse(Map.of())
                    .forEach((name, values) -> choices.put(name, values(options, name, values)));
            for (Map<String, String> params : combinations(choices)) {
                Trial trial = new Trial(
                        entry.getUsername(),
                        topic(entry.getUserClassQName()),
                        params,
                        entry.getForks().orElse(DEFAULT_FORKS));
                if (!trials.contains(trial)) {
                    // Listed once for each mode.
                    trials.add(trial);
                }
            }
        }
        if (trials.isEmpty()) {
            throw new BadInput("no benchmark matches " + String.join(" ", options.getIncludes()) + "; -l lists them");
        }
        trials.sort(java.util.Comparator.comparing(Trial::topic));
        return trials;
    }

    private static List<String> values(Options options, String name, String[] declared) {
        Collection<String> given = options.getParameter(name).orElse(List.of());
        return given.isEmpty() ? List.of(declared) : List.copyOf(given);
    }

    private static List<Map<String, String>> combinations(Map<String, List<String>> choices) {
        List<Map<String, String>> all = List.of(Map.of());
        for (Map.Entry<String, List<String>> choice : choices.entrySet()) {
            List<Map<String, String>> longer = new ArrayList<>();
            for (Map<String, String> params : all) {
                for (String value : choice.getValue()) {
                    Map<String, String> more = new TreeMap<>(params);
                    more.put(choice.getKey(), value);
                    longer.add(more);
                }
            }
            all = longer;
        }
        return all;
    }

    /** {@return the topic of a benchmark's class} */
    static Topic topic(String className) {
        try {
            Class<?> type = Class.forName(className, false, Trial.class.getClassLoader());
            Workload workload = type.getAnnotation(Workload.class);
            if (workload == null) {
                throw new IllegalStateException(className + " lacks @" + Workload.class.getSimpleName());
            }
            return workload.value();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("the list of benchmarks is not of this build: " + className, e);
        }
    }

    /** Groups trials that do the same work, in the order of first mention. */
    static Collection<List<Trial>> groups(List<Trial> trials) {
        return trials.stream()
                .collect(Collectors.groupingBy(
                        trial -> trial.label() + trial.sizes(), LinkedHashMap::new, Collectors.toList()))
                .values();
    }

    /**
     * Checks the parameters.
     *
     * @param memoryBytes of the machine
     * @param heapBytes that Java may use of it
     * @throws BadInput if a backend cannot be used, or a size cannot be read or does not fit into memory
     */
    void check(long memoryBytes, long heapBytes) {
        peer().ifPresentOrElse(PeerLaunch::classPath, () -> checkBackend(library()));
        long needed;
        try {
            needed = problem().memoryBytes();
        } catch (ArithmeticException _) {
            needed = Long.MAX_VALUE;
        }
        if (needed > USABLE * memoryBytes) {
            throw new BadInput(label() + " " + sizes() + " needs " + mebibytes(needed) + ", this machine has "
                    + mebibytes(memoryBytes) + ": choose smaller sizes with -p");
        }
        // One half in Java arrays, the other in the library's memory.
        if (needed / 2 > USABLE * heapBytes) {
            throw new BadInput(label() + " " + sizes() + " needs " + mebibytes(needed / 2)
                    + " of Java heap, this JVM has " + mebibytes(heapBytes)
                    + ": choose smaller sizes with -p, or more with -Djvm.flags=-Xmx...");
        }
    }

    private static void checkBackend(String name) {
        try {
            BackendNames.device(name);
        } catch (BadInput e) {
            throw e.getMessage().contains("does not exist")
                    ? new BadInput(e.getMessage() + "; with -Ppeers " + peerNames())
                    : e;
        }
    }

    private static String peerNames() {
        return Arrays.stream(Peer.values()).map(Peer::label).collect(Collectors.joining(", "));
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    /** {@return what is computed} */
    Problem problem() {
        return topic.problem(params);
    }

    /** {@return the topic's name} */
    String label() {
        return topic.label();
    }

    /** {@return the parameters other than the backend, such as {@code shape=256}} */
    String sizes() {
        return params.entrySet().stream()
                .filter(param -> !param.getKey().equals(BACKEND))
                .map(param -> param.getKey() + "=" + param.getValue())
                .collect(Collectors.joining(" "));
    }

    /** {@return who does the work: a backend or another library} */
    String library() {
        return params.get(BACKEND);
    }

    /** {@return how another library is started, if one does the work} */
    Optional<PeerLaunch> peer() {
        return PeerLaunch.find(library());
    }

    /** {@return whether the library has something for the work} */
    boolean supported() {
        return peer().map(launch -> launch.peer().supports(topic, problem())).orElse(true);
    }
}
