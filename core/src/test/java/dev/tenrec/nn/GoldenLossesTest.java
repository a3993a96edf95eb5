package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.tenrec.golden.GoldenFile;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.MarginLosses.MultiMarginOptions;
import dev.tenrec.nn.MarginLosses.TripletOptions;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Losses and gradients beside those of libtorch. */
class GoldenLossesTest {

    private Scope scope;
    private GoldenFile golden;

    @BeforeEach
    void open() {
        scope = Scope.open();
        golden = GoldenFile.open("losses/losses.npz");
    }

    @AfterEach
    void close() {
        golden.close();
        scope.close();
    }

    private void check(String name, int inputs, Function<Tensor[], Tensor> loss) {
        check(name, inputs, DType.F64, 1e-12, loss);
        check(name, inputs, DType.F32, 2e-5, loss);
    }

    private void check(String name, int inputs, DType dtype, double tolerance, Function<Tensor[], Tensor> loss) {
        Variable[] variables = new Variable[inputs];
        Tensor[] values = new Tensor[inputs];
        for (int i = 0; i < inputs; i++) {
            variables[i] =
                    Variable.parameter("x" + i, golden.get(name + ".input" + i).to(dtype));
            values[i] = variables[i].value();
        }
        Tensor found = loss.apply(values);
        assertArrayEquals(golden.values(name + ".loss"), found.toDoubleArray(), tolerance, name);
        Gradients gradients = found.sum().backward();
        for (int i = 0; i < inputs; i++) {
            double[] expected = golden.values(name + ".gradient" + i);
            assertArrayEquals(
                    expected, gradients.get(variables[i]).toDoubleArray(), tolerance, name + " by input " + i);
        }
    }

    private Tensor like(String name, Tensor other) {
        return golden.get(name).to(other.dtype());
    }

    @Test
    void divergences() {
        check("kl", 2, x -> Losses.klDivergence(x[0], x[1], false, Reduction.SUM));
        check("klLog", 2, DType.F64, 1e-12, x -> Losses.klDivergence(x[0], x[1], true, Reduction.SUM));
        check("klLog", 2, DType.F32, 1e-3, x -> Losses.klDivergence(x[0], x[1], true, Reduction.SUM));
    }

    @Test
    void cosinesAndHinges() {
        check("cosine", 2, x -> MarginLosses.cosineEmbedding(x[0], x[1], like("signs", x[0]), -0.3, Reduction.MEAN));
        check("hinge", 1, x -> MarginLosses.hingeEmbedding(x[0], like("signs", x[0]), 0.7, Reduction.NONE));
    }

    @Test
    void triplets() {
        triplet("triplet", 2, false);
        triplet("tripletSwap", 2, true);
        triplet("triplet1", 1, false);
        triplet("triplet3", 3, true);
    }

    private void triplet(String name, double p, boolean swap) {
        TripletOptions options = new TripletOptions(0.8, p, swap, Reduction.MEAN);
        check(name, 3, x -> MarginLosses.tripletMargin(x[0], x[1], x[2], options));
    }

    @Test
    void multiMargins() {
        for (boolean squared : new boolean[] {false, true}) {
            String name = squared ? "multiSquared" : "multi";
            check(
                    name,
                    1,
                    x -> MarginLosses.multiMargin(
                            x[0], golden.get("labels"), new MultiMarginOptions(0.8, squared, Reduction.NONE, null)));
            check(
                    name + "Weighted",
                    1,
                    x -> MarginLosses.multiMargin(
                            x[0],
                            golden.get("labels"),
                            new MultiMarginOptions(0.8, squared, Reduction.NONE, like("weights", x[0]))));
        }
    }

    @Test
    void ctc() {
        Reduction[] reductions = {Reduction.NONE, Reduction.MEAN, Reduction.SUM, Reduction.MEAN};
        long[] blanks = {0, 3, 0, 0};
        for (int i = 0; i < reductions.length; i++) {
            CtcOptions options = new CtcOptions(blanks[i], reductions[i], true);
            check(
                    "ctc" + i,
                    1,
                    x -> Losses.ctc(
                            x[0].logSoftmax(-1),
                            golden.get("ctc.targets"),
                            golden.get("ctc.inputs"),
                            golden.get("ctc.lengths"),
                            options));
        }
    }
}
