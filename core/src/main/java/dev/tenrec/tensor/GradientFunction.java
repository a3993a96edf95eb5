package dev.tenrec.tensor;

import dev.tenrec.engine.Node;
import dev.tenrec.error.Message;
import dev.tenrec.error.NotDifferentiable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * The record of an operation: how the gradient of its result becomes gradients of its inputs, and the values it needs
 * for that. Counted: the result's tensors and the records of later operations hold references, so that records live
 * exactly as long as something can still ask them.
 */
final class GradientFunction {

    /** Turns the gradient of the result into gradients of the inputs. */
    @FunctionalInterface
    interface Backward {
        /**
         * Computes gradients.
         *
         * @param call the upstream gradient and what was saved
         * @return one per input, null where there is none
         */
        Tensor[] apply(Call call);
    }

    /** A value kept for the gradient, and how it was made, for second derivatives. */
    private record Saved(Node node, GradientFunction producer) {}

    private static final AtomicIntegerFieldUpdater<GradientFunction> REFERENCES =
            AtomicIntegerFieldUpdater.newUpdater(GradientFunction.class, "references");

    private static final Saved[] NOTHING = {};

    private final String name;
    private final GradientFunction[] inputs;
    private final Backward backward;
    private final Variable variable;
    /** Rows of a variable that this is the record of, or null. */
    private RowSource rowSource;

    /**
     * The inputs' values and, last, the result: not counted, so that they may be gone. For drawings alone.
     */
    private Node[] values;

    private volatile int references = 1;
    private Saved[] saved;
    private boolean consumed;

    private GradientFunction(
            String name, GradientFunction[] inputs, Backward backward, Variable variable, Saved[] saved) {
        this.name = name;
        this.inputs = inputs;
        this.backward = backward;
        this.variable = variable;
        this.saved = saved;
    }

    /** The record of a variable: gradients end here. */
    static GradientFunction leaf(Variable variable) {
        return new GradientFunction("variable", new GradientFunction[0], null, variable, NOTHING);
    }

    /**
     * Rows that were read of a variable.
     *
     * @param variable whose
     * @param index which, ascending
     */
    record RowSource(Variable variable, long[] index) {}

    /**
     * Makes a tensor of rows of a variable. A backward pass to variables ends there, with a gradient of the rows; one
     * to given tensors or variables goes on, to a gradient of the whole.
     *
     * @param result the rows, whose reference is taken over
     * @param variable which one
     * @param index which of its rows, ascending
     */
    static Tensor rows(Node result, Variable variable, long[] index) {
        GradientFunction[] inputs = {variable.gradientRecord().retain()};
        GradientFunction function = new GradientFunction(
                "rows",
                inputs,
                call -> new Tensor[] {new RowGradient(index, call.upstream(), variable.shape()).toDense()},
                null,
                NOTHING);
        function.rowSource = new RowSource(variable, index);
        function.values = new Node[] {null, result};
        return new Tensor(result, function);
    }

    /** The record of a value at which a derivation inside of a {@link Backward} starts: gradients end here. */
    static GradientFunction start() {
        return new GradientFunction("start", new GradientFunction[0], _ -> new Tensor[0], null, new Saved[0]);
    }

    /**
     * Makes a tensor of a result, with a record if any input has one.
     *
     * @param name the operation
     * @param result its result, whose reference is taken over
     * @param inputs its inputs
     * @param saved values that the gradient reads
     * @param saveResult whether it reads the result as well
     * @param backward the gradient
     */
    static Tensor record(
            String name, Node result, List<Tensor> inputs, List<Tensor> saved, boolean saveResult, Backward backward) {
        if (!isRecorded(result) || !anyRecorded(inputs)) {
            return new Tensor(result, null);
        }
        Tensor[] none = {};
        return record(name, result, inputs.toArray(none), saved.toArray(none), saveResult, backward);
    }

    /** Whether an operation with this result would be recorded if one of its inputs has a record. */
    static boolean isRecorded(Node result) {
        return result.dtype().isFloating() && GradientMode.isOn();
    }

    /**
     * Makes a tensor of a result, with a record; for callers that know that it is wanted.
     *
     * @param name the operation
     * @param result its result, whose reference is taken over
     * @param inputs its inputs
     * @param saved values that the gradient reads; null for those that it does not
     * @param saveResult whether it reads the result as well
     * @param backward the gradient
     */
    static Tensor record(
            String name, Node result, Tensor[] inputs, Tensor[] saved, boolean saveResult, Backward backward) {
        GradientFunction[] producers = new GradientFunction[inputs.length];
        Node[] values = new Node[inputs.length + 1];
        for (int i = 0; i < producers.length; i++) {
            GradientFunction producer = inputs[i].producer();
            producers[i] = producer == null ? null : producer.retain();
            values[i] = inputs[i].node();
        }
        values[inputs.length] = result;
        boolean saves = saved.length > 0 || saveResult;
        Saved[] kept = saves ? new Saved[saved.length + (saveResult ? 1 : 0)] : NOTHING;
        GradientFunction function = new GradientFunction(name, producers, backward, null, kept);
        function.values = values;
        for (int i = 0; i < saved.length; i++) {
            if (saved[i] != null) {
                Node node = saved[i].node();
                node.retainSaved();
                GradientFunction producer = saved[i].producer();
                kept[i] = new Saved(node, producer == null ? null : producer.retain());
            }
        }
        if (saveResult) {
            // Its producer is this record: not counted, or it would keep itself alive.
            result.retainSaved();
            kept[saved.length] = new Saved(result, function);
        }
        return new Tensor(result, function);
    }

    private static boolean anyRecorded(List<Tensor> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i).producer() != null) {
                return true;
            }
        }
        return false;
    }

    /** What a {@link Backward} gets. */
    final class Call {
        private final Tensor upstream;

        Call(Tensor upstream) {
            this.upstream = upstream;
        }

        /** The gradient of the result. */
        Tensor upstream() {
            return upstream;
        }

        /** Whether an input's gradient is wanted. */
        boolean needs(int input) {
            return inputs[input] != null;
        }

        /** A saved value; the result comes last. */
        Tensor saved(int index) {
            Saved value = saved[index];
            value.node.retain();
            boolean recorded = GradientMode.isOn() && value.producer != null;
            return new Tensor(value.node, recorded ? value.producer.retain() : null);
        }
    }

    /** Computes the gradients of the inputs. */
    Tensor[] apply(Tensor upstream) {
        if (consumed) {
            throw new NotDifferentiable(Message.of("backward", "the record of this computation was released")
                    .line("expected", "one backward pass, or passes that retain the record")
                    .line("given", "a second pass through " + name)
                    .hint("use Autograd.grad with Graph.RETAIN for all passes but the last")
                    .toString());
        }
        return backward.apply(new Call(upstream));
    }

    String name() {
        return name;
    }

    /** Records of the inputs; null for inputs without a gradient. */
    GradientFunction[] inputs() {
        return inputs;
    }

    /** Values of the inputs and, last, the result; each may be released, or null where a record tells it. */
    Node[] values() {
        return values;
    }

    /** Whether a backward pass has released what was saved. */
    boolean isConsumed() {
        return consumed;
    }

    /** The variable if this is a variable's record, or null. */
    Variable variable() {
        return variable;
    }

    /** The rows that this is the record of, or null. */
    RowSource rowSource() {
        return rowSource;
    }

    GradientFunction retain() {
        REFERENCES.incrementAndGet(this);
        return this;
    }

    /** Lets go of what was saved: after a backward pass that does not retain it. */
    void consume() {
        if (variable == null) {
            consumed = true;
            Deque<GradientFunction> released = letGoOfSaved(null);
            if (released != null) {
                drain(released);
            }
        }
    }

    void release() {
        if (REFERENCES.decrementAndGet(this) == 0) {
            Deque<GradientFunction> released = new ArrayDeque<>();
            letGo(released);
            drain(released);
        }
    }

    // A worklist instead of recursion: a recurrent network's chain of records can be longer than a thread's stack.
    private static void drain(Deque<GradientFunction> released) {
        while (!released.isEmpty()) {
            GradientFunction function = released.poll();
            if (REFERENCES.decrementAndGet(function) == 0) {
                function.letGo(released);
            }
        }
    }

    private void letGo(Deque<GradientFunction> released) {
        letGoOfSaved(released);
        for (GradientFunction input : inputs) {
            if (input != null) {
                released.add(input);
            }
        }
    }

    /** Adds the records of the saved values to a list, which is made if need be. */
    private synchronized Deque<GradientFunction> letGoOfSaved(Deque<GradientFunction> list) {
        Deque<GradientFunction> released = list;
        for (Saved value : saved) {
            if (value != null) {
                value.node.releaseSaved();
                if (value.producer != null && value.producer != this) {
                    released = released == null ? new ArrayDeque<>() : released;
                    released.add(value.producer);
                }
            }
        }
        saved = NOTHING;
        return released;
    }
}
