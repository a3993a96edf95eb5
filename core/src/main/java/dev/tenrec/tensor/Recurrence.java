package dev.tenrec.tensor;

import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A recurrent layer over whole sequences, as one operation: what the inputs contribute to all steps is given, the
 * recurrent part is done step by step. With sizes T steps, N sequences, H units of the cell with B blocks of
 * pre-activations, and R units of the hidden state (H unless there is a projection):
 *
 * <pre>
 * sₜ = hₜ₋₁·weight + bias            [N, B·H]
 * mₜ, cₜ = cell(sₜ, inputsₜ, …)      [N, H], one elementwise region
 * hₜ = mₜ, or mₜ·projection          [N, R]
 * </pre>
 *
 * <p>Composed of products and maps. A step keeps its pre-activations and states; the gradient goes back step by step,
 * and takes those of the weights in one product over all steps. Second derivatives record the steps again.
 */
public final class Recurrence {

    private final RecurrentCell kind;
    private final boolean reverse;

    private Recurrence(RecurrentCell kind, boolean reverse) {
        this.kind = kind;
        this.reverse = reverse;
    }

    /**
     * What the steps read.
     *
     * @param inputs [T, N, B·H], what the inputs contribute, biases included
     * @param weight [R, B·H]
     * @param hidden [N, R], the state before the first step
     * @param cell [N, H], the cell state before the first step; null for cells without one
     * @param bias [B·H], added to the state's part; null for none
     * @param projection [H, R]; null for none
     * @param peepholes [3, H], for the LSTM; null for none
     * @param mask BOOL [T, N]: where false, the states stay and the output is 0; null for true everywhere
     */
    public record Operands(
            Tensor inputs,
            Tensor weight,
            Tensor hidden,
            Tensor cell,
            Tensor bias,
            Tensor projection,
            Tensor peepholes,
            Tensor mask) {

        static final int SLOTS = 8;

        Tensor[] slots() {
            return new Tensor[] {inputs, weight, hidden, cell, bias, projection, peepholes, mask};
        }

        static Operands ofSlots(Tensor[] slots) {
            return new Operands(slots[0], slots[1], slots[2], slots[3], slots[4], slots[5], slots[6], slots[7]);
        }

        long steps() {
            return inputs.size(0);
        }

        private Tensor[] peeps() {
            return peepholes == null
                    ? new Tensor[0]
                    : new Tensor[] {peepholes.select(0, 0), peepholes.select(0, 1), peepholes.select(0, 2)};
        }

        private Tensor maskAt(long step) {
            return mask == null ? null : mask.select(0, step).unsqueeze(-1);
        }
    }

    /**
     * The outcome.
     *
     * @param output [T, N, R], the hidden state of each step; 0 where masked
     * @param hidden [N, R], the state after the last step
     * @param cell [N, H], the cell state after the last step, or null
     */
    public record Result(Tensor output, Tensor hidden, Tensor cell) implements Scope.Group {
        @Override
        public void forEachScoped(Consumer<Scoped> action) {
            action.accept(output);
            action.accept(hidden);
            if (cell != null) {
                action.accept(cell);
            }
        }
    }

    /** A step's values that the gradient reads. */
    record Step(Tensor state, Tensor made, Tensor hidden, Tensor cell) {}

    /**
     * Runs the steps.
     *
     * @param cell what is applied at each step
     * @param operands what the steps read, F32 or F64 but for the mask; at least one step
     * @param reverse whether the steps go from the last to the first
     * @return outputs in the order of the inputs, and the states after the step done last
     * @throws dev.tenrec.error.ShapeMismatch if sizes do not fit
     * @throws dev.tenrec.error.DTypeMismatch if element types do not fit
     */
    public static Result run(RecurrentCell cell, Operands operands, boolean reverse) {
        RecurrenceChecks.check(cell, operands);
        Recurrence recurrence = new Recurrence(cell, reverse);
        return FusedRecurrence.fits(operands)
                ? new FusedRecord(recurrence, cell, reverse).run(operands)
                : recurrence.run(operands);
    }

    static List<Tensor> present(Operands o) {
        List<Tensor> present = new ArrayList<>();
        for (Tensor slot : o.slots()) {
            if (slot != null) {
                present.add(slot);
            }
        }
        return present;
    }

    static boolean[] presence(Operands o) {
        boolean[] present = new boolean[Operands.SLOTS];
        Tensor[] slots = o.slots();
        for (int i = 0; i < present.length; i++) {
            present[i] = slots[i] != null;
        }
        return present;
    }

    static Tensor[] ordered(boolean[] present, Tensor[] bySlot) {
        List<Tensor> result = new ArrayList<>();
        for (int i = 0; i < present.length; i++) {
            if (present[i]) {
                result.add(bySlot[i]);
            }
        }
        return result.toArray(Tensor[]::new);
    }

    private Result run(Operands o) {
        // One record has one result: outputs and states leave as one vector and are cut out of it.
        Tensor packed = Scope.call(() -> recorded(o));
        long rows = o.inputs.size(1);
        long hidden = rows * o.weight.size(0);
        long outputs = o.steps() * hidden;
        Tensor output = packed.slice(0, 0, outputs).reshape(o.steps(), rows, o.weight.size(0));
        Tensor last = packed.slice(0, outputs, outputs + hidden).reshape(o.hidden.shape());
        Tensor cell = o.cell == null
                ? null
                : packed.slice(0, outputs + hidden, packed.elementCount()).reshape(o.cell.shape());
        return new Result(output, last, cell);
    }

    private Tensor recorded(Operands o) {
        List<Tensor> inputs = present(o);
        boolean wanted = inputs.stream().anyMatch(input -> input.producer() != null);
        if (!wanted || !GradientMode.isOn()) {
            return GradientMode.without(() -> steps(o, null));
        }
        List<Step> steps = new ArrayList<>();
        Tensor packed = GradientMode.without(() -> steps(o, steps));
        List<Tensor> saved = new ArrayList<>(inputs);
        steps.forEach(step -> {
            saved.add(step.state);
            saved.add(step.hidden);
            if (o.projection != null) {
                saved.add(step.made);
            }
            if (step.cell != null) {
                saved.add(step.cell);
            }
        });
        boolean[] present = presence(o);
        return GradientFunction.record(
                "recurrence", packed.retainedNode(), inputs, saved, false, call -> gradients(present, call));
    }

    // Forward

    private long at(long i, long steps) {
        return reverse ? steps - 1 - i : i;
    }

    /** All outputs and the last states as one vector; what each step made goes to the list unless it is null. */
    private Tensor steps(Operands o, List<Step> kept) {
        Tensor hidden = o.hidden;
        Tensor cell = o.cell;
        long count = o.steps();
        Tensor[] parts = new Tensor[Math.toIntExact(count) + (cell == null ? 1 : 2)];
        Tensor[] peeps = o.peeps();
        boolean scoped = kept == null && !GradientMode.isOn();
        for (long i = 0; i < count; i++) {
            long t = at(i, count);
            Tensor before = hidden;
            Tensor cellBefore = cell;
            // Tensors that the gradient reads, or that are recorded, must outlive the step.
            Step step = scoped
                    ? scoped(() -> step(o, t, before, cellBefore, peeps))
                    : step(o, t, before, cellBefore, peeps);
            if (kept != null) {
                kept.add(step);
            }
            hidden = step.hidden;
            cell = step.cell;
            Tensor mask = o.maskAt(t);
            Tensor output = mask == null ? hidden : hidden.maskedFill(mask.not(), 0);
            parts[(int) t] = output.flatten();
            if (scoped && i > 0) {
                // The outputs are views of their own; of the states only the last are needed.
                before.close();
                if (cellBefore != null) {
                    cellBefore.close();
                }
            }
        }
        parts[(int) count] = hidden.flatten();
        if (cell != null) {
            parts[(int) count + 1] = cell.flatten();
        }
        return Tensor.concat(0, parts);
    }

    private static Step scoped(Supplier<Step> body) {
        try (Scope scope = Scope.open()) {
            Step step = body.get();
            scope.keep(step.hidden);
            scope.keep(step.cell);
            return step;
        }
    }

    private Step step(Operands o, long t, Tensor hidden, Tensor cell, Tensor[] peeps) {
        Tensor input = o.inputs.select(0, t);
        Tensor state = hidden.matmul(o.weight);
        if (o.bias != null) {
            state = state.add(o.bias);
        }
        if (kind.sums()) {
            state = state.add(input);
        }
        Tensor[] next = kind.apply(blocks(state), blocks(input), hidden, cell, peeps);
        Tensor made = next[0];
        Tensor nextHidden = o.projection == null ? made : made.matmul(o.projection);
        Tensor nextCell = next.length > 1 ? next[1] : null;
        Tensor mask = o.maskAt(t);
        if (mask != null) {
            nextHidden = mask.where(nextHidden, hidden);
            nextCell = nextCell == null ? null : mask.where(nextCell, cell);
        }
        return new Step(state, made, nextHidden, nextCell);
    }

    private Tensor[] blocks(Tensor all) {
        return all.split(-1, all.size(-1) / kind.blocks());
    }

    // Backward

    private Tensor[] gradients(boolean[] present, GradientFunction.Call call) {
        Tensor[] slots = new Tensor[present.length];
        int next = 0;
        for (int i = 0; i < slots.length; i++) {
            slots[i] = present[i] ? call.saved(next++) : null;
        }
        Operands o = Operands.ofSlots(slots);
        Tensor[] bySlot =
                GradientMode.isOn() ? again(o, false, call.upstream()) : back(o, keptSteps(o, next, call), call);
        return ordered(present, bySlot);
    }

    /** Recorded gradients, for second derivatives: the steps are recorded one by one and differentiated. */
    Tensor[] again(Operands o, boolean fused, Tensor upstream) {
        List<Tensor> inputs = new ArrayList<>();
        List<Integer> where = new ArrayList<>();
        Tensor[] slots = o.slots();
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] != null && slots[i].producer() != null) {
                inputs.add(slots[i]);
                where.add(i);
            }
        }
        List<Step> kept = new ArrayList<>();
        Tensor result = steps(o, kept);
        result = fused ? FusedRecord.slots(o, kept, reverse) : result;
        List<Tensor> found = Backpropagation.gradients(result, upstream, inputs, true, true);
        Tensor[] bySlot = new Tensor[slots.length];
        for (int i = 0; i < where.size(); i++) {
            bySlot[where.get(i)] = found.get(i);
        }
        return bySlot;
    }

    private static Step[] keptSteps(Operands o, int first, GradientFunction.Call call) {
        Step[] steps = new Step[Math.toIntExact(o.steps())];
        int next = first;
        for (int i = 0; i < steps.length; i++) {
            Tensor state = call.saved(next++);
            Tensor hidden = call.saved(next++);
            Tensor made = o.projection == null ? null : call.saved(next++);
            steps[i] = new Step(state, made, hidden, o.cell == null ? null : call.saved(next++));
        }
        return steps;
    }

    /** What goes from one step back to the one before. */
    private record Carried(Tensor hidden, Tensor cell, Tensor peeps, Tensor ofState, Tensor ofInput, Tensor ofHidden)
            implements Scope.Group {
        @Override
        public void forEachScoped(Consumer<Scoped> action) {
            for (Tensor tensor : new Tensor[] {hidden, cell, peeps, ofState, ofInput, ofHidden}) {
                if (tensor != null) {
                    action.accept(tensor);
                }
            }
        }
    }

    private Tensor[] back(Operands o, Step[] steps, GradientFunction.Call call) {
        int count = steps.length;
        long width = o.hidden.elementCount();
        Tensor upstream = call.upstream();
        Tensor outputs = upstream.slice(0, 0, count * width).reshape(count, o.inputs.size(1), o.weight.size(0));
        Tensor hidden = upstream.slice(0, count * width, (count + 1) * width).reshape(o.hidden.shape());
        Tensor cell = o.cell == null
                ? null
                : upstream.slice(0, (count + 1) * width, upstream.elementCount())
                        .reshape(o.cell.shape());
        Tensor[] ofStates = new Tensor[count];
        Tensor[] ofInputs = new Tensor[count];
        Tensor[] ofHiddens = new Tensor[count];
        Tensor[] before = new Tensor[count];
        Tensor[] made = new Tensor[count];
        Carried carried = new Carried(hidden, cell, null, null, null, null);
        for (int i = count - 1; i >= 0; i--) {
            int t = (int) at(i, count);
            Carried from = carried;
            Step step = steps[i];
            before[t] = i == 0 ? o.hidden : steps[i - 1].hidden;
            made[t] = step.made;
            Tensor cellBefore = i == 0 ? o.cell : steps[i - 1].cell;
            carried = Scope.call(() -> stepBack(o, t, step, before[t], cellBefore, outputs.select(0, t), from));
            ofStates[t] = carried.ofState;
            ofInputs[t] = carried.ofInput;
            ofHiddens[t] = carried.ofHidden;
        }
        return weightGradients(o, call, carried, ofStates, ofInputs, ofHiddens, before, made);
    }

    private Tensor[] weightGradients(
            Operands o,
            GradientFunction.Call call,
            Carried first,
            Tensor[] ofStates,
            Tensor[] ofInputs,
            Tensor[] ofHiddens,
            Tensor[] before,
            Tensor[] made) {
        Tensor all = Tensor.concat(0, ofStates);
        Tensor[] bySlot = new Tensor[Operands.SLOTS];
        bySlot[0] = kind.sums() ? all.reshape(o.inputs.shape()) : Tensor.stack(0, ofInputs);
        if (call.needs(1)) {
            bySlot[1] = Tensor.concat(0, before).transpose().matmul(all);
        }
        bySlot[2] = first.hidden;
        bySlot[3] = first.cell;
        bySlot[4] = o.bias == null ? null : all.sum(0);
        bySlot[5] =
                o.projection == null ? null : Tensor.concat(0, made).transpose().matmul(Tensor.concat(0, ofHiddens));
        bySlot[6] = first.peeps;
        return bySlot;
    }

    private Carried stepBack(
            Operands o, long t, Step step, Tensor before, Tensor cellBefore, Tensor ofOutput, Carried from) {
        Tensor mask = o.maskAt(t);
        Tensor hidden = from.hidden;
        Tensor cell = from.cell;
        Tensor stayed = null;
        Tensor cellStayed = null;
        if (mask != null) {
            Tensor masked = mask.not();
            stayed = hidden.maskedFill(mask, 0);
            hidden = hidden.add(ofOutput).maskedFill(masked, 0);
            cellStayed = cell == null ? null : cell.maskedFill(mask, 0);
            cell = cell == null ? null : cell.maskedFill(masked, 0);
        } else {
            hidden = hidden.add(ofOutput);
        }
        Tensor ofMade = o.projection == null ? hidden : hidden.matmul(o.projection.transpose());
        Carried local = cellBack(o, t, step, before, cellBefore, ofMade, cell, mask);
        Tensor ofBefore = local.ofState.matmul(o.weight.transpose());
        ofBefore = local.hidden == null ? ofBefore : ofBefore.add(local.hidden);
        Tensor peeps = local.peeps == null || from.peeps == null ? local.peeps : from.peeps.add(local.peeps);
        return new Carried(
                stayed == null ? ofBefore : ofBefore.add(stayed),
                cellStayed == null ? local.cell : local.cell.add(cellStayed),
                peeps,
                local.ofState,
                local.ofInput,
                o.projection == null ? null : hidden);
    }

    /** Differentiates the cell alone: it is recorded with its inputs as starting points. */
    private Carried cellBack(
            Operands o,
            long t,
            Step step,
            Tensor before,
            Tensor cellBefore,
            Tensor ofMade,
            Tensor ofCell,
            Tensor mask) {
        // What a masked step computes from may be anything, NaN too, but it must not reach the gradients.
        UnaryOperator<Tensor> valid = value -> mask == null ? value : value.maskedFill(mask.not(), 0);
        Tensor[] state = starts(blocks(valid.apply(step.state)));
        Tensor[] input = kind.sums() ? new Tensor[0] : starts(blocks(valid.apply(o.inputs.select(0, t))));
        Tensor hidden = kind.sums() ? null : start(before);
        Tensor cell = cellBefore == null ? null : start(cellBefore);
        Tensor[] peeps = starts(o.peeps());
        List<Tensor> from = new ArrayList<>(List.of(state));
        from.addAll(List.of(input));
        from.addAll(List.of(peeps));
        if (hidden != null) {
            from.add(hidden);
        }
        if (cell != null) {
            from.add(cell);
        }
        // The sum of both results, each times its gradient, has their gradients; it is not computed itself.
        Tensor sum = GradientMode.set(false, () -> {
            Tensor[] next = kind.apply(state, input, hidden, cell, peeps);
            Tensor weighted = next[0].mul(ofMade);
            return next.length == 1 ? weighted : weighted.add(next[1].mul(ofCell));
        });
        Tensor one = Creation.full(sum.context(), sum.dtype(), sum.shape(), 1);
        Tensor[] found = Backpropagation.gradients(sum, one, from, false, false).toArray(Tensor[]::new);
        int next = state.length;
        Tensor ofState = joined(found, 0, next);
        Tensor ofInput = kind.sums() ? null : joined(found, next, next += input.length);
        Tensor ofPeeps = peeps.length == 0 ? null : Tensor.stack(0, found[next++], found[next++], found[next++]);
        Tensor ofHidden = hidden == null ? null : found[next++];
        return new Carried(ofHidden, cell == null ? null : found[next], ofPeeps, ofState, ofInput, null);
    }

    private static Tensor joined(Tensor[] all, int from, int to) {
        return to - from == 1 ? all[from] : Tensor.concat(-1, Arrays.copyOfRange(all, from, to));
    }

    private static Tensor[] starts(Tensor[] values) {
        Tensor[] result = new Tensor[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = start(values[i]);
        }
        return result;
    }

    private static Tensor start(Tensor value) {
        return new Tensor(value.retainedNode(), GradientFunction.start());
    }
}
