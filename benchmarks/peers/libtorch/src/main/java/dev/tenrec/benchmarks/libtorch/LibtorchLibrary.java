package dev.tenrec.benchmarks.libtorch;

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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** PyTorch's eager operations, called from Java. */
public final class LibtorchLibrary implements Library {

    /** For the service loader. */
    public LibtorchLibrary() {
        torch.set_num_threads(Runtime.getRuntime().availableProcessors());
    }

    @Override
    public String describe() {
        try {
            String version = Loader.getVersion("org.bytedeco", "pytorch");
            return "libtorch " + version + ", " + torch.get_num_threads() + " threads";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Task prepare(Problem problem) {
        return switch (problem) {
            case MatMul product -> matmul(product);
            case Elementwise map -> map(map);
            case Reduction reduction -> reduce(reduction);
            case Softmax softmax -> softmax(softmax);
            case TrainStep step -> LibtorchTraining.of(step);
            case CnnStep step -> LibtorchTraining.of(step);
            case RecurrentStep step -> LibtorchTraining.of(step);
            case Predict predict -> new LibtorchPrediction(predict);
        };
    }

    /** Copies values into a tensor of their own. */
    static Tensor tensor(float[] values, long... sizes) {
        try (PointerScope _ = new PointerScope()) {
            // The tensor made around the array goes; the one with the copy stays.
            return torch.from_blob(new FloatPointer(values), sizes).clone().retainReference();
        }
    }

    /** Copies labels or characters into a tensor of their own. */
    static Tensor labels(int[] values, long... sizes) {
        long[] wide = new long[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        try (PointerScope _ = new PointerScope()) {
            return torch.from_blob(
                            new LongPointer(wide), sizes, new org.bytedeco.pytorch.TensorOptions(torch.ScalarType.Long))
                    .clone()
                    .retainReference();
        }
    }

    /** Copies a tensor's elements. */
    static float[] array(Tensor tensor) {
        try (PointerScope _ = new PointerScope()) {
            Tensor dense = tensor.contiguous();
            float[] values = new float[(int) dense.numel()];
            new FloatPointer(dense.data_ptr()).get(values);
            return values;
        }
    }

    private static Task matmul(MatMul p) {
        Tensor left = matrices(p.left(), p.batch(), p.rows(), p.inner(), p.leftTransposed());
        Tensor right = matrices(p.right(), p.batch(), p.inner(), p.columns(), p.rightTransposed());
        Tensor product =
                p.batch() > 1 ? torch.empty(p.batch(), p.rows(), p.columns()) : torch.empty(p.rows(), p.columns());
        return new Call(() -> torch.matmul_out(product, left, right), left, right, product);
    }

    private static Tensor matrices(float[] values, int batch, long rows, long columns, boolean transposed) {
        long first = transposed ? columns : rows;
        long second = transposed ? rows : columns;
        Tensor stored = batch > 1 ? tensor(values, batch, first, second) : tensor(values, first, second);
        return transposed ? stored.transpose(-2, -1) : stored;
    }

    private static Task map(Elementwise p) {
        Tensor a = tensor(p.operand(0), p.elements());
        Tensor b = p.op().operands() > 1 ? tensor(p.operand(1), p.elements()) : a;
        Tensor c = p.op().operands() > 2 ? tensor(p.operand(2), p.elements()) : a;
        Scalar half = new Scalar(0.5);
        Supplier<Tensor> work = switch (p.op()) {
            case ADD -> () -> a.add(b);
            case RELU -> a::relu;
            case SIGMOID -> a::sigmoid;
            case EXP -> a::exp;
            case TANH -> a::tanh;
            case MULTIPLY_ADD -> () -> torch.addcmul(c, a, b);
            case SCALED_RELU -> () -> torch.addcmul(c, a, b).relu_().mul_(half);
            case GELU_TANH -> () -> torch.gelu(a, "tanh");
        };
        return new Call(work, a, b, c, half);
    }

    private static Task reduce(Reduction p) {
        Tensor matrix = tensor(p.values(), p.rows(), p.columns());
        Supplier<Tensor> work = switch (p.op()) {
            case SUM -> matrix::sum;
            case SUM_AXIS_0 -> () -> matrix.sum(0L);
            case SUM_AXIS_1 -> () -> matrix.sum(1L);
            case MAX -> matrix::max;
        };
        return new Call(work, matrix);
    }

    private static Task softmax(Softmax p) {
        Tensor logits = tensor(p.logits(), p.rows(), p.columns());
        if (p.op() == Softmax.Op.SOFTMAX) {
            return new Call(() -> logits.softmax(1), logits);
        }
        Tensor labels = labels(p.labels(), p.rows());
        return new Call(() -> torch.cross_entropy(logits, labels), logits, labels);
    }

    /** An expression of tensors that stay. PyTorch computes at once, so there is nothing to force. */
    private static final class Call implements Task {
        private final Supplier<Tensor> work;
        private final Pointer[] operands;

        Call(Supplier<Tensor> work, Pointer... operands) {
            this.work = work;
            this.operands = operands;
        }

        @Override
        public void run() {
            try (PointerScope _ = new PointerScope();
                    InferenceMode _ = new InferenceMode()) {
                work.get();
            }
        }

        @Override
        public float[] result() {
            try (PointerScope _ = new PointerScope()) {
                return array(work.get());
            }
        }

        @Override
        public void close() {
            for (Pointer operand : operands) {
                operand.close();
            }
        }
    }
}
