package dev.tenrec.optim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * Lowers the rate when a measurement has stopped getting better: after more than {@code patience} measurements without
 * a new best one the factor is multiplied by γ, and the next {@code cooldown} measurements are not counted. It is part
 * of a {@link Scheduler}, alone or inside of {@link Schedule#warmUp} and {@link Schedule#sequence}; the scheduler's
 * {@link Scheduler#observe} brings the measurements.
 */
public final class ReduceOnPlateau implements Schedule {

    /** What counts as better. */
    public enum Goal {
        /** Less is better, such as a loss. */
        MINIMUM,
        /** More is better, such as an accuracy. */
        MAXIMUM
    }

    /** How the threshold is meant. */
    public enum Threshold {
        /** Better by that share of the best measurement's size. */
        RELATIVE,
        /** Better by that much. */
        ABSOLUTE
    }

    private final Options options;
    private double factor = 1;
    private double best;
    private long worse;
    private long cooling;

    /**
     * When and how far the rate is lowered.
     *
     * @param goal what counts as better
     * @param gamma γ, at least 0 and below 1
     * @param patience how many measurements in a row may be no better, 0 or more
     * @param threshold by how much a measurement must be better to count, 0 or more
     * @param kind how the threshold is meant
     * @param cooldown how many measurements after a reduction are not counted, 0 or more
     * @param least what the factor does not fall below, in [0, 1]
     */
    public record Options(
            Goal goal, double gamma, long patience, double threshold, Threshold kind, long cooldown, double least) {

        /** A minimum, γ = 0.1, patience 10, better by 0.01 %, no cooldown, no bound. */
        public static final Options DEFAULT = new Options(Goal.MINIMUM, 0.1, 10, 1e-4, Threshold.RELATIVE, 0, 0);

        /**
         * Checks the numbers.
         *
         * @throws dev.tenrec.error.InvalidArgument if one is out of range
         */
        public Options {
            Objects.requireNonNull(goal, "goal");
            Objects.requireNonNull(kind, "kind");
            Rates.belowOne("gamma", gamma);
            Rates.notNegative("patience", patience);
            Rates.notNegative("threshold", threshold);
            Rates.notNegative("cooldown", cooldown);
            Schedules.share("least factor", least);
        }

        /**
         * Returns these options with another goal.
         *
         * @param other what counts as better
         * @return new options
         */
        public Options withGoal(Goal other) {
            return new Options(other, gamma, patience, threshold, kind, cooldown, least);
        }

        /**
         * Returns these options with another factor.
         *
         * @param other γ, at least 0 and below 1
         * @return new options
         */
        public Options withGamma(double other) {
            return new Options(goal, other, patience, threshold, kind, cooldown, least);
        }

        /**
         * Returns these options with another patience.
         *
         * @param other how many measurements in a row may be no better
         * @return new options
         */
        public Options withPatience(long other) {
            return new Options(goal, gamma, other, threshold, kind, cooldown, least);
        }
    }

    /**
     * Makes a schedule that has measured nothing yet.
     *
     * @param options when and how far the rate is lowered
     */
    public ReduceOnPlateau(Options options) {
        this.options = options;
        best = options.goal == Goal.MINIMUM ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }

    @Override
    public double factor(long step) {
        return factor;
    }

    /**
     * Takes a measurement. NaN is no better than any other.
     *
     * @param step not used
     * @param metric the measurement
     */
    @Override
    public void observe(long step, double metric) {
        if (isBetter(metric)) {
            best = metric;
            worse = 0;
        } else {
            worse++;
        }
        if (cooling > 0) {
            cooling--;
            worse = 0;
        }
        if (worse > options.patience) {
            factor = Math.max(factor * options.gamma, options.least);
            cooling = options.cooldown;
            worse = 0;
        }
    }

    private boolean isBetter(double metric) {
        if (Double.isInfinite(best)) {
            return options.goal == Goal.MINIMUM ? metric < best : metric > best;
        }
        double margin = options.kind == Threshold.RELATIVE ? Math.abs(best) * options.threshold : options.threshold;
        return options.goal == Goal.MINIMUM ? metric < best - margin : metric > best + margin;
    }

    @Override
    public SequencedMap<String, Double> state() {
        SequencedMap<String, Double> state = new LinkedHashMap<>();
        state.put("factor", factor);
        state.put("best", best);
        state.put("worse", (double) worse);
        state.put("cooling", (double) cooling);
        return state;
    }

    @Override
    public void load(Map<String, Double> state) {
        double newFactor = state.get("factor");
        double newBest = state.get("best");
        Schedules.share("factor", newFactor);
        if (Double.isNaN(newBest)) {
            throw Schedules.wrong("best measurement", "a number", newBest);
        }
        long newWorse = count("worse", state.get("worse"));
        cooling = count("cooling", state.get("cooling"));
        factor = newFactor;
        best = newBest;
        worse = newWorse;
    }

    private static long count(String name, double value) {
        if (!(value >= 0 && value == Math.rint(value))) {
            throw Schedules.wrong(name, "a whole number, 0 or more", value);
        }
        return (long) value;
    }
}
