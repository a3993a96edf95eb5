package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Recurrence;
import dev.tenrec.tensor.RecurrentCell;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * One time step of a recurrent layer, for loops of one's own: input [batch, in] → hidden state [batch, units]. Variables
 * are {@code weight_ih} [in, blocks · units], {@code weight_hh} [units, blocks · units], {@code bias_ih} and
 * {@code bias_hh}. Layers have {@link Recurrent#step} for generation with their own weights.
 */
public abstract sealed class StepCell extends Module permits RnnCell, LstmCell, GruCell {

    private final String name;
    private final RecurrentCell kind;
    private final long in;
    private final long units;
    private final DType dtype;
    private final RecurrentWeights weights;

    StepCell(String name, RecurrentCell kind, long in, long units, DType dtype, RandomKey key) {
        this.name = name;
        this.kind = kind;
        this.in = RecurrentOptions.checkSize(name, "inputs", in);
        this.units = RecurrentOptions.checkSize(name, "units", units);
        this.dtype = dtype;
        weights =
                new RecurrentWeights(this, new RecurrentWeights.Sizes(kind, in, units, 0, true, false), dtype, "", key);
    }

    @Override
    protected final Tensor compute(Tensor input) {
        return step(input, null).hidden();
    }

    /**
     * Computes the next state.
     *
     * @param input [batch, in]
     * @param state [batch, units] each; null for zeros
     * @return the state after the step; its hidden part is the output
     * @throws ShapeMismatch if the input or a state has another shape than expected
     */
    public final RecurrentState step(Tensor input, RecurrentState state) {
        if (input.rank() != 2 || input.size(1) != in) {
            throw new ShapeMismatch(Message.of(name, "input does not fit")
                    .line("expected", "[batch, " + in + "]", toString())
                    .line("given", input.shape())
                    .toString());
        }
        Shape shape = Shape.of(input.size(0), units);
        RecurrentState start = state != null ? state : Devices.with(input.device(), () -> zeros(shape));
        check("hidden state", start.hidden(), shape);
        check("cell state", start.cell(), kind.hasCellState() ? shape : null);
        Recurrence.Result result = weights.run(input.unsqueeze(0), false, start.hidden(), start.cell(), null, false);
        return new RecurrentState(result.hidden(), result.cell());
    }

    private RecurrentState zeros(Shape shape) {
        return new RecurrentState(Tensor.zeros(dtype, shape), kind.hasCellState() ? Tensor.zeros(dtype, shape) : null);
    }

    private void check(String what, Tensor given, Shape expected) {
        if (expected == null ? given != null : given == null || !given.shape().equals(expected)) {
            throw new ShapeMismatch(Message.of(name, what + " does not fit")
                    .line("expected", expected == null ? "none" : expected)
                    .line("given", given == null ? "none" : given.shape())
                    .toString());
        }
    }

    /** Returns the type and both sizes. */
    @Override
    public final String toString() {
        return name + "(" + in + ", " + units + ")";
    }
}
