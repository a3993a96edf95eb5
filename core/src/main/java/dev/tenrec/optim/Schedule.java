package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * How a learning rate changes: a factor of the rate that each group of parameters started with, as a function of the
 * number of steps made. A {@link Scheduler} sets the rates of an optimizer by it. What a step is, an update or an epoch,
 * is up to who calls the scheduler.
 *
 * <p>The schedules here are functions of the step alone, except {@link ReduceOnPlateau}. A lambda of such a function is
 * a schedule, too; one with a memory of its own overrides {@link #state} and {@link #load}.
 */
@FunctionalInterface
public interface Schedule {

    /**
     * Returns the factor of the first learning rate.
     *
     * @param step number of steps made, 0 before the first one
     * @return a finite number, 0 or more
     */
    double factor(long step);

    /**
     * Takes a measurement, such as the loss of a validation set. Does nothing unless the schedule depends on it.
     *
     * @param step number of steps made
     * @param metric the measurement
     */
    default void observe(long step, double metric) {}

    /**
     * Returns what the schedule remembers, for a checkpoint.
     *
     * @return numbers by name, in a stable order; none if it is a function of the step alone
     */
    default SequencedMap<String, Double> state() {
        return Collections.emptySortedMap();
    }

    /**
     * Sets what the schedule remembers.
     *
     * @param state as {@link #state} gave it; the names are the same
     * @throws InvalidArgument if a number is out of range
     */
    default void load(Map<String, Double> state) {}

    /**
     * Leaves the rates as they are.
     *
     * @return 1 always
     */
    static Schedule constant() {
        return constant(1);
    }

    /**
     * Multiplies the rates by one number.
     *
     * @param factor a finite number, 0 or more
     * @return the factor always
     * @throws InvalidArgument if it is out of range
     */
    static Schedule constant(double factor) {
        Rates.notNegative("factor", factor);
        return _ -> factor;
    }

    /**
     * Multiplies by γ every so many steps: γ^⌊t/every⌋.
     *
     * @param every number of steps, at least 1
     * @param gamma γ, a finite number, 0 or more
     * @return the schedule
     * @throws InvalidArgument if a number is out of range
     */
    static Schedule step(long every, double gamma) {
        Schedules.atLeastOne("number of steps", every);
        Rates.notNegative("gamma", gamma);
        return step -> Math.pow(gamma, step / every);
    }

    /**
     * Multiplies by γ at given steps.
     *
     * @param gamma γ, a finite number, 0 or more
     * @param milestones steps in ascending order, each at least 1
     * @return γ to the power of the number of milestones reached
     * @throws InvalidArgument if a number is out of range, or the steps do not ascend
     */
    static Schedule multiStep(double gamma, long... milestones) {
        Rates.notNegative("gamma", gamma);
        long[] sorted = Schedules.ascending(milestones);
        return step -> Math.pow(gamma, Schedules.reached(sorted, step));
    }

    /**
     * Multiplies by γ at every step: γᵗ.
     *
     * @param gamma γ, above 0 and at most 1
     * @return the schedule
     * @throws InvalidArgument if γ is out of range
     */
    static Schedule exponential(double gamma) {
        Rates.positive("gamma", gamma);
        Schedules.share("gamma", gamma);
        return step -> Math.pow(gamma, step);
    }

    /**
     * Falls from 1 by a power of the steps left: end + (1 − end)·(1 − t/T)^power up to step T, end after it.
     *
     * @param steps T, at least 1
     * @param power above 0, such as 2; 1 is a straight line
     * @param end in [0, 1]
     * @return the schedule
     * @throws InvalidArgument if a number is out of range
     */
    static Schedule polynomial(long steps, double power, double end) {
        Schedules.atLeastOne("number of steps", steps);
        Rates.positive("power", power);
        Schedules.share("end", end);
        return step -> end + (1 - end) * Math.pow(1 - Schedules.progress(step, steps), power);
    }

    /**
     * Goes from one factor to another in a straight line up to step T, and stays there.
     *
     * @param from a finite number, 0 or more
     * @param to a finite number, 0 or more
     * @param steps T, at least 1
     * @return the schedule
     * @throws InvalidArgument if a number is out of range
     */
    static Schedule linear(double from, double to, long steps) {
        Rates.notNegative("from", from);
        Rates.notNegative("to", to);
        Schedules.atLeastOne("number of steps", steps);
        return step -> from + (to - from) * Schedules.progress(step, steps);
    }

    /**
     * Falls from 1 along half a cosine up to step T, and stays there (Loshchilov and Hutter, "SGDR: stochastic gradient
     * descent with warm restarts", 2017, without restarts): end + (1 − end)·(1 + cos(π·t/T))/2.
     *
     * @param steps T, at least 1
     * @param end in [0, 1]
     * @return the schedule
     * @throws InvalidArgument if a number is out of range
     */
    static Schedule cosine(long steps, double end) {
        Schedules.atLeastOne("number of steps", steps);
        Schedules.share("end", end);
        return step -> Schedules.cosine(1, end, Schedules.progress(step, steps));
    }

    /**
     * Falls along half a cosine and starts again at 1, each time after {@code growth} times as many steps (Loshchilov and
     * Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017).
     *
     * @param first steps of the first period, at least 1
     * @param growth how much longer each period is than the one before, at least 1
     * @param end what the factor falls to, in [0, 1]
     * @return the schedule
     * @throws InvalidArgument if a number is out of range
     */
    static Schedule cosineRestarts(long first, long growth, double end) {
        Schedules.atLeastOne("number of steps", first);
        Schedules.atLeastOne("growth", growth);
        Schedules.share("end", end);
        return step -> Schedules.cosine(1, end, Schedules.periodProgress(step, first, growth));
    }

    /**
     * Rises to the optimizer's rate and falls far below where it began, along half a cosine each (Smith and Topin,
     * "Super-convergence: very fast training of neural networks using large learning rates", 2018). The optimizer's rate
     * is the peak. Rises for 30 % of the steps from 1/25, then falls to 1/250 000.
     *
     * @param steps of the cycle, at least 2; the factor stays at its end afterwards
     * @return the schedule
     * @throws InvalidArgument if the number is out of range
     */
    static Schedule oneCycle(long steps) {
        return oneCycle(steps, 0.3, 25, 1e4);
    }

    /**
     * Rises to the optimizer's rate and falls far below where it began; see {@link #oneCycle(long)}.
     *
     * @param steps T, of the cycle, at least 2: it begins at step 0 and ends at T − 1
     * @param rise share of the steps that rise, above 0 and below 1; the peak is at {@code rise}·T − 1
     * @param divisor the factor begins at 1/divisor, at least 1
     * @param finalDivisor it ends at 1/(divisor·finalDivisor), at least 1
     * @return the schedule
     * @throws InvalidArgument if a number is out of range, or the peak does not lie inside of the cycle
     */
    static Schedule oneCycle(long steps, double rise, double divisor, double finalDivisor) {
        return Schedules.oneCycle(steps, rise, divisor, finalDivisor);
    }

    /**
     * Puts a straight rise before a schedule, which begins when it is over: large first steps can ruin a start (Goyal et
     * al., "Accurate, large minibatch SGD", 2017).
     *
     * @param steps of the rise, at least 1
     * @param from share of the schedule's first factor to rise from, in [0, 1]
     * @param then what follows
     * @return the schedule; measurements during the rise are not handed on
     * @throws InvalidArgument if a number is out of range
     */
    static Schedule warmUp(long steps, double from, Schedule then) {
        Schedules.atLeastOne("number of steps", steps);
        Schedules.share("from", from);
        return new Schedules.WarmUp(steps, from, then);
    }

    /**
     * Runs schedules one after the other; each counts steps from its own beginning.
     *
     * @param parts one or more
     * @param milestones the steps at which the second and further ones begin, in ascending order, each at least 1
     * @return the schedule
     * @throws InvalidArgument if there is not one milestone less than schedules, or they do not ascend
     */
    static Schedule sequence(List<Schedule> parts, long... milestones) {
        return Schedules.sequence(parts, milestones);
    }
}
