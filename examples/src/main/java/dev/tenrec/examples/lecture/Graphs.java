package dev.tenrec.examples.lecture;

import dev.tenrec.data.AtomicFile;
import dev.tenrec.diagnostics.Graph;
import dev.tenrec.tensor.ComputationGraph;
import dev.tenrec.tensor.ComputationGraph.Edge;
import dev.tenrec.tensor.ComputationGraph.Value;
import dev.tenrec.tensor.ComputationGraph.Vertex;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Computation graphs: downstream gradient = upstream gradient · local gradient, added up where a value is used twice. The
 * first is f = (x + y) · max(y, z) at (1, 2, 0). The second is s = uᵀh, h = f(z), z = Wx + b, where ∂s/∂b = δ and
 * ∂s/∂W = δ xᵀ share δ = u ∘ f′(z).
 */
final class Graphs {
    private Graphs() {}

    /** f = (x + y) · max(y, z). */
    static Tensor expression(Variable x, Variable y, Variable z) {
        Tensor a = x.value().add(y.value());
        Tensor b = y.value().maximum(z.value());
        return a.mul(b);
    }

    /** The second graph's variables, inputs and results. */
    record Layer(Tensor s, Gradients gradients, Tensor delta, Tensor deltaX, String svg) {}

    /** s = uᵀ tanh(Wx + b), its gradients, and δ and δ xᵀ by hand. */
    static Layer layer(Variable w, Variable b, Variable u) {
        Tensor x = Tensor.of(new float[] {1, -2}, 2, 1);
        Tensor h = w.value().matmul(x).add(b.value()).tanh();
        Tensor s = u.value().mul(h).sum();
        String svg = Graph.draw(s);
        Tensor slope = h.detach().square().neg().add(1);
        Tensor delta = u.value().detach().mul(slope);
        return new Layer(s, s.backward(), delta, delta.matmul(x.transpose()), svg);
    }

    static Variable weights() {
        return Variable.parameter("W", Tensor.of(new float[][] {{0.5f, 0.25f}, {-0.3f, 0.1f}, {0.2f, -0.4f}}));
    }

    static Variable column(String name, float... values) {
        return Variable.parameter(name, Tensor.of(values, values.length, 1));
    }

    static void run(PrintWriter out, Path folder) throws IOException {
        try (Variable x = Variable.parameter("x", Tensor.scalar(1));
                Variable y = Variable.parameter("y", Tensor.scalar(2));
                Variable z = Variable.parameter("z", Tensor.scalar(0))) {
            Tensor f = expression(x, y, z);
            tell(out, ComputationGraph.of(f));
            write(out, folder.resolve("graph-expression.svg"), Graph.draw(f));
        }
        try (Variable w = weights();
                Variable b = column("b", 0.1f, 0.2f, 0.3f);
                Variable u = column("u", 1, 2, 3)) {
            Layer layer = layer(w, b, u);
            out.println("s = " + Notation.number(layer.s.item()));
            out.println("delta, by hand: " + Notation.text(layer.delta));
            out.println("ds/db:          " + Notation.text(layer.gradients.get(b)));
            out.println("delta x^T:      " + Notation.text(layer.deltaX));
            out.println("ds/dW:          " + Notation.text(layer.gradients.get(w)));
            write(out, folder.resolve("graph-layer.svg"), layer.svg);
        }
    }

    private static void tell(PrintWriter out, ComputationGraph graph) {
        for (int i = 0; i < graph.vertices().size(); i++) {
            int place = i;
            Vertex vertex = graph.vertices().get(i);
            String edges = graph.edges().stream()
                    .filter(edge -> edge.to() == place)
                    .map(edge -> describe(graph, edge))
                    .collect(Collectors.joining("; "));
            out.printf(
                    "%-8s value %-3s gradient %-3s %s%n",
                    vertex.name(), one(vertex.value()), one(vertex.gradient()), edges);
        }
    }

    private static String describe(ComputationGraph graph, Edge edge) {
        return "to " + graph.vertices().get(edge.from()).name() + ": local " + one(edge.local()) + ", downstream "
                + one(edge.gradient());
    }

    private static String one(Optional<Value> value) {
        return value.map(found -> Notation.number(found.elements().getFirst())).orElse("-");
    }

    private static void write(PrintWriter out, Path file, String svg) throws IOException {
        AtomicFile.writeStream(file, stream -> stream.write(svg.getBytes(StandardCharsets.UTF_8)));
        out.println("wrote " + file);
    }
}
