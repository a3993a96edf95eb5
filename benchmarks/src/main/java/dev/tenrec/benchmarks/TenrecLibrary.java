package dev.tenrec.benchmarks;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.backend.Backend;
import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Elementwise;
import dev.tenrec.benchmarks.work.Library;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Reduction;
import dev.tenrec.benchmarks.work.Softmax;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import dev.tenrec.engine.Devices;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Tenrec on one of its backends, written as a user would. */
final class TenrecLibrary implements Library {

    private final Device device;
    private final Backend backend;

    TenrecLibrary(Device device) {
        this.device = device;
        backend = Devices.context(device).backend();
    }

    @Override
    public String describe() {
        return "Tenrec on " + device;
    }

    @Override
    public Task prepare(Problem problem) {
        return Devices.with(device, () -> switch (problem) {
            case MatMul product -> matmul(product, DType.F32);
            case Elementwise map -> map(map);
            case Reduction reduction -> reduce(reduction);
            case Softmax softmax -> softmax(softmax);
            case TrainStep step -> TenrecTraining.dense(device, step);
            case CnnStep step -> TenrecTraining.convolutional(device, step);
            case RecurrentStep step -> TenrecTraining.recurrent(device, step);
            case Predict predict -> new Prediction(device, predict);
        });
    }

    /** Prepares a product of operands that are rounded to a type. */
    Task prepare(MatMul product, DType dtype) {
        return Devices.with(device, () -> matmul(product, dtype));
    }

    private Task matmul(MatMul p, DType dtype) {
        Tensor left = matrices(dtype, p.left(), p.batch(), p.rows(), p.inner(), p.leftTransposed());
        Tensor right = matrices(dtype, p.right(), p.batch(), p.inner(), p.columns(), p.rightTransposed());
        return new Call(() -> left.matmul(right), left, right);
    }

    private static Tensor matrices(DType dtype, float[] values, int batch, int rows, int columns, boolean transposed) {
        long first = transposed ? columns : rows;
        long second = transposed ? rows : columns;
        Tensor exact = batch == 1 ? Tensor.of(values, first, second) : Tensor.of(values, batch, first, second);
        Tensor stored = exact;
        if (dtype != DType.F32) {
            try (exact) {
                stored = exact.to(dtype).materialize();
            }
        }
        if (!transposed) {
            return stored;
        }
        try (Tensor source = stored) {
            return source.transpose(-2, -1);
        }
    }

    private Task map(Elementwise p) {
        Tensor a = Tensor.of(p.operand(0), p.elements());
        Tensor b = p.op().operands() > 1 ? Tensor.of(p.operand(1), p.elements()) : a;
        Tensor c = p.op().operands() > 2 ? Tensor.of(p.operand(2), p.elements()) : a;
        Supplier<Tensor> work = switch (p.op()) {
            case ADD -> () -> a.add(b);
            case RELU -> a::relu;
            case SIGMOID -> a::sigmoid;
            case EXP -> a::exp;
            case TANH -> a::tanh;
            case MULTIPLY_ADD -> () -> a.mul(b).add(c);
            case SCALED_RELU -> () -> a.mul(b).add(c).relu().mul(0.5);
            case GELU_TANH -> a::geluTanh;
        };
        return new Call(work, a, b, c);
    }

    private Task reduce(Reduction p) {
        Tensor matrix = Tensor.of(p.values(), p.rows(), p.columns());
        Supplier<Tensor> work = switch (p.op()) {
            case SUM -> matrix::sum;
            case SUM_AXIS_0 -> () -> matrix.sum(0);
            case SUM_AXIS_1 -> () -> matrix.sum(1);
            case MAX -> matrix::max;
        };
        return new Call(work, matrix);
    }

    private Task softmax(Softmax p) {
        Tensor logits = Tensor.of(p.logits(), p.rows(), p.columns());
        if (p.op() == Softmax.Op.SOFTMAX) {
            return new Call(() -> logits.softmax(1), logits);
        }
        Tensor labels = Tensor.of(p.labels(), p.rows());
        return new Call(() -> Losses.crossEntropy(logits, labels), logits, labels);
    }

    /** An expression of tensors that stay. */
    private final class Call implements Task {
        private final Supplier<Tensor> work;
        private final List<Tensor> operands;

        Call(Supplier<Tensor> work, Tensor... operands) {
            this.work = work;
            this.operands = List.of(operands);
        }

        /** The result is computed when this returns; its memory goes back to the pool. */
        @Override
        public void run() {
            try (Scope _ = Scope.open()) {
                work.get().materialize();
                backend.synchronize();
            }
        }

        @Override
        public float[] result() {
            try (Scope _ = Scope.open()) {
                return work.get().toFloatArray();
            }
        }

        @Override
        public void close() {
            operands.forEach(Tensor::close);
        }
    }

    static Sequential network() {
        List<Module> modules = new ArrayList<>();
        for (Mlp.Layer layer : Mlp.layers()) {
            if (!modules.isEmpty()) {
                modules.add(Activation.RELU);
            }
            Dense dense = new Dense(layer.inputs(), layer.outputs());
            modules.add(dense);
        }
        Sequential network = Sequential.of(modules.toArray(Module[]::new));
        network.initialize(1);
        int index = 0;
        for (Mlp.Layer layer : Mlp.layers()) {
            Dense dense = (Dense) modules.get(2 * index++);
            try (Tensor weights = Tensor.of(layer.weights(), layer.inputs(), layer.outputs());
                    Tensor biases = Tensor.zeros(layer.outputs())) {
                dense.weight().assign(weights);
                dense.bias().assign(biases);
            }
        }
        return network;
    }

    private static final class Prediction implements Task {
        private final Device device;
        private final float[] input;
        private final Sequential network = network();
        private float[] output;

        Prediction(Device device, Predict predict) {
            this.device = device;
            input = predict.input();
            network.eval();
        }

        @Override
        public void run() {
            output = Devices.with(
                    device,
                    () -> Scope.call(() -> Autograd.noGrad(() ->
                            network.forward(Tensor.of(input, 1, Mlp.INPUTS)).toFloatArray())));
        }

        @Override
        public float[] result() {
            return output.clone();
        }

        @Override
        public void close() {
            network.close();
        }
    }
}
