package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.optim.CountedDevice;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AttentionTest {

    private static final int TIME = 5;
    private static final int MEMORY = 4;
    private static final int BATCH = 2;
    private static final int WIDTH = 6;

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor padding(int keys) {
        boolean[] padding = new boolean[BATCH * keys];
        Arrays.fill(padding, keys + 3, padding.length, true);
        return Tensor.of(padding, BATCH, keys);
    }

    private static AttentionMask mask(String form) {
        AttentionMask mask = form.contains("causal") ? AttentionMask.CAUSAL : AttentionMask.NONE;
        mask = form.contains("padding") ? mask.withPadding(padding(TIME)) : mask;
        return form.contains("added") ? mask.withScores(Golden.numbers(8, TIME, TIME)) : mask;
    }

    private interface Layer {
        Tensor apply(Tensor input, Tensor memory);
    }

    /** The values are time first. */
    private static void compare(Golden golden, String name, Module module, Layer layer, boolean crossed) {
        Golden.fill(module);
        Variable input = Variable.parameter("input", Golden.numbers(1, TIME, BATCH, WIDTH));
        Variable memory = Variable.parameter("memory", Golden.numbers(2, MEMORY, BATCH, WIDTH));
        Tensor output = layer.apply(
                        input.value().transpose(0, 1), memory.value().transpose(0, 1))
                .transpose(0, 1);
        golden.assertClose(name + ".output", output);
        Gradients gradients = Golden.weighted(output, 4).backward();
        golden.assertClose(name + ".gradInput", gradients.get(input));
        if (crossed) {
            golden.assertClose(name + ".gradMemory", gradients.get(memory));
        }
        golden.assertGradients(name, module, gradients);
        input.close();
        memory.close();
        module.close();
    }

    private static final TransformerOptions OPTIONS =
            TransformerOptions.of(WIDTH, 2, 8).withDropout(0).withDtype(DType.F64);

    private static MultiHeadAttention attention() {
        return new MultiHeadAttention(WIDTH, 2, 0, DType.F64, null);
    }

    @Test
    void agreesWithLibtorch() {
        for (CountedDevice device : List.of(CountedDevice.open(), CountedDevice.withoutComposites())) {
            device.on(() -> Scope.run(AttentionTest::compareWithLibtorch));
        }
    }

    private static void compareWithLibtorch() {
        try (Golden golden = Golden.open("attention/attention.npz")) {
            for (String form : List.of("none", "causal", "padding", "added", "causal-padding")) {
                MultiHeadAttention attention = attention();
                compare(golden, "attention-" + form, attention, (x, _) -> attention.forward(x, mask(form)), false);
                TransformerEncoderLayer encoder = new TransformerEncoderLayer(OPTIONS);
                compare(golden, "encoder-" + form, encoder, (x, _) -> encoder.forward(x, mask(form)), false);
            }
            TransformerEncoderLayer gelu = new TransformerEncoderLayer(OPTIONS.withGelu());
            compare(golden, "encoderGelu-causal", gelu, (x, _) -> gelu.forward(x, AttentionMask.CAUSAL), false);
            AttentionMask padded = AttentionMask.NONE.withPadding(padding(MEMORY));
            MultiHeadAttention cross = attention();
            compare(golden, "cross", cross, (x, m) -> cross.forward(x, m, padded), true);
            for (String name : List.of("decoder", "decoderGelu")) {
                TransformerDecoderLayer decoder =
                        new TransformerDecoderLayer(name.equals("decoder") ? OPTIONS : OPTIONS.withGelu());
                compare(golden, name, decoder, (x, m) -> decoder.forward(x, m, AttentionMask.CAUSAL, padded), true);
            }
        }
    }

    /** What a kernel cannot do is composed: gradients by a mask, dropout, types and devices that do not fit. */
    @Test
    void aKernelIsUsedWhereItCanBe() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable x = GradientCheck.variable(1, 2, 2, 5, 3);
            Variable added = GradientCheck.variable(2, 5, 5);
            AttentionMask mask = AttentionMask.CAUSAL.withPadding(padding(5));
            AttentionMask trained = mask.withScores(added.value());
            assertEquals("{Attention=1, AttentionGradient=1}", attentionKernels(device, x, mask, null));
            assertEquals("{}", attentionKernels(device, x, trained, null));
            assertEquals("{}", attentionKernels(device, x, mask, RandomKey.of(1)));
            Tensor fixed = added.value().detach();
            assertEquals(
                    "{Attention=1, AttentionGradient=1}", attentionKernels(device, x, mask.withScores(fixed), null));
        }));
    }

    private static String attentionKernels(CountedDevice device, Variable x, AttentionMask mask, RandomKey key) {
        String all = device.count(() -> Scope.run(() -> {
            Tensor v = x.value().mul(2);
            Tensor y = Attention.apply(x.value(), x.value(), v, mask, 0.5, key);
            y.sum().backward().get(x).materialize();
        }));
        return Arrays.stream(all.substring(1, all.length() - 1).split(", "))
                .filter(one -> one.startsWith("Attention"))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    @Test
    void claimedAndComposedAgreeToTheSecondDerivative() {
        List<List<double[]>> results = new ArrayList<>();
        for (CountedDevice device : List.of(CountedDevice.open(), CountedDevice.withoutComposites())) {
            List<double[]> found = new ArrayList<>();
            results.add(found);
            device.on(() -> Scope.run(() -> {
                Variable q = GradientCheck.variable(1, 2, 2, 4, 3);
                Variable k = GradientCheck.variable(2, 2, 2, 5, 3);
                Variable v = GradientCheck.variable(3, 2, 2, 5, 2);
                for (AttentionMask mask : List.of(AttentionMask.NONE, AttentionMask.CAUSAL.withPadding(padding(5)))) {
                    Tensor y = Attention.apply(q.value(), k.value(), v.value(), mask, 0, null);
                    found.add(y.toDoubleArray());
                    Gradients gradients = Golden.weighted(y, 6).backward();
                    List.of(q, k, v).forEach(one -> found.add(gradients.get(one).toDoubleArray()));
                    Tensor x = q.value();
                    Tensor weighted = Golden.weighted(Attention.apply(x, k.value(), v.value(), mask, 0, null), 6);
                    Tensor first =
                            Autograd.grad(weighted, Autograd.Graph.CREATE, x).get(0);
                    Gradients second = first.square().sum().backward();
                    List.of(q, k, v).forEach(one -> found.add(second.get(one).toDoubleArray()));
                }
            }));
        }
        for (int i = 0; i < results.get(0).size(); i++) {
            assertArrayEquals(results.get(1).get(i), results.get(0).get(i), 1e-12, "result " + i);
        }
    }

    private static Tensor plain(Tensor q, Tensor k, Tensor v, Tensor added) {
        return q.matmul(k.transpose())
                .mul(1 / Math.sqrt(q.size(-1)))
                .add(added)
                .softmax(-1)
                .matmul(v);
    }

    @Test
    void blocksChangeNothing() {
        Variable q = GradientCheck.variable(1, 2, 2, 7, 3);
        Variable k = GradientCheck.variable(2, 2, 2, 6, 3);
        Variable v = GradientCheck.variable(3, 2, 2, 6, 3);
        Variable added = GradientCheck.variable(4, 1, 2, 7, 6);
        Tensor later = Tensor.arange(6).gt(Tensor.arange(7).unsqueeze(-1));
        Tensor hidden = Tensor.zeros(DType.F64, Shape.of(7, 6)).maskedFill(later, Double.NEGATIVE_INFINITY);
        List<Variable> variables = List.of(q, k, v, added);
        Tensor expected = plain(q.value(), k.value(), v.value(), added.value().add(hidden));
        double[] values = expected.toDoubleArray();
        Gradients gradients = Golden.weighted(expected, 5).backward();
        for (long block : new long[] {1, 2 * 2 * 6 * 2, 2 * 2 * 6 * 3, 1 << 20}) {
            Tensor found = Attention.composed(
                    q.value(), k.value(), v.value(), AttentionMask.CAUSAL.withScores(added.value()), 0, null, block);
            assertArrayEquals(values, found.toDoubleArray(), 1e-13);
            Gradients own = Golden.weighted(found, 5).backward();
            for (Variable variable : variables) {
                assertArrayEquals(
                        gradients.get(variable).toDoubleArray(),
                        own.get(variable).toDoubleArray(),
                        1e-12,
                        variable.name());
            }
        }
    }

    @Test
    void gradientsAreThoseOfDifferencesWithDropoutToo() {
        Variable q = GradientCheck.variable(1, 1, 1, 3, 2);
        Variable k = GradientCheck.variable(2, 1, 1, 3, 2);
        Variable v = GradientCheck.variable(3, 1, 1, 3, 2);
        List<Variable> variables = List.of(q, k, v);
        for (RandomKey key : new RandomKey[] {null, RandomKey.of(3)}) {
            GradientCheck.first(
                    () -> Attention.composed(q.value(), k.value(), v.value(), AttentionMask.NONE, 0.4, key, 6)
                            .square()
                            .sum(),
                    variables);
        }
        GradientCheck.second(
                () -> Attention.composed(q.value(), k.value(), v.value(), AttentionMask.CAUSAL, 0, null, 6)
                        .square()
                        .sum(),
                variables);
    }

    @Test
    void queriesWithoutKeysGiveZero() {
        for (CountedDevice device : List.of(CountedDevice.open(), CountedDevice.withoutComposites())) {
            device.on(() -> Scope.run(AttentionTest::requireZeroWithoutKeys));
        }
    }

    private static void requireZeroWithoutKeys() {
        Tensor x = Golden.numbers(1, 1, 1, 2, 3);
        Tensor all = Tensor.of(new boolean[] {true, true, false, true}, 2, 2);
        double[] found = Attention.apply(x, x, x, AttentionMask.NONE.withScores(all), 0, null)
                .toDoubleArray();
        assertArrayEquals(new double[3], Arrays.copyOf(found, 3));
        assertArrayEquals(Arrays.copyOf(x.toDoubleArray(), 3), Arrays.copyOfRange(found, 3, 6), 1e-15);
    }

    @Test
    void memoryGrowsWithLengthNotWithItsSquare() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            long[] peaks = new long[2];
            for (int i = 0; i < 2; i++) {
                int time = i == 0 ? 64 : 256;
                Variable x = Variable.parameter("x", RandomKey.of(1).normal(DType.F32, Shape.of(1, 2, time, 4)));
                long before = device.liveBytes();
                device.count(() -> Scope.run(() -> {
                    Tensor loss = Attention.composed(
                                    x.value(), x.value(), x.value(), AttentionMask.NONE, 0, null, 2L * time * 4)
                            .sum();
                    loss.backward().get(x).materialize();
                }));
                peaks[i] = device.peakBytes() - before;
                x.close();
            }
            // Four times the length; scores as a whole would be sixteen times as many.
            assertTrue(peaks[1] < 6 * peaks[0], () -> Arrays.toString(peaks));
            assertTrue(peaks[1] < 256 * 256 * 2 * 4, () -> Arrays.toString(peaks));
        }));
    }

    @Test
    void stacksRunAndNameTheirParts() {
        TransformerOptions first = OPTIONS.withNormFirst();
        try (TransformerEncoder encoder = new TransformerEncoder(2, first);
                TransformerDecoder decoder = new TransformerDecoder(1, OPTIONS)) {
            assertTrue(encoder.namedVariables().containsKey("layers.1.self_attn.in_proj_weight"));
            assertTrue(encoder.namedVariables().containsKey("norm.weight"));
            assertFalse(decoder.namedVariables().containsKey("norm.weight"));
            Tensor x = Golden.numbers(1, BATCH, TIME, WIDTH);
            Tensor memory = encoder.forward(x);
            assertEquals(x.shape(), memory.shape());
            // A last normalisation leaves rows of mean 0 and variance 1 at first.
            assertEquals(0, memory.mean(-1).abs().max().item(), 1e-12);
            assertEquals(1, memory.var(0, false, -1).mean().item(), 1e-3);
            Tensor out = decoder.forward(x, memory, AttentionMask.CAUSAL, AttentionMask.NONE);
            // Causal: what comes later changes nothing.
            Tensor changed = Tensor.concat(1, x.slice(1, 0, 3), x.slice(1, 3, 5).mul(2));
            Tensor other = decoder.forward(changed, memory, AttentionMask.CAUSAL, AttentionMask.NONE);
            assertArrayEquals(
                    out.slice(1, 0, 3).toDoubleArray(), other.slice(1, 0, 3).toDoubleArray(), 1e-13);
            assertEquals(x.shape(), decoder.forward(x).shape());
        }
    }

    @Test
    void badInputIsRefused() {
        assertEquals(
                """
                MultiHeadAttention: heads do not divide the width
                  expected a width that is a multiple of the number of heads
                  given    width 6, 4 heads\
                """,
                assertThrows(InvalidArgument.class, () -> new MultiHeadAttention(6, 4))
                        .getMessage());
        MultiHeadAttention attention = new MultiHeadAttention(6, 2);
        assertEquals(
                """
                MultiHeadAttention: input does not fit
                  expected [batch, time, 6]   at least one time step
                  given    [2, 0, 6]\
                """,
                assertThrows(ShapeMismatch.class, () -> attention.forward(Tensor.zeros(2, 0, 6)))
                        .getMessage());
        Tensor x = Tensor.zeros(2, 3, 6);
        AttentionMask wrong = AttentionMask.NONE.withPadding(Tensor.of(new boolean[4], 2, 2));
        assertEquals(
                """
                attention: padding mask does not fit
                  expected BOOL [2, 3]   [batch, keys], true for padding
                  given    BOOL [2, 2]\
                """,
                assertThrows(ShapeMismatch.class, () -> attention.forward(x, wrong))
                        .getMessage());
        assertThrows(
                ShapeMismatch.class, () -> attention.forward(x, AttentionMask.NONE.withScores(Tensor.zeros(4, 3))));
        assertThrows(ShapeMismatch.class, () -> attention.forward(x, Tensor.zeros(1, 3, 6), AttentionMask.NONE));
        assertThrows(InvalidArgument.class, () -> TransformerOptions.of(6, 4, 8));
    }
}
