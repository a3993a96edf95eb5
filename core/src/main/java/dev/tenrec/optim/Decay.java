package dev.tenrec.optim;

import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;

/** Weight decay as a part of the gradient: that of λ/2·‖p‖². */
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
}
