package dev.tenrec.examples.text;

import dev.tenrec.tensor.Tensor;

/** Information, in bits. */
final class Bits {
    static final double PER_NAT = 1 / Math.log(2);

    private Bits() {}

    /** −log₂ softmax(logits)[target] of each row: [rows, classes] and I64 [rows]. */
    static float[] of(Tensor logits, Tensor targets) {
        return logits.logSoftmax(1)
                .gather(1, targets.unsqueeze(1))
                .mul(-PER_NAT)
                .reshape(-1)
                .toFloatArray();
    }

    static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
