package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Recurrence;
import dev.tenrec.tensor.RecurrentCell;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Layers that read sequences step by step and remember: input [batch, time, in] → output [batch, time, directions ·
 * outputs], or [time, batch, …] with {@link RecurrentOptions#timeFirst}. {@link #forward(Tensor)} starts from states of
 * zeros and gives the outputs; the other forms take and give states, and lengths of the sequences.
 *
 * <pre>{@code
 * var lstm = Lstm.builder(128, 256).layers(2).build();
 * var state = lstm.zeroState(batch);
 * for (Tensor part : parts) {                               // truncated backpropagation through time
 *     var result = lstm.forward(part, state);
 *     adam.step(loss(result.output()).backward());
 *     state = result.state().detach();
 * }
 * }</pre>
 *
 * <p>Variables have PyTorch's names, {@code weight_ih_l0}, {@code weight_hh_l0_reverse}, …, and its order of blocks;
 * weights stand as [in, out], as everywhere in Tenrec: the transpose of PyTorch's. All start uniformly in ±1 / √units.
 */
public abstract sealed class Recurrent extends Module permits Rnn, Lstm, Gru {

    private final RecurrentCell kind;
    private final long in;
    private final long units;
    private final long outputs;
    private final int layers;
    private final int directions;
    private final boolean timeFirst;
    private final DType dtype;
    private final Dropout dropout;
    private final String description;
    private final List<RecurrentWeights> weights = new ArrayList<>();

    /**
     * Outputs and states.
     *
     * @param output [batch, time, directions · outputs], or time first; 0 beyond a sequence's length
     * @param state after the last step of each sequence
     */
    public record Result(Tensor output, RecurrentState state) implements Scope.Group {
        @Override
        public void forEachScoped(Consumer<Scoped> action) {
            action.accept(output);
            state.forEachScoped(action);
        }
    }

    Recurrent(RecurrentCell kind, RecurrentOptions<?> options) {
        this.kind = kind;
        in = options.in;
        units = options.units;
        outputs = options.projection == 0 ? units : options.projection;
        layers = options.layers;
        directions = options.bidirectional ? 2 : 1;
        timeFirst = options.timeFirst;
        dtype = options.dtype;
        RandomKey key = options.key;
        for (int layer = 0; layer < layers; layer++) {
            for (int direction = 0; direction < directions; direction++) {
                int number = layer * directions + direction;
                long width = layer == 0 ? in : outputs * directions;
                weights.add(new RecurrentWeights(
                        this,
                        new RecurrentWeights.Sizes(
                                kind, width, units, options.projection, options.bias, options.peepholes),
                        dtype,
                        "_l" + layer + (direction == 0 ? "" : "_reverse"),
                        key == null ? null : key.fold(number)));
            }
        }
        dropout = options.dropout == 0 || layers == 1
                ? null
                : child("dropout", new Dropout(options.dropout, key == null ? null : key.fold(-1)));
        description = options.name + "(" + in + ", " + units + (layers > 1 ? ", layers " + layers : "")
                + (directions > 1 ? ", both directions" : "") + (outputs == units ? "" : ", projection " + outputs)
                + (options.peepholes ? ", peepholes" : "") + (options.bias ? "" : ", no bias") + ")";
    }

    @Override
    protected final Tensor compute(Tensor input) {
        return forward(input, null, null).output;
    }

    /**
     * Runs from given states.
     *
     * @param input [batch, time, in], or time first; at least one step
     * @param initial the states before the first step; null for zeros
     * @return outputs and states
     * @throws ShapeMismatch if the input or a state has another shape than expected
     */
    public final Result forward(Tensor input, RecurrentState initial) {
        return forward(input, initial, null);
    }

    /**
     * Runs over sequences of different lengths. Beyond its length a sequence's states stay as they are and its outputs
     * are 0; the other direction begins with each sequence's own last step.
     *
     * @param input [batch, time, in], or time first; at least one step. What stands beyond a length has no influence
     * @param initial the states before the first step; null for zeros
     * @param lengths I64 or I32 [batch], each from 1 to the number of steps; null if all are as long. Read on the host
     * @return outputs and states
     * @throws ShapeMismatch if the input, a state or the lengths have another shape than expected
     * @throws InvalidArgument if a length is out of range
     */
    public final Result forward(Tensor input, RecurrentState initial, Tensor lengths) {
        checkInput(input);
        int timeAxis = timeFirst ? 0 : 1;
        long batch = input.size(1 - timeAxis);
        long steps = input.size(timeAxis);
        RecurrentState start = initial == null ? zeroState(batch, input) : checkState(initial, batch);
        Tensor mask = lengths == null ? null : mask(lengths, batch, steps);
        List<Tensor> hidden = new ArrayList<>();
        List<Tensor> cells = new ArrayList<>();
        Tensor value = input;
        boolean batchFirst = !timeFirst;
        for (int layer = 0; layer < layers; layer++) {
            if (layer > 0 && dropout != null) {
                value = dropout.forward(value);
            }
            Tensor[] sides = new Tensor[directions];
            for (int direction = 0; direction < directions; direction++) {
                int number = layer * directions + direction;
                Recurrence.Result result = weights.get(number)
                        .run(
                                value,
                                batchFirst,
                                start.hidden().select(0, number),
                                start.cell() == null ? null : start.cell().select(0, number),
                                mask,
                                direction == 1);
                sides[direction] = result.output();
                hidden.add(result.hidden());
                cells.add(result.cell());
            }
            value = directions == 1 ? sides[0] : Tensor.concat(-1, sides);
            batchFirst = false;
        }
        Tensor cell = kind.hasCellState() ? Tensor.stack(0, cells.toArray(Tensor[]::new)) : null;
        return new Result(
                timeFirst ? value : value.transpose(0, 1),
                new RecurrentState(Tensor.stack(0, hidden.toArray(Tensor[]::new)), cell));
    }

    /**
     * Runs one time step, for generation.
     *
     * @param input [batch, in]
     * @param state the states before; null for zeros
     * @return output [batch, outputs], and the states after
     * @throws InvalidArgument if the layer runs in both directions
     * @throws ShapeMismatch if the input or a state has another shape than expected
     */
    public final Result step(Tensor input, RecurrentState state) {
        if (directions > 1) {
            throw new InvalidArgument(Message.of("step", "the layer needs the whole sequence")
                    .line("expected", "a layer of one direction")
                    .line("given", this)
                    .toString());
        }
        if (input.rank() != 2) {
            throw new ShapeMismatch(Message.of("step", "input does not fit")
                    .line("expected", "[batch, " + in + "]", toString())
                    .line("given", input.shape())
                    .hint("forward takes sequences")
                    .toString());
        }
        int timeAxis = timeFirst ? 0 : 1;
        Result result = forward(input.unsqueeze(timeAxis), state, null);
        return new Result(result.output.squeeze(timeAxis), result.state);
    }

    /**
     * Makes states of zeros, on the current device.
     *
     * @param batch number of sequences
     * @return the states that a sequence starts with
     */
    public final RecurrentState zeroState(long batch) {
        long rows = (long) layers * directions;
        return new RecurrentState(
                Tensor.zeros(dtype, Shape.of(rows, batch, outputs)),
                kind.hasCellState() ? Tensor.zeros(dtype, Shape.of(rows, batch, units)) : null);
    }

    private RecurrentState zeroState(long batch, Tensor like) {
        return Devices.with(like.device(), () -> zeroState(batch));
    }

    private void checkInput(Tensor input) {
        String form = timeFirst ? "[time, batch, " + in + "]" : "[batch, time, " + in + "]";
        if (input.rank() != 3 || input.size(-1) != in) {
            Message message = Message.of(name(), "input does not fit")
                    .line("expected", form, toString())
                    .line("given", input.shape());
            if (input.rank() == 2 && input.size(-1) == in) {
                message.hint("for one sequence unsqueeze the batch axis; for single steps use step");
            }
            throw new ShapeMismatch(message.toString());
        }
        if (input.size(timeFirst ? 0 : 1) == 0) {
            throw new ShapeMismatch(Message.of(name(), "sequences of length 0")
                    .line("expected", form, "at least one time step")
                    .line("given", input.shape())
                    .toString());
        }
        if (input.dtype() != dtype) {
            throw new DTypeMismatch(Message.of(name(), "element type does not fit")
                    .line("expected", dtype, toString())
                    .line("given", input.dtype())
                    .hint("convert with .to(DType." + dtype + ")")
                    .toString());
        }
    }

    private RecurrentState checkState(RecurrentState state, long batch) {
        long rows = (long) layers * directions;
        checkState("hidden state", state.hidden(), Shape.of(rows, batch, outputs));
        checkState("cell state", state.cell(), kind.hasCellState() ? Shape.of(rows, batch, units) : null);
        return state;
    }

    private void checkState(String what, Tensor given, Shape expected) {
        if (expected == null ? given != null : given == null || !given.shape().equals(expected)) {
            throw new ShapeMismatch(Message.of(name(), what + " does not fit")
                    .line("expected", expected == null ? "none" : expected, "[layers · directions, batch, size]")
                    .line("given", given == null ? "none" : given.shape())
                    .hint("zeroState(batch) makes one")
                    .toString());
        }
    }

    private Tensor mask(Tensor lengths, long batch, long steps) {
        if (lengths.rank() != 1 || lengths.size(0) != batch || !lengths.dtype().isInteger()) {
            throw new ShapeMismatch(Message.of(name(), "lengths do not fit")
                    .line("expected", "I64 or I32 [" + batch + "]", "one per sequence")
                    .line("given", lengths.dtype() + " " + lengths.shape())
                    .toString());
        }
        long[] values = lengths.toLongArray();
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 1 || values[i] > steps) {
                throw new InvalidArgument(Message.of(name(), "length out of range")
                        .line("expected", "1 to " + steps)
                        .line("given", values[i], "sequence " + i)
                        .hint(values[i] == 0 ? "leave out sequences of length 0" : "lengths count time steps")
                        .toString());
            }
        }
        Tensor numbers = Devices.with(lengths.device(), () -> Tensor.arange(lengths.dtype(), 0, steps, 1));
        return numbers.unsqueeze(-1).lt(lengths);
    }

    private String name() {
        return getClass().getSimpleName();
    }

    /**
     * Returns the number of layers.
     *
     * @return 1 or more
     */
    public final int layers() {
        return layers;
    }

    /**
     * Returns the size of an output.
     *
     * @return units, or projected units, times directions
     */
    public final long outputSize() {
        return outputs * directions;
    }

    /** Returns the type, sizes and options. */
    @Override
    public final String toString() {
        return description;
    }
}
