package dev.tenrec.benchmarks.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Elementwise;
import dev.tenrec.benchmarks.work.Library;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Reduction;
import dev.tenrec.benchmarks.work.Softmax;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import java.util.function.Supplier;

/** The Deep Java Library on PyTorch. */
public final class DjlLibrary implements Library {

    /** Threads within an operation; the engine reads it when it starts. */
    private static final String THREADS = "ai.djl.pytorch.num_threads";

    private final Engine engine;
    private final NDManager manager;

    /** For the service loader. */
    public DjlLibrary() {
        System.setProperty(THREADS, Integer.toString(Runtime.getRuntime().availableProcessors()));
        // It looks for its own libraries on the class path, and nowhere else.
        System.setProperty("ai.djl.offline", "true");
        engine = Engine.getEngine("PyTorch");
        manager = engine.newBaseManager(Device.cpu());
    }

    @Override
    public String describe() {
        return "DJL " + Engine.getDjlVersion() + ", PyTorch " + engine.getVersion() + ", " + System.getProperty(THREADS)
                + " threads";
    }

    @Override
    public Task prepare(Problem problem) {
        return switch (problem) {
            case MatMul product -> matmul(product);
            case Elementwise map -> map(map);
            case Reduction reduction -> reduce(reduction);
            case Softmax softmax -> softmax(softmax);
            case TrainStep step -> DjlTraining.of(manager, step);
            case CnnStep step -> DjlTraining.of(manager, step);
            case RecurrentStep step -> DjlTraining.of(manager, step);
            case Predict predict -> new DjlPrediction(manager, predict);
        };
    }

    private Task matmul(MatMul p) {
        NDArray left = matrices(p.left(), p.batch(), p.rows(), p.inner(), p.leftTransposed());
        NDArray right = matrices(p.right(), p.batch(), p.inner(), p.columns(), p.rightTransposed());
        return new Call(() -> left.matMul(right));
    }

    private NDArray matrices(float[] values, int batch, long rows, long columns, boolean transposed) {
        long first = transposed ? columns : rows;
        long second = transposed ? rows : columns;
        NDArray stored = manager.create(values, batch > 1 ? new Shape(batch, first, second) : new Shape(first, second));
        return transposed ? stored.swapAxes(batch > 1 ? 1 : 0, batch > 1 ? 2 : 1) : stored;
    }

    private Task map(Elementwise p) {
        NDArray a = manager.create(p.operand(0));
        NDArray b = p.op().operands() > 1 ? manager.create(p.operand(1)) : a;
        NDArray c = p.op().operands() > 2 ? manager.create(p.operand(2)) : a;
        return new Call(
                switch (p.op()) {
                    case ADD -> () -> a.add(b);
                    case RELU -> () -> a.getNDArrayInternal().relu();
                    case SIGMOID -> () -> a.getNDArrayInternal().sigmoid();
                    case EXP -> a::exp;
                    case TANH -> a::tanh;
                    case MULTIPLY_ADD -> () -> a.mul(b).addi(c);
                    case SCALED_RELU ->
                        () -> {
                            try (NDArray sum = a.mul(b).addi(c)) {
                                return sum.getNDArrayInternal().relu().muli(0.5);
                            }
                        };
                    case GELU_TANH -> () -> geluTanh(a);
                });
    }

    /** DJL has the erf form only. In place where that is possible: each step is a pass over memory. */
    private static NDArray geluTanh(NDArray a) {
        try (NDArray inner = a.square()) {
            inner.muli(0.044715).addi(1).muli(a).muli(Math.sqrt(2 / Math.PI));
            return inner.tanh().addi(1).muli(a).muli(0.5);
        }
    }

    private Task reduce(Reduction p) {
        NDArray matrix = manager.create(p.values(), new Shape(p.rows(), p.columns()));
        return new Call(
                switch (p.op()) {
                    case SUM -> matrix::sum;
                    case SUM_AXIS_0 -> () -> matrix.sum(new int[] {0});
                    case SUM_AXIS_1 -> () -> matrix.sum(new int[] {1});
                    case MAX -> matrix::max;
                });
    }

    private Task softmax(Softmax p) {
        NDArray logits = manager.create(p.logits(), new Shape(p.rows(), p.columns()));
        if (p.op() == Softmax.Op.SOFTMAX) {
            return new Call(() -> logits.softmax(1));
        }
        long[] wide = new long[p.rows()];
        int[] narrow = p.labels();
        for (int i = 0; i < wide.length; i++) {
            wide[i] = narrow[i];
        }
        NDArray labels = manager.create(wide, new Shape(p.rows(), 1));
        return new Call(() -> {
            try (NDArray logarithms = logits.logSoftmax(1);
                    NDArray picked = logarithms.gather(labels, 1);
                    NDArray mean = picked.mean()) {
                return mean.neg();
            }
        });
    }

    /** An expression of arrays that stay. PyTorch computes at once, so there is nothing to force. */
    private final class Call implements Task {
        private final Supplier<NDArray> work;

        Call(Supplier<NDArray> work) {
            this.work = work;
        }

        @Override
        public void run() {
            work.get().close();
        }

        @Override
        public float[] result() {
            try (NDArray result = work.get()) {
                return result.toFloatArray();
            }
        }

        @Override
        public void close() {
            manager.close();
        }
    }
}
