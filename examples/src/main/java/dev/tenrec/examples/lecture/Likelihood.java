package dev.tenrec.examples.lecture;

import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Initializers;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Maximum likelihood: a classifier h = P(y = 1 | x) gives the samples the likelihood L = ∏ hʸ (1 − h)¹⁻ʸ, and its negative
 * logarithm, divided by m, is the cross-entropy J = −1/m Σ (y log h + (1 − y) log(1 − h)). For h = g(Xθ) its gradient is
 * 1/m Xᵀ (h − y).
 *
 * <p>J is convex in θ, so θ = 0 is as good a start as any. A hidden layer of zeros is not: its units compute the same, so
 * they get the same gradient, and stay one unit for ever.
 */
final class Likelihood {
    /** One feature of eight samples, and classes that overlap, so that the maximum is finite. */
    private static final float[] X = {-2, -1.5f, -1, -0.5f, 0.5f, 1, 1.5f, 2};

    private static final float[] Y = {0, 0, 0, 1, 0, 1, 1, 1};

    private Likelihood() {}

    /** With the bias unit, samples as rows, [8, 2]. */
    static Tensor x() {
        return Notation.withBias(Tensor.of(X, 1, X.length)).transpose();
    }

    static Tensor y() {
        return Tensor.of(Y, Y.length, 1);
    }

    /** L of predictions h. */
    static double likelihood(Tensor h) {
        double product = 1;
        double[] probability = h.toDoubleArray();
        for (int i = 0; i < probability.length; i++) {
            product *= Y[i] == 1 ? probability[i] : 1 - probability[i];
        }
        return product;
    }

    /**
     * A state of gradient descent.
     *
     * @param likelihood L
     * @param loss J in nats, by autograd's forward pass
     * @param gradient ∂J/∂θ by autograd
     * @param byHand 1/m Xᵀ (h − y)
     */
    record State(double likelihood, double loss, double[] gradient, double[] byHand) {}

    /** Takes a step of gradient descent and returns the state before it. */
    static State step(Variable theta, double rate) {
        return Scope.call(() -> {
            Tensor z = x().matmul(theta.value());
            Tensor loss = Losses.binaryCrossEntropyWithLogits(z, y());
            Tensor h = z.detach().sigmoid();
            Tensor gradient = loss.backward().get(theta);
            Tensor byHand = x().transpose().matmul(h.sub(y())).div(X.length);
            State state = new State(likelihood(h), loss.item(), gradient.toDoubleArray(), byHand.toDoubleArray());
            theta.assign(theta.value().detach().sub(gradient.mul(rate)));
            return state;
        });
    }

    /** A network 2-4-1 that has learned XOR from zeros, or from random weights; the caller closes it. */
    static Sequential hidden(boolean zeros) {
        Dense first = zeros ? zeros(2, 4) : new Dense(2, 4);
        Dense second = zeros ? zeros(4, 1) : new Dense(4, 1);
        Sequential model = Sequential.of(first, Activation.SIGMOID, second);
        model.initialize(1);
        Xor.train(model, 500);
        return model;
    }

    private static Dense zeros(int in, int out) {
        return Dense.builder(in, out)
                .weight(Initializers.zeros())
                .bias(Initializers.zeros())
                .build();
    }

    static void run(PrintWriter out, Path folder) {
        try (Variable theta = Variable.parameter("theta", Tensor.zeros(2, 1))) {
            for (int i = 0; i <= 200; i++) {
                State state = step(theta, 1);
                if (i == 0 || i == 1 || i == 10 || i == 200) {
                    out.printf(
                            "step %3d  L = %.6f  -log(L)/m = %.6f = J = %.6f%n",
                            i, state.likelihood, -Math.log(state.likelihood) / X.length, state.loss);
                }
            }
            out.println("theta = " + Notation.text(theta.value()));
        }
        for (boolean zeros : new boolean[] {true, false}) {
            try (Sequential model = hidden(zeros)) {
                out.println((zeros ? "hidden layer from zeros:  " : "hidden layer from random: ") + "XOR h = "
                        + Notation.text(Tensor.of(Xor.predict(model), 4)) + ", its weights "
                        + Notation.text(model.parameters().getFirst().value()));
            }
        }
    }
}
