package dev.tenrec.examples.lecture;

import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Identity;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Why activations are non-linear: with g(z) = z, Θ⁽³⁾ (Θ⁽²⁾ (Θ⁽¹⁾ x)) = (Θ⁽³⁾ Θ⁽²⁾ Θ⁽¹⁾) x, one matrix, however deep. It
 * separates by one line and cannot learn XOR; with a sigmoid it can.
 */
final class NonLinear {
    private NonLinear() {}

    /**
     * Three layers with g(z) = z beside the one matrix that they are.
     *
     * @param deep the outputs of the layers
     * @param single those of the matrix
     */
    record Linear(Tensor deep, Tensor single) {}

    static Linear collapse() {
        RandomKey[] keys = RandomKey.of(1).split(4);
        Tensor theta1 = keys[0].normal(DType.F64, Shape.of(5, 3));
        Tensor theta2 = keys[1].normal(DType.F64, Shape.of(4, 5));
        Tensor theta3 = keys[2].normal(DType.F64, Shape.of(2, 4));
        Tensor x = keys[3].normal(DType.F64, Shape.of(3, 6));
        return new Linear(
                theta3.matmul(theta2.matmul(theta1.matmul(x))),
                theta3.matmul(theta2).matmul(theta1).matmul(x));
    }

    /** A network 2-4-4-1 with an activation after each hidden layer; the caller closes it. */
    static Module network(Module first, Module second) {
        Sequential model = Sequential.of(new Dense(2, 4), first, new Dense(4, 4), second, new Dense(4, 1));
        model.initialize(1);
        return model;
    }

    static void run(PrintWriter out, Path folder) {
        Linear linear = collapse();
        double difference = linear.deep.sub(linear.single).abs().max().item();
        out.printf("three layers with g(z) = z and the product of their matrices differ by %.1e%n", difference);
        try (Module identity = network(new Identity(), new Identity());
                Module sigmoid = network(Activation.SIGMOID, Activation.SIGMOID)) {
            tell(out, "g(z) = z", identity);
            tell(out, "sigmoid", sigmoid);
        }
    }

    private static void tell(PrintWriter out, String name, Module model) {
        double loss = Xor.train(model, 400);
        out.printf("XOR, %-8s  loss %.4f  h = ", name, loss);
        out.println(Notation.text(Tensor.of(Xor.predict(model), 4)));
    }
}
