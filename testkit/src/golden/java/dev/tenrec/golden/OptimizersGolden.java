package dev.tenrec.golden;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;
import org.bytedeco.pytorch.Adagrad;
import org.bytedeco.pytorch.AdagradOptions;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.RMSprop;
import org.bytedeco.pytorch.RMSpropOptions;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * Where libtorch's optimizers take a parameter of 7 elements in 50 steps down Σ (p − 0.3·i)⁴/4 + 0.1·p; run with
 * {@code -Dgolden=OptimizersGolden}.
 */
public final class OptimizersGolden {

    private static final int STEPS = 50;
    private static final int SIZE = 7;

    private OptimizersGolden() {}

    /**
     * Writes {@code optimizers/optimizers.npz}.
     *
     * @param args the folder of golden values
     * @throws IOException if it cannot be written
     */
    public static void main(String[] args) throws IOException {
        Libtorch golden = new Libtorch(2);
        golden.put("rmsProp", run(golden, p -> rmsProp(p, 0.99, 1e-8, 0, false, 0)), STEPS + 1, SIZE);
        golden.put("rmsPropMomentum", run(golden, p -> rmsProp(p, 0.9, 1e-6, 0.8, false, 0.1)), STEPS + 1, SIZE);
        golden.put("rmsPropCentred", run(golden, p -> rmsProp(p, 0.95, 1e-5, 0, true, 0.1)), STEPS + 1, SIZE);
        golden.put("rmsPropBoth", run(golden, p -> rmsProp(p, 0.95, 1e-5, 0.7, true, 0)), STEPS + 1, SIZE);
        golden.put("adagrad", run(golden, p -> adagrad(p, 0, 0, 1e-10, 0)), STEPS + 1, SIZE);
        golden.put("adagradDecay", run(golden, p -> adagrad(p, 0.05, 0.2, 1e-7, 0.3)), STEPS + 1, SIZE);
        golden.put("adam", run(golden, p -> adam(p, 0.1)), STEPS + 1, SIZE);
        golden.put("adamW", run(golden, p -> adamW(p, 0.1)), STEPS + 1, SIZE);
        golden.put("sgd", run(golden, p -> sgd(p, 0.8, 0.5, false)), STEPS + 1, SIZE);
        golden.put("sgdNesterov", run(golden, p -> sgd(p, 0.7, 0, true)), STEPS + 1, SIZE);
        golden.write(Path.of(args[0], "optimizers", "optimizers.npz"));
    }

    private static double[] run(Libtorch golden, Function<TensorVector, Optimizer> make) {
        Tensor parameter = golden.leaf(SIZE);
        double[] centres = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            centres[i] = 0.3 * i;
        }
        Tensor centre = Libtorch.of(centres, SIZE);
        Optimizer optimizer = make.apply(new TensorVector(parameter));
        double[] path = new double[(STEPS + 1) * SIZE];
        System.arraycopy(Libtorch.values(parameter), 0, path, 0, SIZE);
        for (int t = 1; t <= STEPS; t++) {
            optimizer.zero_grad();
            Tensor fourth = parameter.sub(centre).pow(new Scalar(4)).mul(new Scalar(0.25));
            fourth.add(parameter.mul(new Scalar(0.1))).sum().backward();
            optimizer.step();
            System.arraycopy(Libtorch.values(parameter), 0, path, t * SIZE, SIZE);
        }
        return path;
    }

    private static Optimizer rmsProp(
            TensorVector p, double alpha, double epsilon, double momentum, boolean centred, double decay) {
        RMSpropOptions options = new RMSpropOptions(0.01);
        options.alpha().put(alpha);
        options.eps().put(epsilon);
        options.momentum().put(momentum);
        options.centered().put(centred);
        options.weight_decay().put(decay);
        return new RMSprop(p, options);
    }

    private static Optimizer adagrad(TensorVector p, double rateDecay, double start, double epsilon, double decay) {
        AdagradOptions options = new AdagradOptions(0.1);
        options.lr_decay().put(rateDecay);
        options.initial_accumulator_value().put(start);
        options.eps().put(epsilon);
        options.weight_decay().put(decay);
        return new Adagrad(p, options);
    }

    private static Optimizer adam(TensorVector p, double decay) {
        AdamOptions options = new AdamOptions(0.03);
        options.weight_decay().put(decay);
        return new Adam(p, options);
    }

    private static Optimizer adamW(TensorVector p, double decay) {
        AdamWOptions options = new AdamWOptions(0.03);
        options.weight_decay().put(decay);
        return new AdamW(p, options);
    }

    private static Optimizer sgd(TensorVector p, double momentum, double dampening, boolean nesterov) {
        SGDOptions options = new SGDOptions(0.05);
        options.momentum().put(momentum);
        options.dampening().put(dampening);
        options.nesterov().put(nesterov);
        options.weight_decay().put(0.1);
        return new SGD(p, options);
    }
}
