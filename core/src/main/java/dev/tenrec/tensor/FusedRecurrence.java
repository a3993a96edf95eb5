package dev.tenrec.tensor;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Launches;
import dev.tenrec.engine.Operations;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.InputSpec;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the steps of a {@link Recurrence} as two launches each, a product and one kernel for the cell, which write into
 * memory of the whole sequence: nothing is put together afterwards, and the weights' gradient reads all steps where they
 * lie. Cells of one block are the epilogue of their product.
 *
 * <p>States stand in slots, one more than there are steps; the step at time t leads from slot t to t + 1, in reverse from
 * t + 1 to t. Projections and peepholes are not for this class.
 */
final class FusedRecurrence {

    private final RecurrentCell kind;
    private final boolean reverse;
    private final Recurrence.Operands o;
    private final DeviceContext context;
    private final DType dtype;
    private final CellKernels cell;
    private final Tensor weight;
    private final long steps;
    private final long rows;
    private final long units;
    private final long width;
    private final long slot;

    FusedRecurrence(RecurrentCell kind, Recurrence.Operands operands, boolean reverse) {
        this.kind = kind;
        this.reverse = reverse;
        o = operands;
        context = o.inputs().context();
        dtype = o.inputs().dtype();
        cell = new CellKernels(kind, dtype, o.mask() != null);
        // A view may have no unit stride, which products need.
        weight = Tensor.constant(Operations.contiguous(o.weight().node()));
        steps = o.inputs().size(0);
        rows = o.inputs().size(1);
        units = o.weight().size(0);
        width = kind.blocks() * units;
        slot = rows * units;
    }

    /** Whether this class can do it. */
    static boolean fits(Recurrence.Operands o) {
        return o.projection() == null && o.peepholes() == null && o.inputs().elementCount() > 0;
    }

    /**
     * What the steps made.
     *
     * @param states flat: the hidden state's slots, then the cell's
     * @param gates [T, N, B·H] if they are wanted for the gradient; null otherwise, and for cells of one block
     */
    record Made(Tensor states, Tensor gates) {}

    private long time(long step) {
        return reverse ? steps - 1 - step : step;
    }

    private long before(long time) {
        return reverse ? time + 1 : time;
    }

    private long after(long time) {
        return reverse ? time : time + 1;
    }

    /** The slot before the first step. */
    long firstSlot() {
        return reverse ? steps : 0;
    }

    /** The slot after the last step. */
    long lastSlot() {
        return reverse ? 0 : steps;
    }

    private Tensor memory(Shape shape) {
        return Tensor.constant(Launches.allocate(context, dtype, shape));
    }

    private static Operand part(Tensor tensor, Layout layout) {
        return Launches.operand(tensor.node(), _ -> layout);
    }

    /** Dense [N, H] at some element. */
    private Operand state(Tensor states, long at) {
        return part(states, Layout.dense(Shape.of(rows, units)).at(at));
    }

    private Operand hidden(Tensor states, long slotNumber) {
        return state(states, slotNumber * slot);
    }

    private Operand cellState(Tensor states, long slotNumber) {
        return state(states, (steps + 1 + slotNumber) * slot);
    }

    /** A block of [T, N, B·H] at a time, as [N, H]. */
    private Operand block(Tensor all, long time, int block) {
        return Launches.operand(
                all.node(),
                l -> l.slice(0, time, 1, 1)
                        .slice(2, block * units, units, 1)
                        .reshape(Shape.of(rows, units))
                        .orElseGet(() -> Layout.of(
                                Shape.of(rows, units),
                                new long[] {l.stride(1), l.stride(2)},
                                l.offset() + time * l.stride(0) + block * units * l.stride(2))));
    }

    private Operand mask(long time) {
        return Launches.operand(
                o.mask().node(),
                l -> Layout.of(Shape.of(rows, units), new long[] {l.stride(1), 0}, l.offset() + time * l.stride(0)));
    }

    private CompiledKernel map(List<Expr> outputs, List<Operand> inputs) {
        return Launches.kernel(context, new Kernel.Map(outputs, specs(inputs), 0));
    }

    private CompiledKernel product(Expr epilogue, List<Operand> extras) {
        return Launches.kernel(context, new Kernel.MatMul(dtype, List.of(epilogue), specs(extras), 0));
    }

    private static List<InputSpec> specs(List<Operand> inputs) {
        return inputs.stream()
                .map(operand -> new InputSpec(operand.dtype(), LayoutClass.of(operand.layout())))
                .toList();
    }

    private static void run(CompiledKernel kernel, Shape space, List<Operand> inputs, List<Operand> outputs) {
        kernel.run(new Launch(space, space.rank(), inputs, outputs, new long[0]));
    }

    private void copy(Tensor from, Operand to) {
        run(
                Launches.kernel(context, new Kernel.Copy(dtype)),
                Shape.of(rows, units),
                List.of(Launches.operand(from.node(), layout -> layout)),
                List.of(to));
    }

    // Forward

    Made forward(boolean keepGates) {
        boolean gated = kind.blocks() > 1;
        Tensor states = memory(Shape.of((steps + 1) * slot * (kind.hasCellState() ? 2 : 1)));
        Tensor gates = gated ? memory(Shape.of(keepGates ? steps : 1, rows, width)) : null;
        copy(o.hidden(), hidden(states, firstSlot()));
        if (kind.hasCellState()) {
            copy(o.cell(), cellState(states, firstSlot()));
        }
        Operand factor = Launches.operand(weight.node(), layout -> layout);
        CompiledKernel product = null;
        CompiledKernel map = null;
        for (long i = 0; i < steps; i++) {
            long t = time(i);
            long at = keepGates ? t : 0;
            Operand to = gated
                    ? part(gates, Layout.dense(Shape.of(rows, width)).at(at * rows * width))
                    : hidden(states, after(t));
            List<Operand> factors = new ArrayList<>(List.of(hidden(states, before(t)), factor));
            List<Operand> extras = extras(states, t);
            product = product == null ? product(cell.epilogue(o.bias() != null), extras) : product;
            factors.addAll(extras);
            run(product, Shape.of(rows, width, units), factors, List.of(to));
            if (gated) {
                List<Operand> inputs = forwardInputs(gates, at, states, t);
                map = map == null ? map(cell.forward(), inputs) : map;
                run(map, Shape.of(rows, units), inputs, forwardOutputs(gates, at, states, t));
            }
        }
        Reference.reachabilityFence(o);
        return new Made(states, keepGates ? gates : null);
    }

    private List<Operand> extras(Tensor states, long t) {
        List<Operand> extras = new ArrayList<>();
        if (kind == RecurrentCell.GRU) {
            if (o.bias() != null) {
                extras.add(Launches.operand(o.bias().node(), layout -> layout.expand(Shape.of(rows, width))));
            }
            return extras;
        }
        extras.add(Launches.operand(
                o.inputs().node(),
                l -> Layout.of(
                        Shape.of(rows, width), new long[] {l.stride(1), l.stride(2)}, l.offset() + t * l.stride(0))));
        if (kind.blocks() == 1 && o.mask() != null) {
            extras.add(hidden(states, before(t)));
            extras.add(mask(t));
        }
        return extras;
    }

    private List<Operand> forwardInputs(Tensor gates, long at, Tensor states, long t) {
        List<Operand> inputs = new ArrayList<>();
        blocks(inputs, gates, at, kind.blocks());
        if (kind == RecurrentCell.LSTM) {
            inputs.add(cellState(states, before(t)));
        } else {
            blocks(inputs, o.inputs(), t, kind.blocks());
            inputs.add(hidden(states, before(t)));
        }
        if (o.mask() != null) {
            if (kind == RecurrentCell.LSTM) {
                inputs.add(hidden(states, before(t)));
            }
            inputs.add(mask(t));
        }
        return inputs;
    }

    private List<Operand> forwardOutputs(Tensor gates, long at, Tensor states, long t) {
        List<Operand> outputs = new ArrayList<>();
        if (kind == RecurrentCell.LSTM) {
            blocks(outputs, gates, at, 4);
            outputs.add(cellState(states, after(t)));
        } else {
            // The state's part of the candidate stays as it is: the gradient of the reset gate reads it.
            blocks(outputs, gates, at, 2);
        }
        outputs.add(hidden(states, after(t)));
        return outputs;
    }

    private void blocks(List<Operand> list, Tensor all, long time, int count) {
        for (int block = 0; block < count; block++) {
            list.add(block(all, time, block));
        }
    }

    // Backward

    /**
     * What goes back.
     *
     * @param inputs [T, N, B·H]
     * @param weight [H, B·H] or null if it is not wanted
     * @param hidden [N, H]
     * @param cell [N, H] or null
     * @param bias [B·H] or null
     */
    record Found(Tensor inputs, Tensor weight, Tensor hidden, Tensor cell, Tensor bias) {}

    /**
     * Goes back through the steps.
     *
     * @param made what they made
     * @param upstream the gradient of the states, dense
     * @param wantsWeight whether the weight's gradient is wanted
     */
    Found backward(Made made, Tensor upstream, boolean wantsWeight) {
        Tensor states = made.states();
        Tensor ofStates = memory(Shape.of(steps, rows, width));
        Tensor ofInputs = kind == RecurrentCell.GRU ? memory(Shape.of(steps, rows, width)) : ofStates;
        Tensor ofHidden = zeros();
        Tensor ofCell = kind.hasCellState() ? memory(Shape.of(rows, units)) : null;
        Tensor passed = cell.passes() ? memory(Shape.of(rows, units)) : null;
        if (ofCell != null) {
            run(
                    Launches.kernel(context, new Kernel.Copy(dtype)),
                    Shape.of(rows, units),
                    List.of(cellState(upstream, lastSlot())),
                    List.of(state(ofCell, 0)));
        }
        Operand turned = Launches.operand(weight.node(), layout -> layout.permute(1, 0));
        Expr sum = Expr.input(0, dtype);
        sum = passed == null ? sum : sum.add(Expr.input(1, dtype));
        CompiledKernel map = null;
        CompiledKernel product = null;
        for (long i = steps - 1; i >= 0; i--) {
            long t = time(i);
            List<Operand> inputs = backwardInputs(made, t);
            inputs.add(state(ofHidden, 0));
            inputs.add(hidden(upstream, after(t)));
            if (ofCell != null) {
                inputs.add(state(ofCell, 0));
            }
            if (o.mask() != null) {
                inputs.add(mask(t));
            }
            List<Operand> outputs = new ArrayList<>();
            blocks(outputs, ofStates, t, kind.blocks());
            if (kind == RecurrentCell.GRU) {
                blocks(outputs, ofInputs, t, kind.blocks());
            }
            if (ofCell != null) {
                outputs.add(state(ofCell, 0));
            }
            List<Operand> extras = new ArrayList<>();
            if (passed != null) {
                outputs.add(state(passed, 0));
                extras.add(state(passed, 0));
            }
            map = map == null ? map(cell.backward(), inputs) : map;
            run(map, Shape.of(rows, units), inputs, outputs);
            product = product == null ? product(sum, extras) : product;
            List<Operand> factors = new ArrayList<>(List.of(
                    part(ofStates, Layout.dense(Shape.of(rows, width)).at(t * rows * width)), turned));
            factors.addAll(extras);
            run(product, Shape.of(rows, units, width), factors, List.of(state(ofHidden, 0)));
        }
        Reference.reachabilityFence(o);
        Tensor flat = ofStates.reshape(steps * rows, width);
        Tensor ofWeight = wantsWeight
                ? Tensor.constant(Operations.view(
                                states.node(),
                                _ -> Layout.of(Shape.of(units, steps * rows), new long[] {1, units}, before(0) * slot)))
                        .matmul(flat)
                : null;
        return new Found(ofInputs, ofWeight, ofHidden, ofCell, o.bias() == null ? null : flat.sum(0));
    }

    private List<Operand> backwardInputs(Made made, long t) {
        List<Operand> inputs = new ArrayList<>();
        switch (kind) {
            case RNN_TANH, RNN_RELU -> inputs.add(hidden(made.states(), after(t)));
            case LSTM -> {
                blocks(inputs, made.gates(), t, 4);
                inputs.add(cellState(made.states(), before(t)));
                inputs.add(cellState(made.states(), after(t)));
            }
            case GRU -> {
                blocks(inputs, made.gates(), t, 3);
                inputs.add(block(o.inputs(), t, 2));
                inputs.add(hidden(made.states(), before(t)));
            }
        }
        return inputs;
    }

    private Tensor zeros() {
        Tensor zeros = Creation.full(context, dtype, Shape.of(rows, units), 0);
        return Tensor.constant(Operations.owned(zeros.node()));
    }
}
