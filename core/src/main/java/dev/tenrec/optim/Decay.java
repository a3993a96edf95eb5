package dev.tenrec.optim;

import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;

/** Weight decay: as a part of the gradient, that of λ/2·‖p‖², or as a factor of the parameter. */
final class Decay {

    private static final ElementwiseOp ADD = ElementwiseOp.of(
            "addDecay",
            2,
            Accepts.FLOATING,
            new double[] {0.5},
            args -> args.get(0).add(args.get(1).mul(args.get(2))));

    private Decay() {}

    /** The gradient, with decay if the group has any. */
    static Tensor add(Optimizer.Update update) {
        double decay = update.weightDecay();
        return decay == 0
                ? update.gradient()
                : update.temporary(Tensor.apply(ADD, new double[] {decay}, update.gradient(), update.value()));
    }

    /** The factor 1 − lr·λ that decoupled decay leaves of a parameter; 1 if decay is a part of the gradient. */
    static double kept(Optimizer.Update update, boolean decoupled) {
        return decoupled ? 1 - update.learningRate() * update.weightDecay() : 1;
    }
}
