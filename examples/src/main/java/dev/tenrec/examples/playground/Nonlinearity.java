package dev.tenrec.examples.playground;

import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Identity;
import dev.tenrec.nn.Module;

/** The activation of hidden neurons. */
enum Nonlinearity implements Named {
    /** max(x, 0). */
    RELU("relu"),
    /** Hyperbolic tangent. */
    TANH("tanh"),
    /** 1 / (1 + e⁻ˣ). */
    SIGMOID("sigmoid"),
    /** None: the network is then one linear function, however deep. */
    LINEAR("linear");

    private final String title;

    Nonlinearity(String title) {
        this.title = title;
    }

    @Override
    public String title() {
        return title;
    }

    Module module() {
        return switch (this) {
            case RELU -> Activation.RELU;
            case TANH -> Activation.TANH;
            case SIGMOID -> Activation.SIGMOID;
            case LINEAR -> new Identity();
        };
    }
}
