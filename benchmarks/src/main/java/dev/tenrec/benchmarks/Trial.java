package dev.tenrec.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
 * @param workload what the class computes
 * @param params the parameters by name
 * @param forks how many JVMs it runs in when the user does not say
 */
record Trial(String benchmark, Workload workload, Map<String, String> params, int forks) {

    private static final String BACKEND = "backend";
    private static final int DEFAULT_FORKS = 5;

    /**
     * Finds what the options ask for, in the order of names and parameters.
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
                        workload(entry.getUserClassQName()),
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

    private static Workload workload(String className) {
        try {
            Class<?> type = Class.forName(className, false, Trial.class.getClassLoader());
            Workload workload = type.getAnnotation(Workload.class);
            if (workload == null) {
                throw new IllegalStateException(className + " lacks @" + Workload.class.getSimpleName());
            }
            return workload;
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
     * @throws BadInput if a backend cannot be used, or a size cannot be read or does not fit into the memory given
     */
    void check(long memoryBytes) {
        if (params.containsKey(BACKEND)) {
            BackendNames.device(params.get(BACKEND));
        }
        long needed;
        try {
            workload.value().perCall(method(), params);
            needed = workload.value().memoryBytes(params);
        } catch (ArithmeticException _) {
            needed = Long.MAX_VALUE;
        }
        if (needed > memoryBytes) {
            throw new BadInput(label() + " " + sizes() + " needs " + mebibytes(needed) + ", this machine has "
                    + mebibytes(memoryBytes) + ": choose smaller sizes with -p");
        }
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    /** {@return the benchmark's method} */
    String method() {
        return benchmark.substring(benchmark.lastIndexOf('.') + 1);
    }

    /** {@return what is done, such as {@code matmul.multiply}} */
    String label() {
        return workload.value().name().toLowerCase(Locale.ROOT) + "." + method();
    }

    /** {@return the parameters other than the backend, such as {@code shape=256}} */
    String sizes() {
        return params.entrySet().stream()
                .filter(param -> !param.getKey().equals(BACKEND))
                .map(param -> param.getKey() + "=" + param.getValue())
                .collect(Collectors.joining(" "));
    }

    /** {@return whether another library does the work} */
    boolean peer() {
        return !workload.library().isEmpty();
    }

    /** Makes the set-ups of the libraries that some trials run. */
    static List<PeerSetup> setups(List<Trial> trials) {
        return trials.stream()
                .<Class<? extends PeerSetup>>map(trial -> trial.workload.setup())
                .distinct()
                .filter(setup -> setup != PeerSetup.class)
                .map(Trial::make)
                .toList();
    }

    private static PeerSetup make(Class<? extends PeerSetup> setup) {
        try {
            return setup.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(setup.getName() + " cannot be made", e);
        }
    }

    /** {@return who does the work: a backend or another library} */
    String library() {
        return peer() ? workload.library() : params.get(BACKEND);
    }
}
