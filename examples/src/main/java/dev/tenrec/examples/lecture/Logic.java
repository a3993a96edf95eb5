package dev.tenrec.examples.lecture;

import dev.tenrec.examples.Plane;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * Logic by sigmoid units h = g(Θ [1; x]): AND has Θ = (−30, 20, 20), which is positive for x = (1, 1) alone. XNOR is
 * (x₁ AND x₂) OR (x₁ NOR x₂), in two layers.
 */
final class Logic {
    static final float[][] AND = {{-30, 20, 20}};
    static final float[][] OR = {{-10, 20, 20}};
    static final float[][] NOT = {{10, -20}};
    static final float[][] NOR = {{10, -20, -20}};

    private Logic() {}

    /** The four samples as columns, [2, 4]: 00, 01, 10, 11. */
    static Tensor inputs() {
        return Xor.inputs().transpose();
    }

    /** h of one unit or of layers, for all columns. */
    static Tensor unit(Tensor x, float[][]... thetas) {
        Tensor[] matrices = new Tensor[thetas.length];
        for (int i = 0; i < thetas.length; i++) {
            matrices[i] = Tensor.of(thetas[i]);
        }
        return FeedForward.forward(x, Tensor::sigmoid, matrices).getLast().a();
    }

    /** XNOR: the hidden units are AND and NOR, the output is OR of them. */
    static Tensor xnor() {
        return unit(inputs(), new float[][] {AND[0], NOR[0]}, OR);
    }

    /** Learns XOR from random weights; the caller closes the network. */
    static Module learnXor() {
        Sequential model = Sequential.of(new Dense(2, 4), Activation.TANH, new Dense(4, 1));
        model.initialize(1);
        Xor.train(model, 300);
        return model;
    }

    static void run(PrintWriter out, Path folder) throws IOException {
        out.println("x1 x2     00, 01, 10, 11");
        out.println("AND      " + Notation.text(unit(inputs(), AND)));
        out.println("OR       " + Notation.text(unit(inputs(), OR)));
        out.println("NOR      " + Notation.text(unit(inputs(), NOR)));
        out.println("XNOR     " + Notation.text(xnor()));
        try (Module learned = learnXor()) {
            out.println("XOR      " + Notation.text(Tensor.of(Xor.predict(learned), 4)) + "   (learned)");
            Plane.write(
                    out,
                    folder.resolve("xor.png"),
                    List.of(new Plane(
                            "XOR, learned",
                            -0.5f,
                            1.5f,
                            places -> Scope.call(() -> learned.forward(Tensor.of(places, places.length / 2, 2))
                                    .sigmoid()
                                    .toFloatArray()),
                            List.of(
                                    new Plane.Point(0, 0, 0),
                                    new Plane.Point(0, 1, 1),
                                    new Plane.Point(1, 0, 1),
                                    new Plane.Point(1, 1, 0)))));
        }
        out.println("NOT 0, 1 " + Notation.text(unit(Tensor.of(new float[] {0, 1}, 1, 2), NOT)));
    }
}
