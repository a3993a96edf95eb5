package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Elementwise;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.RecurrentNetwork;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Reduction;
import dev.tenrec.benchmarks.work.Sizes;
import dev.tenrec.benchmarks.work.Softmax;
import dev.tenrec.benchmarks.work.TrainStep;
import java.util.Map;
import java.util.Set;

/** What there are benchmarks of: one class each. */
enum Topic {
    /** Matrix products. */
    MATMUL("256", "1024", "64x784x256") {
        @Override
        Problem problem(Map<String, String> params) {
            return MatMul.parse(params.get("shape"));
        }
    },
    /** Elementwise operations. */
    MAP("add", "tanh", "scaled-relu", "gelu-tanh") {
        @Override
        Problem problem(Map<String, String> params) {
            return Elementwise.parse(params.get("op"), params.get("elements"));
        }
    },
    /** Sums and largest elements. */
    REDUCE("sum", "sum-axis-0", "sum-axis-1") {
        @Override
        Problem problem(Map<String, String> params) {
            return Reduction.parse(params.get("op"), params.get("rows"), params.get("columns"));
        }
    },
    /** Softmax and the loss made of it. */
    SOFTMAX("softmax", "log-softmax-nll") {
        @Override
        Problem problem(Map<String, String> params) {
            return Softmax.parse(params.get("op"), params.get("rows"), params.get("columns"));
        }
    },
    /** Training steps. */
    TRAIN("128") {
        @Override
        Problem problem(Map<String, String> params) {
            return TrainStep.parse(params.get("batch"));
        }
    },
    /** Training steps of a convolutional network. */
    CNN("128") {
        @Override
        Problem problem(Map<String, String> params) {
            return CnnStep.parse(params.get("batch"));
        }
    },
    /** Training steps of a recurrent network. */
    LSTM("32") {
        @Override
        Problem problem(Map<String, String> params) {
            return RecurrentStep.parse(RecurrentNetwork.Cell.LSTM, params.get("batch"));
        }
    },
    /** Training steps of another one. */
    GRU("32") {
        @Override
        Problem problem(Map<String, String> params) {
            return RecurrentStep.parse(RecurrentNetwork.Cell.GRU, params.get("batch"));
        }
    },
    /** Answers to one example. */
    PREDICT() {
        @Override
        Problem problem(Map<String, String> params) {
            return new Predict();
        }
    };

    private final Set<String> few;

    Topic(String... few) {
        this.few = Set.of(few);
    }

    /**
     * {@return what to compute}
     *
     * @param params the parameters of the benchmark's class, by name
     * @throws dev.tenrec.benchmarks.work.BadInput if one cannot be read
     */
    abstract Problem problem(Map<String, String> params);

    /** {@return whether the short comparison includes this choice of parameters} */
    boolean inShortComparison(Map<String, String> params) {
        return few.isEmpty() || params.values().stream().anyMatch(few::contains);
    }

    /** {@return the name in tables and options} */
    String label() {
        return Sizes.label(this);
    }
}
