package dev.tenrec.benchmarks;

import java.util.List;
import java.util.regex.Pattern;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.util.Optional;

/** The user's options, narrowed to one trial in one JVM. The parent's patterns would otherwise be added to ours. */
final class TrialOptions extends OptionsBuilder {
    private static final long serialVersionUID = 1L;

    private final String pattern;

    /** Options of a trial; {@code forks} is 1, or 0 to run in this JVM. */
    TrialOptions(Options user, Trial trial, int forks) {
        pattern = "^" + Pattern.quote(trial.benchmark()) + "$";
        parent(user).forks(forks).shouldFailOnError(true).addProfiler(MachineProfiler.class);
        trial.params().forEach(this::param);
    }

    /** Starts the JVM as another library wants it. */
    TrialOptions with(Peer.Tuning tuning) {
        jvm(PeerLaunch.java(tuning).toString());
        jvmArgsPrepend(tuning.flags().toArray(String[]::new));
        return this;
    }

    @Override
    public List<String> getIncludes() {
        return List.of(pattern);
    }

    @Override
    public List<String> getExcludes() {
        return List.of();
    }

    @Override
    public Optional<String> getResult() {
        // Written once, after all trials.
        return Optional.none();
    }

    @Override
    public Optional<ResultFormatType> getResultFormat() {
        return Optional.none();
    }
}
