package dev.tenrec.tensor;

import dev.tenrec.engine.Operations;
import dev.tenrec.memory.Scope;
import java.util.ArrayList;
import java.util.List;

/** The gradient record of a {@link FusedRecurrence}: its states are the one result, outputs are views of it. */
final class FusedRecord {

    private final Recurrence recurrence;
    private final RecurrentCell kind;
    private final boolean reverse;

    FusedRecord(Recurrence recurrence, RecurrentCell kind, boolean reverse) {
        this.recurrence = recurrence;
        this.kind = kind;
        this.reverse = reverse;
    }

    Recurrence.Result run(Recurrence.Operands o) {
        Tensor states = Scope.call(() -> recorded(o));
        long steps = o.steps();
        long rows = o.inputs().size(1);
        long units = o.weight().size(0);
        long slot = rows * units;
        long last = (reverse ? 0 : steps) * slot;
        Tensor output = states.slice(0, reverse ? 0 : slot, (reverse ? steps : steps + 1) * slot)
                .reshape(steps, rows, units);
        if (o.mask() != null) {
            output = output.maskedFill(o.mask().not().unsqueeze(-1), 0);
        }
        Tensor cells = o.cell() == null ? null : states.slice(0, (steps + 1) * slot, states.elementCount());
        return new Recurrence.Result(
                output,
                states.slice(0, last, last + slot).reshape(o.hidden().shape()),
                cells == null
                        ? null
                        : cells.slice(0, last, last + slot).reshape(o.cell().shape()));
    }

    private Tensor recorded(Recurrence.Operands o) {
        List<Tensor> inputs = Recurrence.present(o);
        boolean records = GradientMode.isOn() && inputs.stream().anyMatch(input -> input.producer() != null);
        FusedRecurrence.Made made = GradientMode.without(() -> new FusedRecurrence(kind, o, reverse).forward(records));
        if (!records) {
            return made.states();
        }
        List<Tensor> saved = new ArrayList<>(inputs);
        saved.add(made.states());
        if (made.gates() != null) {
            saved.add(made.gates());
        }
        boolean[] present = Recurrence.presence(o);
        return GradientFunction.record(
                "recurrence", made.states().retainedNode(), inputs, saved, false, call -> gradients(present, call));
    }

    private Tensor[] gradients(boolean[] present, GradientFunction.Call call) {
        Tensor[] slots = new Tensor[present.length];
        int[] places = new int[present.length];
        int next = 0;
        for (int i = 0; i < slots.length; i++) {
            places[i] = next;
            slots[i] = present[i] ? call.saved(next++) : null;
        }
        Recurrence.Operands o = Recurrence.Operands.ofSlots(slots);
        Tensor[] bySlot = new Tensor[slots.length];
        if (GradientMode.isOn()) {
            bySlot = recurrence.again(o, true, call.upstream());
        } else {
            FusedRecurrence.Made made =
                    new FusedRecurrence.Made(call.saved(next), kind.blocks() > 1 ? call.saved(next + 1) : null);
            FusedRecurrence.Found found =
                    new FusedRecurrence(kind, o, reverse).backward(made, dense(call.upstream()), call.needs(places[1]));
            bySlot[0] = found.inputs();
            bySlot[1] = found.weight();
            bySlot[2] = found.hidden();
            bySlot[3] = found.cell();
            bySlot[4] = found.bias();
        }
        return Recurrence.ordered(present, bySlot);
    }

    private static Tensor dense(Tensor value) {
        return Tensor.constant(Operations.contiguous(value.node()));
    }

    /** The states of recorded steps as {@link FusedRecurrence} leaves them: by slot, with those before the first step. */
    static Tensor slots(Recurrence.Operands o, List<Recurrence.Step> steps, boolean reverse) {
        int count = steps.size();
        Tensor[] hidden = new Tensor[count + 1];
        Tensor[] cells = new Tensor[count + 1];
        hidden[reverse ? count : 0] = o.hidden();
        cells[reverse ? count : 0] = o.cell();
        for (int i = 0; i < count; i++) {
            int at = reverse ? count - 1 - i : i + 1;
            hidden[at] = steps.get(i).hidden();
            cells[at] = steps.get(i).cell();
        }
        Tensor all = Tensor.stack(0, hidden).flatten();
        return o.cell() == null
                ? all
                : Tensor.concat(0, all, Tensor.stack(0, cells).flatten());
    }
}
