package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.BadInput;
import dev.tenrec.benchmarks.work.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A comparison of Tenrec's backends with each other or, in a build with them, with other libraries: what is run and for
 * how long.
 *
 * @param full every size and operation in three JVMs each, instead of some in one
 * @param backends backends and other libraries; empty for all
 * @param file where results go as JSON
 * @param topics what is compared
 */
record Comparison(boolean full, List<String> backends, String file, Set<Topic> topics) {

    static final String USAGE = "compare [--full] [--backend NAME,...] [--out FILE] [matmul] [map] [reduce] [softmax]"
            + " [train] [cnn] [lstm] [gru] [predict]";

    private static final String OPENCL = "opencl";
    private static final String REFERENCE = "reference";

    /** The reference backend does some ten million operations a second: larger work would take hours. */
    private static final double REFERENCE_AMOUNT = 0.1;

    /** Class and method of a topic's benchmark. */
    private static final String PATTERN = "(?i)\\.%sBenchmark\\.";

    /**
     * Reads arguments.
     *
     * @throws BadInput if one is unknown
     */
    static Comparison parse(String... args) {
        boolean full = false;
        List<String> backends = List.of();
        String file = "benchmark-results.json";
        Set<Topic> topics = EnumSet.noneOf(Topic.class);
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--full" -> full = true;
                case "--backend" -> backends = List.of(value(args, ++i).split(","));
                case "--out" -> file = value(args, ++i);
                default -> topics.add(topic(args[i]));
            }
        }
        return new Comparison(full, backends, file, topics.isEmpty() ? EnumSet.allOf(Topic.class) : topics);
    }

    private static String value(String[] args, int index) {
        if (index == args.length) {
            throw new BadInput(args[index - 1] + " lacks a value; expected " + USAGE);
        }
        return args[index];
    }

    private static Topic topic(String text) {
        return Arrays.stream(Topic.values())
                .filter(topic -> topic.label().equals(text))
                .findFirst()
                .orElseThrow(() -> new BadInput("unknown argument " + text + "; expected " + USAGE));
    }

    /** {@return the options for JMH} */
    String[] jmhOptions() {
        List<String> options = new ArrayList<>(List.of("-rf", "json", "-rff", file));
        options.addAll(List.of("-p", "backend=" + String.join(",", backends.isEmpty() ? defaults() : backends)));
        options.addAll(
                full
                        ? List.of("-f", "3", "-wi", "12", "-w", "500ms", "-i", "8", "-r", "300ms")
                        : List.of("-f", "1", "-wi", "12", "-w", "500ms", "-i", "5", "-r", "200ms"));
        topics.forEach(topic -> options.add(String.format(PATTERN, topic.label())));
        return options.toArray(String[]::new);
    }

    private List<String> defaults() {
        List<String> names = new ArrayList<>(List.of("cpu"));
        if (!PeerLaunch.available()) {
            if (BackendNames.hasDevice(OPENCL)) {
                names.add(OPENCL);
            }
            names.add(REFERENCE);
            return names;
        }
        for (Peer peer : Peer.values()) {
            if (peer == Peer.CLBLAST) {
                // It is compared with the OpenCL backend, by name.
                continue;
            }
            PeerLaunch tuned = new PeerLaunch(peer, true);
            PeerLaunch published = new PeerLaunch(peer, false);
            names.add(tuned.label());
            if (full && !tuned.tuning().sameAs(published.tuning())) {
                names.add(published.label());
            }
        }
        return names;
    }

    /** {@return whether a trial is part of this comparison} */
    boolean wants(Trial trial) {
        Problem problem = trial.problem();
        boolean hopeless = trial.library().equals(REFERENCE)
                && problem.bound() == Problem.Bound.ARITHMETIC
                && problem.boundAmount() > REFERENCE_AMOUNT;
        return !hopeless && (full || trial.topic().inShortComparison(trial.params()));
    }

    /** {@return topics and backends in words} */
    @Override
    public String toString() {
        return topics.stream().map(Topic::label).collect(Collectors.joining(", ")) + " on "
                + (backends.isEmpty() ? "all" : String.join(", ", backends));
    }
}
