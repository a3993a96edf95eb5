package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** What the schedules of {@link Schedule} share, and those that hold others. */
final class Schedules {

    private Schedules() {}

    /** A rise to where another schedule begins. */
    record WarmUp(long steps, double from, Schedule then) implements Schedule {
        @Override
        public double factor(long step) {
            return step >= steps
                    ? then.factor(step - steps)
                    : then.factor(0) * (from + (1 - from) * progress(step, steps));
        }

        @Override
        public void observe(long step, double metric) {
            if (step >= steps) {
                then.observe(step - steps, metric);
            }
        }

        @Override
        public SequencedMap<String, Double> state() {
            return then.state();
        }

        @Override
        public void load(Map<String, Double> state) {
            then.load(state);
        }
    }

    /** One schedule after the other; part i runs from start i on. */
    private record Sequence(List<Schedule> parts, long[] milestones) implements Schedule {
        private long start(int part) {
            return part == 0 ? 0 : milestones[part - 1];
        }

        @Override
        public double factor(long step) {
            int part = reached(milestones, step);
            return parts.get(part).factor(step - start(part));
        }

        @Override
        public void observe(long step, double metric) {
            int part = reached(milestones, step);
            parts.get(part).observe(step - start(part), metric);
        }

        @Override
        public SequencedMap<String, Double> state() {
            SequencedMap<String, Double> all = new LinkedHashMap<>();
            for (int i = 0; i < parts.size(); i++) {
                String prefix = i + ".";
                parts.get(i).state().forEach((name, value) -> all.put(prefix + name, value));
            }
            return all;
        }

        @Override
        public void load(Map<String, Double> state) {
            for (int i = 0; i < parts.size(); i++) {
                Map<String, Double> own = new LinkedHashMap<>();
                for (String name : parts.get(i).state().keySet()) {
                    own.put(name, state.get(i + "." + name));
                }
                parts.get(i).load(own);
            }
        }
    }

    static Schedule sequence(List<Schedule> parts, long... milestones) {
        if (parts.size() != milestones.length + 1) {
            throw new InvalidArgument(Message.of("schedule", "schedules and milestones do not fit")
                    .line("expected", "one milestone less than schedules")
                    .line("given", parts.size() + " schedules, " + milestones.length + " milestones")
                    .toString());
        }
        return new Sequence(List.copyOf(parts), ascending(milestones));
    }

    static Schedule oneCycle(long steps, double rise, double divisor, double finalDivisor) {
        atLeastOne("number of steps", steps);
        double peak = rise * steps - 1;
        double last = steps - 1.0;
        if (!(rise > 0 && peak >= 0 && peak < last)) {
            throw wrong("share of the rise", "a peak at step " + steps + "·rise − 1, from 0 to before the last", rise);
        }
        if (!(divisor >= 1 && finalDivisor >= 1) || Double.isInfinite(divisor * finalDivisor)) {
            throw wrong("divisor", "finite numbers of at least 1", divisor + " and " + finalDivisor);
        }
        double start = 1 / divisor;
        double end = start / finalDivisor;
        return step -> step <= peak
                ? cosine(start, 1, peak == 0 ? 1 : step / peak)
                : cosine(1, end, Math.min(1, (step - peak) / (last - peak)));
    }

    /** Half a cosine from one value to another, for progress from 0 to 1. */
    static double cosine(double from, double to, double progress) {
        return to + (from - to) * (1 + Math.cos(Math.PI * progress)) / 2;
    }

    /** The share of so many steps that was made, at most 1. */
    static double progress(long step, long steps) {
        return Math.min(1, (double) step / steps);
    }

    /** The share of the present period, of which each is longer than the one before. */
    static double periodProgress(long step, long first, long growth) {
        if (growth == 1) {
            return (double) (step % first) / first;
        }
        long rest = step;
        long period = first;
        while (rest >= period) {
            rest -= period;
            // A period that no long can hold does not end.
            period = period > Long.MAX_VALUE / growth ? Long.MAX_VALUE : period * growth;
        }
        return (double) rest / period;
    }

    /** How many milestones a step has reached. */
    static int reached(long[] milestones, long step) {
        int count = 0;
        while (count < milestones.length && milestones[count] <= step) {
            count++;
        }
        return count;
    }

    static long[] ascending(long... milestones) {
        long before = 0;
        for (long milestone : milestones) {
            if (milestone <= before) {
                throw wrong("milestones", "ascending steps from 1", Arrays.toString(milestones));
            }
            before = milestone;
        }
        return milestones.clone();
    }

    static void atLeastOne(String what, long value) {
        if (value < 1) {
            throw wrong(what, "1 or more", value);
        }
    }

    static void share(String what, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw wrong(what, "0 to 1", value);
        }
    }

    static InvalidArgument wrong(String what, String expected, Object given) {
        return new InvalidArgument(Message.of("schedule", what + " out of range")
                .line("expected", expected)
                .line("given", given)
                .toString());
    }
}
