package dev.tenrec.optim;

import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;

/** Running means of gradients and of their squares, as pending tensors that join the kernel of a step. */
final class Moments {

    private static final double[] TWO = {0.5, 0.5};

    /** a·m + b·g; both factors are scalars, since 1 − β would lose digits in F32. */
    private static final ElementwiseOp SUM = ElementwiseOp.of(
            "momentSum",
            2,
            Accepts.FLOATING,
            TWO,
            args -> args.get(0).mul(args.get(2)).add(args.get(1).mul(args.get(3))));

    /** a·v + b·g². */
    private static final ElementwiseOp SQUARE_SUM = ElementwiseOp.of(
            "momentSquareSum",
            2,
            Accepts.FLOATING,
            TWO,
            args -> args.get(0)
                    .mul(args.get(2))
                    .add(args.get(1).mul(args.get(1)).mul(args.get(3))));

    private Moments() {}

    /** a·m + b·g. */
    static Tensor sum(Tensor moment, double a, Tensor gradient, double b) {
        return Tensor.apply(SUM, new double[] {a, b}, moment, gradient);
    }

    /** β·m + (1 − β)·g. */
    static Tensor mean(Tensor moment, Tensor gradient, double beta) {
        return sum(moment, beta, gradient, 1 - beta);
    }

    /** a·v + b·g². */
    static Tensor squareSum(Tensor moment, double a, Tensor gradient, double b) {
        return Tensor.apply(SQUARE_SUM, new double[] {a, b}, moment, gradient);
    }

    /** β·v + (1 − β)·g². */
    static Tensor meanSquare(Tensor moment, Tensor gradient, double beta) {
        return squareSum(moment, beta, gradient, 1 - beta);
    }
}
