package dev.tenrec.tensor;

import dev.tenrec.error.Message;
import dev.tenrec.error.NotDifferentiable;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.type.DType;
import java.lang.ref.Reference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Walks the records of a computation in reverse order and adds up gradients. Gradients are ordinary tensors, computed
 * with ordinary operations, so they fuse, and can be recorded themselves.
 */
public final class Backpropagation {

    private Backpropagation() {}

    static Gradients backward(Tensor loss) {
        checkScalar(loss);
        Map<GradientFunction, Tensor> leaves = run(loss, null, null, false, false);
        Map<Variable, Tensor> whole = new LinkedHashMap<>();
        Map<Variable, List<RowGradient>> parts = new LinkedHashMap<>();
        leaves.forEach((function, gradient) -> {
            GradientFunction.RowSource source = function.rowSource();
            if (source == null) {
                whole.put(function.variable(), gradient);
            } else {
                parts.computeIfAbsent(source.variable(), _ -> new ArrayList<>())
                        .add(new RowGradient(
                                source.index(), gradient, source.variable().shape()));
            }
        });
        if (parts.isEmpty()) {
            return new Gradients(whole);
        }
        Map<Variable, RowGradient> rows = new LinkedHashMap<>();
        GradientMode.without(() -> {
            parts.forEach((variable, list) -> {
                // A variable that was read as a whole as well gets one whole gradient.
                if (whole.containsKey(variable)) {
                    list.forEach(part -> whole.merge(variable, part.rows(), (dense, _) -> part.addTo(dense)));
                } else {
                    rows.put(variable, RowGradient.sum(list));
                }
            });
            return null;
        });
        return new Gradients(whole, rows);
    }

    /**
     * Computes gradients of a tensor by other tensors that it depends on.
     *
     * @param output what is differentiated
     * @param upstream the gradient of the final loss by the output, of its shape; null for 1 with a scalar output
     * @param inputs by what: values of variables, or tensors computed from them
     * @param retainGraph whether the record is kept for further passes
     * @param createGraph whether the gradients are recorded themselves, for second derivatives; keeps the record
     * @return one per input, null where the output does not depend on it
     */
    public static List<Tensor> gradients(
            Tensor output, Tensor upstream, List<Tensor> inputs, boolean retainGraph, boolean createGraph) {
        if (upstream == null) {
            checkScalar(output);
        } else if (!upstream.shape().equals(output.shape())) {
            throw new ShapeMismatch(Message.of("gradients", "upstream gradient has another shape")
                    .line("output", output.shape())
                    .line("upstream", upstream.shape())
                    .toString());
        }
        Set<GradientFunction> wanted = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Tensor input : inputs) {
            if (input.producer() == null) {
                throw new NotDifferentiable(Message.of("gradients", "an input has no record")
                        .line("expected", "the value of a trainable variable, or a tensor computed from one")
                        .line("given", input.dtype() + " " + input.shape())
                        .toString());
            }
            wanted.add(input.producer());
        }
        Map<GradientFunction, Tensor> found = run(output, upstream, wanted, retainGraph || createGraph, createGraph);
        List<Tensor> result = new ArrayList<>();
        inputs.forEach(input -> result.add(found.get(input.producer())));
        return result;
    }

    /**
     * Computes gradients of a scalar by variables.
     *
     * @param loss what is differentiated
     * @param variables by what
     * @param retainGraph whether the record is kept for further passes
     * @param createGraph whether the gradients are recorded themselves, for second derivatives; keeps the record
     * @return the gradients of those the loss depends on
     */
    public static Gradients gradients(Tensor loss, List<Variable> variables, boolean retainGraph, boolean createGraph) {
        checkScalar(loss);
        Set<GradientFunction> wanted = Collections.newSetFromMap(new IdentityHashMap<>());
        variables.forEach(variable -> wanted.add(variable.gradientRecord()));
        Map<GradientFunction, Tensor> found = run(loss, null, wanted, retainGraph || createGraph, createGraph);
        Map<Variable, Tensor> byVariable = new LinkedHashMap<>();
        for (Variable variable : variables) {
            Tensor gradient = found.get(variable.gradientRecord());
            if (gradient != null) {
                byVariable.put(variable, gradient);
            }
        }
        return new Gradients(byVariable);
    }

    private static void checkScalar(Tensor loss) {
        if (loss.elementCount() != 1) {
            throw new ShapeMismatch(Message.of("backward", "the loss is not a scalar")
                    .line("expected", "1 element")
                    .line("given", loss.shape(), loss.elementCount() + " elements")
                    .hint("reduce it first, such as .mean()")
                    .toString());
        }
    }

    private static Map<GradientFunction, Tensor> run(
            Tensor output, Tensor upstream, Set<GradientFunction> wanted, boolean retain, boolean createGraph) {
        GradientFunction start = output.producer();
        if (start == null) {
            throw new NotDifferentiable(Message.of("backward", "nothing was recorded")
                    .line("expected", "a tensor that depends on a trainable variable")
                    .line("given", output.dtype() + " " + output.shape())
                    .hint("was it made inside of noGrad, detached, or from frozen variables only?")
                    .toString());
        }
        try {
            return walk(start, output, upstream, wanted, retain, createGraph);
        } finally {
            // The record lives as long as the output, which the caller may have let go of.
            Reference.reachabilityFence(output);
        }
    }

    private static Map<GradientFunction, Tensor> walk(
            GradientFunction start,
            Tensor output,
            Tensor upstream,
            Set<GradientFunction> wanted,
            boolean retain,
            boolean createGraph) {
        return GradientMode.set(!createGraph, () -> {
            Map<GradientFunction, Tensor> results = new LinkedHashMap<>();
            try (Scope walk = Scope.open()) {
                Map<GradientFunction, Tensor> pending = new IdentityHashMap<>();
                Tensor seed = upstream == null
                        ? Creation.full(output.context(), output.dtype(), output.shape(), 1)
                        : upstream.alias();
                pending.put(start, seed);
                for (GradientFunction function : reverseOrder(start, wanted)) {
                    step(function, pending, wanted, retain, walk, results);
                }
                // Not computed here: the values they are described by are held by the description itself.
                results.values().forEach(walk::handToParent);
            }
            return results;
        });
    }

    private static void step(
            GradientFunction function,
            Map<GradientFunction, Tensor> pending,
            Set<GradientFunction> wanted,
            boolean retain,
            Scope walk,
            Map<GradientFunction, Tensor> results) {
        Tensor gradient = pending.remove(function);
        if (gradient == null) {
            return;
        }
        boolean rows = wanted == null && function.rowSource() != null;
        boolean leaf = rows || function.variable() != null;
        boolean keep = wanted == null ? leaf : wanted.contains(function);
        if (keep) {
            results.put(function, gradient);
        }
        if (!leaf) {
            try (Scope scope = Scope.open()) {
                Tensor[] parts = function.apply(gradient);
                GradientFunction[] inputs = function.inputs();
                for (int i = 0; i < inputs.length; i++) {
                    if (inputs[i] != null && i < parts.length && parts[i] != null) {
                        Tensor before = pending.get(inputs[i]);
                        // An alias: the same tensor may go to several inputs, each of which closes its own.
                        Tensor sum = before == null ? parts[i].alias() : add(before, parts[i]);
                        scope.handToParent(sum);
                        pending.put(inputs[i], sum);
                        if (before != null) {
                            before.close();
                        }
                    }
                }
            }
            if (!retain) {
                function.consume();
            }
        }
        if (rows && !retain) {
            function.consume();
        }
        if (!keep) {
            gradient.close();
        }
    }

    static Tensor add(Tensor left, Tensor right) {
        DType dtype = left.dtype();
        return dtype.isArithmetic()
                ? left.add(right)
                : left.to(DType.F32).add(right.to(DType.F32)).to(dtype);
    }

    /** Records between the start and what is wanted, each before the records of its inputs. */
    static List<GradientFunction> reverseOrder(GradientFunction start, Set<GradientFunction> wanted) {
        List<GradientFunction> order = new ArrayList<>();
        Set<GradientFunction> entered = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<GradientFunction> left = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<GradientFunction> stack = new ArrayDeque<>();
        stack.push(start);
        while (!stack.isEmpty()) {
            GradientFunction function = stack.peek();
            if (entered.add(function)) {
                for (GradientFunction input : function.inputs()) {
                    if (input != null && !entered.contains(input)) {
                        stack.push(input);
                    }
                }
            } else {
                stack.pop();
                if (left.add(function)) {
                    order.add(function);
                }
            }
        }
        Collections.reverse(order);
        if (wanted == null) {
            return order;
        }
        // Leave out what leads to nothing that is wanted.
        Set<GradientFunction> useful = new HashSet<>();
        for (int i = order.size() - 1; i >= 0; i--) {
            GradientFunction function = order.get(i);
            boolean leads = wanted.contains(function);
            for (GradientFunction input : function.inputs()) {
                leads |= input != null && useful.contains(input);
            }
            if (leads) {
                useful.add(function);
            }
        }
        return order.stream().filter(useful::contains).toList();
    }
}
