package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Sets an optimizer's learning rates by a schedule: each group's is the rate that it had when the scheduler was made,
 * times the schedule's factor. Rates are run-time scalars, so that nothing is compiled anew.
 *
 * <pre>{@code
 * var scheduler = new Scheduler(adam, Schedule.warmUp(500, 0, Schedule.cosine(20_000, 0)));
 * for (Batch batch : loader) {
 *     adam.step(loss(batch).backward());
 *     scheduler.step();
 * }
 * }</pre>
 *
 * To be used by one thread at a time.
 */
public final class Scheduler {

    private static final String STEP = "step";
    private static final String RATES = "rates";
    private static final String SCHEDULE = "schedule.";

    private final Optimizer optimizer;
    private final Schedule schedule;
    private double[] first;
    private long step;

    /**
     * Makes a scheduler, and sets the rates of the first step.
     *
     * @param optimizer whose rates are set; those it has now are the ones the schedule's factors multiply
     * @param schedule the factors
     * @throws InvalidArgument if the schedule's factor is negative or not finite
     */
    public Scheduler(Optimizer optimizer, Schedule schedule) {
        this.optimizer = optimizer;
        this.schedule = schedule;
        first = optimizer.groups().stream()
                .mapToDouble(ParameterGroup::learningRate)
                .toArray();
        apply(0, first);
    }

    private void apply(long at, double[] rates) {
        double factor = Rates.notNegative("factor of the schedule", schedule.factor(at));
        double[] next = new double[rates.length];
        for (int i = 0; i < rates.length; i++) {
            next[i] = Rates.notNegative("learning rate", rates[i] * factor);
        }
        List<ParameterGroup> groups = optimizer.groups();
        for (int i = 0; i < rates.length; i++) {
            groups.get(i).setLearningRate(next[i]);
        }
    }

    /**
     * Goes on by one step, and sets the rates of the next.
     *
     * @throws InvalidArgument if the schedule's factor is negative or not finite; no step was made then
     */
    public void step() {
        apply(step + 1, first);
        step++;
    }

    /**
     * Hands a measurement to the schedule, and sets the rates by what it makes of it; see {@link ReduceOnPlateau}.
     *
     * @param metric such as the loss of a validation set
     */
    public void observe(double metric) {
        schedule.observe(step, metric);
        apply(step, first);
    }

    /**
     * Returns the number of steps made.
     *
     * @return 0 or more
     */
    public long steps() {
        return step;
    }

    /**
     * Returns the state, for a checkpoint: the number of steps, the groups' first rates, and what the schedule remembers.
     *
     * @return {@code step} (I64), {@code rates} (F64, one per group), {@code schedule.…} (F64), in a stable order; tensors
     *     of the current scope
     */
    public LinkedHashMap<String, Tensor> state() {
        LinkedHashMap<String, Tensor> state = new LinkedHashMap<>();
        state.put(STEP, StateReader.count(step));
        state.put(RATES, Tensor.of(first));
        schedule.state()
                .forEach((name, value) -> state.put(SCHEDULE + name, Tensor.full(DType.F64, Shape.scalar(), value)));
        return state;
    }

    /**
     * Goes on from a saved state, and sets the rates of its step.
     *
     * @param state as {@link #state} gave it, of a scheduler of the same kind over as many groups
     * @throws InvalidArgument if names, shapes, types or numbers do not fit; nothing has changed then
     */
    public void load(Map<String, Tensor> state) {
        StateReader reader = new StateReader("scheduler", state);
        long newStep = reader.takeCount(STEP);
        double[] rates = reader.take(RATES, DType.F64, Shape.of(first.length)).toDoubleArray();
        for (double rate : rates) {
            Rates.notNegative("learning rate", rate);
        }
        SequencedMap<String, Double> before = schedule.state();
        Map<String, Double> remembered = new LinkedHashMap<>();
        for (String name : before.keySet()) {
            remembered.put(
                    name,
                    reader.take(SCHEDULE + name, DType.F64, Shape.scalar()).item());
        }
        reader.checkEmpty();
        boolean done = false;
        try {
            schedule.load(remembered);
            apply(newStep, rates);
            done = true;
        } finally {
            if (!done) {
                schedule.load(before);
            }
        }
        first = rates;
        step = newStep;
    }
}
