package dev.tenrec.tensor;

import dev.tenrec.engine.Node;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.NotDifferentiable;
import dev.tenrec.memory.Scope;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The record of a computation as plain values: variables, constants and operations, and along each edge the gradient
 * that flows back. The rule of the chain, edge by edge: what flows back along an edge is what arrived at its operation,
 * times the operation's local gradient; what arrives at a vertex is the sum over the edges that leave it.
 *
 * @param vertices each after those it reads; the last one is the output
 * @param edges from operands to operations, in the operations' and operands' order
 */
public record ComputationGraph(List<Vertex> vertices, List<Edge> edges) {

    /** The most vertices of a graph that is read. */
    public static final int MAX_VERTICES = 1000;

    /** The most elements of a value that are read; of larger ones only the norm is. */
    public static final int MAX_ELEMENTS = 64;

    /** What a vertex is. */
    public enum Kind {
        /** The value of a trainable variable. */
        VARIABLE,
        /** A value without a gradient. */
        CONSTANT,
        /** The result of an operation. */
        OPERATION
    }

    /**
     * A tensor's value.
     *
     * @param shape its sizes
     * @param elements in row-major order; none if there are more than {@link #MAX_ELEMENTS}
     * @param norm √Σx²
     */
    public record Value(Shape shape, List<Double> elements, double norm) {}

    /**
     * A value and where it comes from.
     *
     * @param kind what it is
     * @param name of the variable or operation
     * @param dtype element type
     * @param shape the sizes
     * @param value empty if it was let go of: outside of a scope, or inside of an operation
     * @param gradient of the output by this value; empty for constants, and where gradients could not be computed
     */
    public record Vertex(
            Kind kind, String name, DType dtype, Shape shape, Optional<Value> value, Optional<Value> gradient) {}

    /**
     * The use of a value by an operation.
     *
     * @param from the operand's vertex
     * @param to the operation's vertex
     * @param gradient what flows back along this edge; empty as with vertices
     * @param local the derivative of the operation by this operand, if its result is one number
     */
    public record Edge(int from, int to, Optional<Value> gradient, Optional<Value> local) {}

    /**
     * Reads the record of a tensor. It is kept: {@link Tensor#backward} may follow. Intermediate values are known while
     * their tensors are, so a computation should be read in the scope that made it. Gradients are computed if the output
     * is one number and no {@code backward} has released the record.
     *
     * @param output the result of the computation
     * @return its graph
     * @throws NotDifferentiable if the tensor depends on no trainable variable
     * @throws InvalidArgument if there are more than {@link #MAX_VERTICES} vertices
     */
    public static ComputationGraph of(Tensor output) {
        if (output.producer() == null) {
            throw new NotDifferentiable(Message.of("graph", "nothing was recorded")
                    .line("expected", "a tensor that depends on a trainable variable")
                    .line("given", output.dtype() + " " + output.shape())
                    .hint("make the inputs variables: Variable.parameter(\"x\", Tensor.scalar(1)).value()")
                    .toString());
        }
        try {
            return Scope.call(() -> GradientMode.without(() -> new Reader(output).read()));
        } finally {
            // The record lives as long as the output, which the caller may have let go of.
            Reference.reachabilityFence(output);
        }
    }

    /** Reads one graph. */
    private static final class Reader {
        private final Tensor output;
        private final List<GradientFunction> rootFirst;
        private final Map<GradientFunction, Integer> places = new IdentityHashMap<>();
        private final Map<Node, Integer> constants = new IdentityHashMap<>();
        private final Map<GradientFunction, Tensor> arrived = new IdentityHashMap<>();
        private final Map<GradientFunction, Tensor[]> parts = new IdentityHashMap<>();
        private final List<Vertex> vertices = new ArrayList<>();
        private final List<Edge> edges = new ArrayList<>();

        Reader(Tensor output) {
            this.output = output;
            rootFirst = Backpropagation.reverseOrder(output.producer(), null);
        }

        ComputationGraph read() {
            check(rootFirst.size());
            if (output.elementCount() == 1 && rootFirst.stream().noneMatch(GradientFunction::isConsumed)) {
                differentiate();
            }
            for (GradientFunction function : rootFirst.reversed()) {
                add(function);
                check(vertices.size());
            }
            return new ComputationGraph(Collections.unmodifiableList(vertices), Collections.unmodifiableList(edges));
        }

        private static void check(int count) {
            if (count > MAX_VERTICES) {
                throw new InvalidArgument(Message.of("graph", "too many operations")
                        .line("expected", "at most " + MAX_VERTICES)
                        .line("given", count)
                        .toString());
            }
        }

        private void differentiate() {
            arrived.put(output.producer(), ones(output.shape()));
            for (GradientFunction function : rootFirst) {
                Tensor upstream = arrived.get(function);
                if (upstream == null || function.variable() != null) {
                    continue;
                }
                Tensor[] flowing = function.apply(upstream);
                parts.put(function, flowing);
                GradientFunction[] inputs = function.inputs();
                for (int i = 0; i < Math.min(inputs.length, flowing.length); i++) {
                    if (inputs[i] != null && flowing[i] != null) {
                        arrived.merge(inputs[i], flowing[i], Backpropagation::add);
                    }
                }
            }
        }

        private Tensor ones(Shape shape) {
            return Creation.full(output.context(), output.dtype(), shape, 1);
        }

        private void add(GradientFunction function) {
            GradientFunction[] inputs = function.inputs();
            int[] from = new int[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                from[i] = inputs[i] == null ? constant(function.values()[i]) : places.get(inputs[i]);
            }
            Variable variable = function.variable();
            Node result = variable == null ? function.values()[inputs.length] : null;
            int place = vertices.size();
            places.put(function, place);
            vertices.add(new Vertex(
                    variable == null ? Kind.OPERATION : Kind.VARIABLE,
                    variable == null ? function.name() : variable.name(),
                    variable == null ? result.dtype() : variable.dtype(),
                    variable == null ? result.shape() : variable.shape(),
                    variable == null ? value(result) : Optional.of(read(variable.value())),
                    Optional.ofNullable(arrived.get(function)).map(Reader::read)));
            Tensor[] flowing = parts.get(function);
            Tensor[] local = flowing == null || result.shape().elementCount() != 1
                    ? new Tensor[0]
                    : function.apply(Creation.full(
                            output.context(), arrived.get(function).dtype(), result.shape(), 1));
            for (int i = 0; i < from.length; i++) {
                edges.add(new Edge(from[i], place, at(flowing, inputs, i), at(local, inputs, i)));
            }
        }

        private static Optional<Value> at(Tensor[] gradients, GradientFunction[] inputs, int i) {
            boolean known = gradients != null && i < gradients.length && gradients[i] != null && inputs[i] != null;
            return known ? Optional.of(read(gradients[i])) : Optional.empty();
        }

        private int constant(Node node) {
            return constants.computeIfAbsent(node, _ -> {
                vertices.add(new Vertex(
                        Kind.CONSTANT, "constant", node.dtype(), node.shape(), value(node), Optional.empty()));
                return vertices.size() - 1;
            });
        }

        private static Optional<Value> value(Node node) {
            return node.tryRetain() ? Optional.of(read(Tensor.constant(node))) : Optional.empty();
        }

        private static Value read(Tensor tensor) {
            Tensor wide = tensor.to(DType.F64);
            if (wide.elementCount() > MAX_ELEMENTS) {
                return new Value(
                        tensor.shape(), List.of(), wide.square().sum().sqrt().item());
            }
            List<Double> elements = new ArrayList<>();
            double sum = 0;
            for (double element : wide.toDoubleArray()) {
                elements.add(element);
                sum += element * element;
            }
            return new Value(tensor.shape(), Collections.unmodifiableList(elements), Math.sqrt(sum));
        }
    }
}
