package dev.tenrec.optim;

import dev.tenrec.tensor.Variable;
import java.util.List;

/** Parameters that share rates. The rates may be changed between steps, by one thread at a time. */
public final class ParameterGroup {

    private final List<Variable> parameters;
    private volatile double learningRate;
    private volatile double weightDecay;

    /**
     * Makes a group.
     *
     * @param parameters what is trained
     * @param learningRate a finite number, 0 or more
     * @param weightDecay a finite number, 0 or more; what it means is said at each optimizer
     * @throws dev.tenrec.error.InvalidArgument if a rate is out of range
     */
    public ParameterGroup(List<Variable> parameters, double learningRate, double weightDecay) {
        this.parameters = List.copyOf(parameters);
        this.learningRate = Rates.notNegative("learning rate", learningRate);
        this.weightDecay = Rates.notNegative("weight decay", weightDecay);
    }

    /**
     * Makes a group without weight decay.
     *
     * @param parameters what is trained
     * @param learningRate a finite number, 0 or more
     * @throws dev.tenrec.error.InvalidArgument if the rate is out of range
     */
    public ParameterGroup(List<Variable> parameters, double learningRate) {
        this(parameters, learningRate, 0);
    }

    /**
     * Returns what is trained.
     *
     * @return in order; unmodifiable
     */
    public List<Variable> parameters() {
        return parameters;
    }

    /**
     * Returns the learning rate.
     *
     * @return 0 or more
     */
    public double learningRate() {
        return learningRate;
    }

    /**
     * Changes the learning rate, from the next step on.
     *
     * @param rate a finite number, 0 or more
     * @throws dev.tenrec.error.InvalidArgument if it is out of range
     */
    public void setLearningRate(double rate) {
        learningRate = Rates.notNegative("learning rate", rate);
    }

    /**
     * Returns the weight decay.
     *
     * @return 0 or more
     */
    public double weightDecay() {
        return weightDecay;
    }

    /**
     * Changes the weight decay, from the next step on.
     *
     * @param decay a finite number, 0 or more
     * @throws dev.tenrec.error.InvalidArgument if it is out of range
     */
    public void setWeightDecay(double decay) {
        weightDecay = Rates.notNegative("weight decay", decay);
    }
}
