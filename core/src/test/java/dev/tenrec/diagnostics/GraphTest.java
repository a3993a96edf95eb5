package dev.tenrec.diagnostics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.NotDifferentiable;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.ComputationGraph;
import dev.tenrec.tensor.ComputationGraph.Edge;
import dev.tenrec.tensor.ComputationGraph.Kind;
import dev.tenrec.tensor.ComputationGraph.Value;
import dev.tenrec.tensor.ComputationGraph.Vertex;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class GraphTest {

    private static Variable variable(String name, double value) {
        return Variable.parameter(name, Tensor.scalar(value));
    }

    private static double one(Optional<Value> value) {
        return value.orElseThrow().elements().getFirst();
    }

    private static Vertex named(ComputationGraph graph, String name) {
        return graph.vertices().stream()
                .filter(vertex -> vertex.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** (x + y) · max(y, z) at (1, 2, 0). */
    private static Tensor expression(Variable x, Variable y, Variable z) {
        return x.value().add(y.value()).mul(y.value().maximum(z.value()));
    }

    private static List<String> texts(String svg) {
        try {
            Document document = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg)));
            NodeList found = document.getElementsByTagName("text");
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < found.getLength(); i++) {
                texts.add(found.item(i).getTextContent());
            }
            return texts;
        } catch (Exception e) {
            throw new AssertionError(svg, e);
        }
    }

    @Test
    void valuesAndGradientsStandOnVerticesAndEdges() {
        Scope.run(() -> {
            try (Variable x = variable("x", 1);
                    Variable y = variable("y", 2);
                    Variable z = variable("z", 0)) {
                ComputationGraph graph = ComputationGraph.of(expression(x, y, z));
                assertEquals(6, graph.vertices().size());
                assertEquals(3, one(named(graph, "add").value()));
                assertEquals(2, one(named(graph, "maximum").value()));
                assertEquals(6, one(graph.vertices().getLast().value()));
                assertEquals(2, one(named(graph, "x").gradient()));
                assertEquals(5, one(named(graph, "y").gradient()));
                assertEquals(0, one(named(graph, "z").gradient()));
                int fromY = graph.vertices().indexOf(named(graph, "y"));
                List<Double> parts = graph.edges().stream()
                        .filter(edge -> edge.from() == fromY)
                        .map(edge -> one(edge.gradient()))
                        .sorted()
                        .toList();
                assertEquals(List.of(2.0, 3.0), parts);
                Edge left = graph.edges().stream()
                        .filter(edge -> edge.to() == graph.vertices().size() - 1)
                        .findFirst()
                        .orElseThrow();
                assertEquals(2, one(left.local()), "the derivative of a · b by a is b");
            }
        });
    }

    @Test
    void theDrawingShowsThemAndKeepsTheRecord() {
        Scope.run(() -> {
            try (Variable x = variable("<x>", 1);
                    Variable y = variable("y", 2);
                    Variable z = variable("z", 0)) {
                Tensor f = expression(x, y, z);
                List<String> texts = texts(Graph.draw(f));
                assertTrue(
                        texts.containsAll(List.of("<x>", "y", "z", "+", "max", "\u00d7", "6", "5")), texts::toString);
                assertEquals(5, f.backward().get(y).item());
                // Without the record: structure and values alone.
                ComputationGraph after = ComputationGraph.of(f);
                assertEquals(6, one(after.vertices().getLast().value()));
                assertTrue(after.vertices().stream()
                        .allMatch(vertex -> vertex.gradient().isEmpty()));
            }
        });
    }

    @Test
    void constantsAndLargeValuesAreShownAndValuesUsedTwiceOnce() {
        Scope.run(() -> {
            try (Variable w = Variable.parameter("W", Tensor.ones(20, 30))) {
                Tensor x = Tensor.ones(30, 1);
                Tensor product = w.value().matmul(x);
                Tensor loss = product.mul(product).add(Tensor.scalar(1)).sum();
                ComputationGraph graph = ComputationGraph.of(loss);
                assertEquals(
                        2,
                        graph.vertices().stream()
                                .filter(v -> v.kind() == Kind.CONSTANT)
                                .count());
                assertEquals(7, graph.vertices().size());
                Value weight = named(graph, "W").value().orElseThrow();
                assertTrue(weight.elements().isEmpty());
                assertEquals(Math.sqrt(600), weight.norm(), 1e-4);
                Edge toSum = graph.edges().getLast();
                assertEquals(20, toSum.local().orElseThrow().elements().size());
                assertTrue(texts(Graph.draw(loss)).stream().anyMatch(text -> text.contains("\u201624.49\u2016")));
                // Of a tensor with several elements there is no gradient.
                assertTrue(ComputationGraph.of(product).edges().stream()
                        .allMatch(e -> e.gradient().isEmpty()));
            }
        });
    }

    @Test
    void whatWasLetGoOfShowsItsShape() {
        Scope.run(() -> {
            try (Variable x = variable("x", 2)) {
                Supplier<Tensor> inner = () -> x.value().add(1).add(2);
                Tensor y = Scope.call(inner);
                ComputationGraph graph = ComputationGraph.of(y);
                assertEquals(5, one(graph.vertices().getLast().value()));
                assertTrue(named(graph, "addScalar").value().isEmpty(), "the sum inside is no longer there");
                assertEquals(1, one(named(graph, "x").gradient()));
                assertTrue(texts(Graph.draw(y)).contains("[]"));
            }
        });
    }

    @Test
    void everyKindOfRecordCanBeDrawn() {
        Scope.run(() -> {
            try (Variable table = Variable.parameter("table", Tensor.ones(5, 4))) {
                Tensor rows = table.rows(1, 3);
                Tensor loss = rows.reshape(1, 8)
                        .softmax(-1)
                        .slice(1, 0, 3)
                        .logSumExp(1)
                        .add(table.value().sum(1).max().div(2).tanh())
                        .sum();
                assertTrue(texts(Graph.draw(loss)).contains("rows"));
            }
        });
    }

    @Test
    void badInputIsExplained() {
        Scope.run(() -> {
            String message = assertThrows(NotDifferentiable.class, () -> Graph.draw(Tensor.scalar(1)))
                    .getMessage();
            assertTrue(message.contains("a tensor that depends on a trainable variable"), message);
            try (Variable x = variable("x", 1)) {
                Tensor y = x.value();
                for (int i = 0; i < ComputationGraph.MAX_VERTICES; i++) {
                    y = y.add(1);
                }
                Tensor last = y;
                assertTrue(assertThrows(InvalidArgument.class, () -> Graph.draw(last))
                        .getMessage()
                        .contains("at most 1000"));
            }
        });
    }
}
