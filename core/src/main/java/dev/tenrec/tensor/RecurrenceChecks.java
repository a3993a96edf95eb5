package dev.tenrec.tensor;

import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/** What {@link Recurrence} expects of its operands. */
final class RecurrenceChecks {

    private RecurrenceChecks() {}

    static void check(RecurrentCell cell, Recurrence.Operands o) {
        Checks.type("recurrence", "inputs", o.inputs().dtype(), DType.F32, DType.F64);
        Tensor[] slots = o.slots();
        if (o.inputs().rank() != 3 || o.inputs().size(0) == 0 || o.weight().rank() != 2) {
            throw new ShapeMismatch(Message.of("recurrence", "inputs or weight do not fit")
                    .line("expected", "[steps, sequences, blocks], at least one step, and [units, blocks]")
                    .line("given", o.inputs().shape() + " and " + o.weight().shape())
                    .toString());
        }
        long n = o.inputs().size(1);
        long h = o.inputs().size(2) / cell.blocks();
        long r = o.weight().size(0);
        Shape[] expected = {
            Shape.of(o.steps(), n, h * cell.blocks()),
            Shape.of(r, h * cell.blocks()),
            Shape.of(n, r),
            Shape.of(n, h),
            Shape.of(h * cell.blocks()),
            Shape.of(h, r),
            Shape.of(3, h),
            Shape.of(o.steps(), n)
        };
        String[] names = {"inputs", "weight", "hidden", "cell", "bias", "projection", "peepholes", "mask"};
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] == null) {
                continue;
            }
            Checks.sameDevice("recurrence", o.inputs(), slots[i]);
            Checks.type(
                    "recurrence",
                    names[i],
                    slots[i].dtype(),
                    i == Recurrence.Operands.SLOTS - 1 ? DType.BOOL : o.inputs().dtype());
            if (!slots[i].shape().equals(expected[i])) {
                throw mismatch(names[i], expected[i], slots[i].shape());
            }
        }
        if (cell.hasCellState() != (o.cell() != null)) {
            throw new ShapeMismatch(Message.of("recurrence", "wrong states")
                    .line("expected", cell.hasCellState() ? "a cell state" : "no cell state", cell.toString())
                    .line("given", o.cell() == null ? "none" : o.cell().shape())
                    .toString());
        }
        if (o.projection() == null && r != h) {
            throw mismatch("weight", expected[1].with(0, h), o.weight().shape());
        }
    }

    private static ShapeMismatch mismatch(String name, Shape expected, Shape given) {
        return new ShapeMismatch(Message.of("recurrence", name + " has another shape")
                .line("expected", expected)
                .line("given", given)
                .toString());
    }
}
