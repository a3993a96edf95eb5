package dev.tenrec.examples.playground;

import dev.tenrec.optim.Adam;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.optim.RmsProp;
import dev.tenrec.optim.Sgd;
import dev.tenrec.tensor.Variable;
import java.util.List;

/** How weights follow gradients. */
enum Rule implements Named {
    /** Gradient descent. */
    SGD("sgd"),
    /** Gradient descent with a momentum of 0.9. */
    MOMENTUM("momentum"),
    /** RMSProp. */
    RMSPROP("rmsprop"),
    /** Adam. */
    ADAM("adam");

    private final String title;

    Rule(String title) {
        this.title = title;
    }

    @Override
    public String title() {
        return title;
    }

    Optimizer optimizer(List<Variable> parameters, double learningRate) {
        return switch (this) {
            case SGD -> new Sgd(parameters, learningRate);
            case MOMENTUM -> new Sgd(parameters, learningRate, Sgd.Options.momentum(0.9));
            case RMSPROP -> new RmsProp(parameters, learningRate);
            case ADAM -> new Adam(parameters, learningRate);
        };
    }
}
