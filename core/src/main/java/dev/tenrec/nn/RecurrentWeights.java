package dev.tenrec.nn;

import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Recurrence;
import dev.tenrec.tensor.RecurrentCell;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/** The variables of one layer in one direction, and how they are applied to a sequence. */
final class RecurrentWeights {

    private final RecurrentCell kind;
    private final Variable ofInput;
    private final Variable ofHidden;
    private final Variable inputBias;
    private final Variable hiddenBias;
    private final Variable projection;
    private final Variable peepholes;

    /** What the variables depend on. */
    record Sizes(RecurrentCell kind, long in, long units, long projection, boolean bias, boolean peepholes) {
        long outputs() {
            return projection == 0 ? units : projection;
        }
    }

    /** Registers the variables with a module, under PyTorch's names. */
    RecurrentWeights(Module owner, Sizes sizes, DType dtype, String suffix, RandomKey key) {
        kind = sizes.kind;
        long blocks = sizes.units * kind.blocks();
        // All of them start in ±1 / √units.
        Fans fans = new Fans(sizes.units, sizes.units);
        Initializer start = Initializers.fanInUniform();
        RandomKey[] keys = key == null ? new RandomKey[6] : key.split(6);
        ofInput = owner.parameter("weight_ih" + suffix, dtype, Shape.of(sizes.in, blocks), start, fans, keys[0]);
        ofHidden =
                owner.parameter("weight_hh" + suffix, dtype, Shape.of(sizes.outputs(), blocks), start, fans, keys[1]);
        Shape line = Shape.of(blocks);
        inputBias = sizes.bias ? owner.parameter("bias_ih" + suffix, dtype, line, start, fans, keys[2]) : null;
        hiddenBias = sizes.bias ? owner.parameter("bias_hh" + suffix, dtype, line, start, fans, keys[3]) : null;
        projection = sizes.projection == 0
                ? null
                : owner.parameter(
                        "weight_hr" + suffix, dtype, Shape.of(sizes.units, sizes.projection), start, fans, keys[4]);
        peepholes = sizes.peepholes
                ? owner.parameter("peephole" + suffix, dtype, Shape.of(3, sizes.units), start, fans, keys[5])
                : null;
    }

    /**
     * Runs over sequences.
     *
     * @param input [time, batch, in] or, if that is said, [batch, time, in]
     * @param batchFirst which of them
     * @param hidden [batch, outputs]
     * @param cell [batch, units] or null
     * @param mask BOOL [time, batch] or null
     * @param reverse from the last step to the first
     * @return outputs as [time, batch, outputs]
     */
    Recurrence.Result run(Tensor input, boolean batchFirst, Tensor hidden, Tensor cell, Tensor mask, boolean reverse) {
        // One product for all steps. Whether the biases may be added up beforehand depends on the cell.
        Tensor blocks = input.reshape(-1, input.size(-1)).matmul(ofInput.value());
        boolean joined = kind != RecurrentCell.GRU;
        if (inputBias != null) {
            blocks = blocks.add(inputBias.value());
            blocks = joined ? blocks.add(hiddenBias.value()) : blocks;
        }
        blocks = blocks.reshape(input.shape().with(-1, blocks.size(-1)));
        return Recurrence.run(
                kind,
                new Recurrence.Operands(
                        batchFirst ? blocks.transpose(0, 1) : blocks,
                        ofHidden.value(),
                        hidden,
                        cell,
                        joined || hiddenBias == null ? null : hiddenBias.value(),
                        projection == null ? null : projection.value(),
                        peepholes == null ? null : peepholes.value(),
                        mask),
                reverse);
    }
}
