package dev.tenrec.benchmarks.nd4j;

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
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J. Results go into arrays that exist where it lets them: it frees others only after the garbage collector has found
 * them.
 */
public final class Nd4jLibrary implements Library {
    private static final String TUNED = "tenrec.benchmarks.tuned";

    /** For the service loader. */
    public Nd4jLibrary() {
        Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
        Environment environment = Nd4j.getEnvironment();
        environment.setMaxThreads(Runtime.getRuntime().availableProcessors());
        environment.setMaxMasterThreads(Runtime.getRuntime().availableProcessors());
        if (Boolean.getBoolean(TUNED)) {
            // Otherwise it asks for a full collection every few seconds.
            Nd4j.getMemoryManager().togglePeriodicGc(false);
        }
    }

    @Override
    public String describe() {
        return "ND4J " + Nd4j.class.getPackage().getImplementationVersion() + ", "
                + Nd4j.getBackend().buildInfo().replaceAll("\\s*\\R\\s*", ", ") + ", "
                + Nd4j.getEnvironment().maxThreads() + " threads";
    }

    @Override
    public Task prepare(Problem problem) {
        return switch (problem) {
            case MatMul product -> matmul(product);
            case Elementwise map -> map(map);
            case Reduction reduction -> reduce(reduction);
            case Softmax softmax -> softmax(softmax);
            case TrainStep step -> new Nd4jTraining(step);
            case CnnStep _, RecurrentStep _ -> throw new UnsupportedOperationException("dense layers only");
            case Predict predict -> new Nd4jPrediction(predict);
        };
    }

    private static Task matmul(MatMul p) {
        INDArray left = matrices(p.left(), p.batch(), p.rows(), p.inner(), p.leftTransposed());
        INDArray right = matrices(p.right(), p.batch(), p.inner(), p.columns(), p.rightTransposed());
        if (p.batch() > 1) {
            INDArray product = Nd4j.create(DataType.FLOAT, p.batch(), p.rows(), p.columns());
            return new Call(() -> Nd4j.matmul(left, right, product));
        }
        // Column by column, as the BLAS beneath writes it: another order is copied there and back.
        INDArray product = Nd4j.create(DataType.FLOAT, new long[] {p.rows(), p.columns()}, 'f');
        return new Call(() -> left.mmuli(right, product));
    }

    private static INDArray matrices(float[] values, int batch, long rows, long columns, boolean transposed) {
        long first = transposed ? columns : rows;
        long second = transposed ? rows : columns;
        INDArray stored = batch > 1
                ? Nd4j.create(values, new long[] {batch, first, second}, 'c')
                : Nd4j.create(values, new long[] {first, second}, 'c');
        return transposed ? stored.swapAxes(batch > 1 ? 1 : 0, batch > 1 ? 2 : 1) : stored;
    }

    private static Task map(Elementwise p) {
        INDArray a = Nd4j.createFromArray(p.operand(0));
        INDArray b = p.op().operands() > 1 ? Nd4j.createFromArray(p.operand(1)) : a;
        INDArray c = p.op().operands() > 2 ? Nd4j.createFromArray(p.operand(2)) : a;
        INDArray result = Nd4j.create(DataType.FLOAT, p.elements());
        return new Call(
                switch (p.op()) {
                    case ADD -> () -> a.addi(b, result);
                    case RELU -> () -> Nd4j.exec(new RectifiedLinear(a, result, 0));
                    case SIGMOID -> () -> Nd4j.exec(new Sigmoid(a, result));
                    case EXP -> () -> Nd4j.exec(new Exp(a, result));
                    case TANH -> () -> Nd4j.exec(new Tanh(a, result));
                    case MULTIPLY_ADD -> () -> a.muli(b, result).addi(c);
                    case SCALED_RELU ->
                        () -> {
                            a.muli(b, result).addi(c);
                            return Nd4j.exec(new RectifiedLinear(result, result, 0))
                                    .muli(0.5);
                        };
                    // Composed: ND4J's own gives wrong results.
                    case GELU_TANH ->
                        () -> {
                            a.muli(a, result).muli(0.044715).addi(1).muli(a).muli(Math.sqrt(2 / Math.PI));
                            return Nd4j.exec(new Tanh(result, result))
                                    .addi(1)
                                    .muli(a)
                                    .muli(0.5);
                        };
                });
    }

    private static Task reduce(Reduction p) {
        INDArray matrix = Nd4j.create(p.values(), new long[] {p.rows(), p.columns()}, 'c');
        INDArray scalar = Nd4j.scalar(DataType.FLOAT, 0);
        INDArray ofColumns = Nd4j.create(DataType.FLOAT, p.columns());
        INDArray ofRows = Nd4j.create(DataType.FLOAT, p.rows());
        return new Call(
                switch (p.op()) {
                    case SUM -> () -> Nd4j.exec(new Sum(matrix, scalar));
                    case SUM_AXIS_0 -> () -> Nd4j.exec(new Sum(matrix, ofColumns, 0));
                    case SUM_AXIS_1 -> () -> Nd4j.exec(new Sum(matrix, ofRows, 1));
                    case MAX -> () -> Nd4j.exec(new Max(matrix, scalar));
                });
    }

    private static Task softmax(Softmax p) {
        INDArray logits = Nd4j.create(p.logits(), new long[] {p.rows(), p.columns()}, 'c');
        if (p.op() == Softmax.Op.SOFTMAX) {
            INDArray result = Nd4j.create(DataType.FLOAT, p.rows(), p.columns());
            return new Call(() -> Nd4j.exec(new SoftMax(logits, result, 1))[0]);
        }
        INDArray labels = Nd4j.createFromArray(p.labels());
        return new Call(() -> {
            try (INDArray losses = Nd4j.loss().sparseSoftmaxCrossEntropy(logits, labels)) {
                return losses.mean();
            }
        });
    }

    /** An expression of arrays that stay. ND4J on a CPU computes at once, so there is nothing to force. */
    private static final class Call implements Task {
        private final Supplier<INDArray> work;

        Call(Supplier<INDArray> work) {
            this.work = work;
        }

        @Override
        public void run() {
            work.get();
        }

        @Override
        public float[] result() {
            return work.get().dup('c').data().asFloat();
        }

        @Override
        public void close() {
            // The collector does it.
        }
    }
}
