package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.error.DTypeMismatch;
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
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecurrentTest {

    private static final int IN = 3;
    private static final int UNITS = 4;
    private static final int BATCH = 3;

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static int option(String form, char name) {
        return Arrays.stream(form.split("-"))
                .skip(1)
                .filter(part -> part.charAt(0) == name)
                .mapToInt(part -> Integer.parseInt(part.substring(1)))
                .findFirst()
                .orElseThrow();
    }

    private static Recurrent layer(String form) {
        if (form.startsWith("lstm")) {
            Lstm.Builder lstm = options(Lstm.builder(IN, UNITS), form);
            return (option(form, 'p') > 0 ? lstm.projection(option(form, 'p')) : lstm).build();
        }
        if (form.startsWith("gru")) {
            return options(Gru.builder(IN, UNITS), form).build();
        }
        Rnn.Builder rnn = options(Rnn.builder(IN, UNITS), form);
        return (form.startsWith("relu") ? rnn.relu() : rnn).build();
    }

    private static <B extends RecurrentOptions<B>> B options(B options, String form) {
        options.layers(option(form, 'l')).dtype(DType.F64);
        if (option(form, 'd') == 2) {
            options.bidirectional();
        }
        if (option(form, 'b') == 0) {
            options.withoutBias();
        }
        return option(form, 'f') == 0 ? options.timeFirst() : options;
    }

    @Test
    void agreesWithLibtorch() {
        try (Golden golden = Golden.open("recurrent/recurrent.npz")) {
            Map<String, Integer> tested = new TreeMap<>();
            TreeSet<String> forms = new TreeSet<>();
            golden.names().stream()
                    .filter(name -> name.endsWith(".output"))
                    .forEach(name -> forms.add(name.substring(0, name.indexOf('.'))));
            for (String form : forms) {
                Scope.run(() -> compare(golden, form));
                tested.merge(form.substring(0, form.indexOf('-')), 1, Integer::sum);
            }
            assertEquals(Map.of("tanh", 14, "relu", 14, "gru", 14, "lstm", 17), tested);
        }
    }

    private static void compare(Golden golden, String form) {
        int steps = option(form, 't');
        boolean batchFirst = option(form, 'f') == 1;
        try (Recurrent layer = layer(form)) {
            Golden.fill(layer);
            Variable input = Variable.parameter(
                    "input", batchFirst ? Golden.numbers(1, BATCH, steps, IN) : Golden.numbers(1, steps, BATCH, IN));
            RecurrentState zeros = layer.zeroState(BATCH);
            boolean given = option(form, 's') == 1;
            Variable hidden = Variable.parameter(
                    "hidden", given ? Golden.numbers(2, zeros.hidden().shape().sizes()) : zeros.hidden());
            Tensor cell = zeros.cell() == null || !given
                    ? zeros.cell()
                    : Golden.numbers(3, zeros.cell().shape().sizes());
            Tensor lengths = option(form, 'n') == 1 ? Tensor.of(new long[] {steps, 2, 1}) : null;
            Recurrent.Result result = layer.forward(input.value(), new RecurrentState(hidden.value(), cell), lengths);
            golden.assertClose(form + ".output", result.output());
            golden.assertClose(form + ".hidden", result.state().hidden());
            Tensor loss = Golden.weighted(result.output(), 4)
                    .add(Golden.weighted(result.state().hidden(), 5));
            if (cell != null) {
                golden.assertClose(form + ".cell", result.state().cell());
                loss = loss.add(Golden.weighted(result.state().cell(), 6));
            }
            Gradients gradients = loss.backward();
            golden.assertClose(form + ".gradInput", gradients.get(input));
            golden.assertClose(form + ".gradHidden", gradients.get(hidden));
            golden.assertGradients(form, layer, gradients);
            input.close();
            hidden.close();
        }
    }

    @Test
    void cellsAgreeWithLibtorch() {
        Tensor input = Golden.numbers(1, BATCH, IN);
        Tensor hidden = Golden.numbers(2, BATCH, UNITS);
        try (Golden golden = Golden.open("recurrent/recurrent.npz");
                StepCell rnn = new RnnCell(IN, UNITS, false, DType.F64, null);
                StepCell gru = new GruCell(IN, UNITS, DType.F64, null);
                StepCell lstm = new LstmCell(IN, UNITS, DType.F64, null)) {
            Golden.fill(rnn);
            golden.assertClose(
                    "rnnCell.hidden",
                    rnn.step(input, new RecurrentState(hidden, null)).hidden());
            Golden.fill(gru);
            golden.assertClose(
                    "gruCell.hidden",
                    gru.step(input, new RecurrentState(hidden, null)).hidden());
            Golden.fill(lstm);
            RecurrentState next = lstm.step(input, new RecurrentState(hidden, Golden.numbers(3, BATCH, UNITS)));
            golden.assertClose("lstmCell.hidden", next.hidden());
            golden.assertClose("lstmCell.cell", next.cell());
            assertEquals(Shape.of(BATCH, UNITS), lstm.forward(input).shape());
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @Test
    void peepholesAgreeWithPlainLoops() {
        int steps = 4;
        try (Lstm lstm = Lstm.builder(IN, UNITS).peepholes().dtype(DType.F64).build()) {
            Golden.fill(lstm);
            Map<String, Variable> v = lstm.namedVariables();
            double[] x = Golden.numbers(1, BATCH, steps, IN).toDoubleArray();
            double[] ih = v.get("weight_ih_l0").value().toDoubleArray();
            double[] hh = v.get("weight_hh_l0").value().toDoubleArray();
            double[] bi = v.get("bias_ih_l0").value().toDoubleArray();
            double[] bh = v.get("bias_hh_l0").value().toDoubleArray();
            double[] p = v.get("peephole_l0").value().toDoubleArray();
            double[] expected = new double[BATCH * steps * UNITS];
            for (int n = 0; n < BATCH; n++) {
                double[] h = new double[UNITS];
                double[] c = new double[UNITS];
                for (int t = 0; t < steps; t++) {
                    double[] a = new double[4 * UNITS];
                    for (int g = 0; g < a.length; g++) {
                        a[g] = bi[g] + bh[g];
                        for (int k = 0; k < IN; k++) {
                            a[g] += x[(n * steps + t) * IN + k] * ih[k * a.length + g];
                        }
                        for (int k = 0; k < UNITS; k++) {
                            a[g] += h[k] * hh[k * a.length + g];
                        }
                    }
                    for (int k = 0; k < UNITS; k++) {
                        double in = sigmoid(a[k] + p[k] * c[k]);
                        double forget = sigmoid(a[UNITS + k] + p[UNITS + k] * c[k]);
                        c[k] = forget * c[k] + in * Math.tanh(a[2 * UNITS + k]);
                        h[k] = sigmoid(a[3 * UNITS + k] + p[2 * UNITS + k] * c[k]) * Math.tanh(c[k]);
                        expected[(n * steps + t) * UNITS + k] = h[k];
                    }
                }
            }
            double[] found = lstm.forward(Golden.numbers(1, BATCH, steps, IN)).toDoubleArray();
            assertArrayEquals(expected, found, 1e-13);
        }
    }

    @Test
    void gradientsAreThoseOfDifferences() {
        List<Recurrent> layers = List.of(
                Rnn.builder(2, 2).dtype(DType.F64).key(RandomKey.of(1)).build(),
                Lstm.builder(2, 3)
                        .peepholes()
                        .projection(2)
                        .bidirectional()
                        .dtype(DType.F64)
                        .key(RandomKey.of(2))
                        .build(),
                Gru.builder(2, 2)
                        .layers(2)
                        .dtype(DType.F64)
                        .key(RandomKey.of(3))
                        .build());
        Tensor lengths = Tensor.of(new int[] {3, 1});
        for (Recurrent layer : layers) {
            Variable input = GradientCheck.variable(4, 2, 3, 2);
            RecurrentState zeros = layer.zeroState(2);
            Variable hidden = GradientCheck.variable(5, zeros.hidden().shape().sizes());
            List<Variable> variables = new ArrayList<>(layer.parameters());
            variables.add(input);
            variables.add(hidden);
            for (Tensor used : new Tensor[] {null, lengths}) {
                GradientCheck.first(
                        () -> {
                            Recurrent.Result result = layer.forward(
                                    input.value(), new RecurrentState(hidden.value(), zeros.cell()), used);
                            return result.output()
                                    .square()
                                    .sum()
                                    .add(Golden.weighted(result.state().hidden(), 9));
                        },
                        variables);
            }
            layer.close();
        }
    }

    @Test
    void secondDerivativesAreThoseOfDifferences() {
        try (Gru gru = Gru.builder(2, 2).dtype(DType.F64).key(RandomKey.of(3)).build();
                Lstm lstm =
                        Lstm.builder(1, 2).dtype(DType.F64).key(RandomKey.of(4)).build()) {
            Variable input = GradientCheck.variable(4, 1, 2, 2);
            GradientCheck.second(
                    () -> gru.forward(input.value()).square().sum(),
                    List.of(input, gru.parameters().get(1)));
            Variable other = GradientCheck.variable(6, 2, 2, 1);
            Tensor lengths = Tensor.of(new int[] {2, 1});
            GradientCheck.second(
                    () -> lstm.forward(other.value(), null, lengths)
                            .output()
                            .square()
                            .sum(),
                    List.of(other, lstm.parameters().get(1)));
        }
    }

    @Test
    void whatStandsBeyondALengthHasNoInfluence() {
        for (Recurrent layer : List.of(new Rnn(2, 3), new Lstm(2, 3), new Gru(2, 3))) {
            Tensor lengths = Tensor.of(new long[] {2, 3});
            float[] clean = {1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 9, 1};
            float[] dirty = clean.clone();
            dirty[4] = Float.NaN;
            dirty[5] = Float.POSITIVE_INFINITY;
            Gradients[] gradients = new Gradients[2];
            float[][] outputs = new float[2][];
            for (int i = 0; i < 2; i++) {
                Recurrent.Result result = layer.forward(Tensor.of(i == 0 ? clean : dirty, 2, 3, 2), null, lengths);
                outputs[i] = result.output().toFloatArray();
                assertEquals(0, outputs[i][6]);
                gradients[i] = result.output().square().sum().backward();
            }
            assertArrayEquals(outputs[0], outputs[1]);
            Variable recurrent = layer.namedVariables().get("weight_hh_l0");
            assertArrayEquals(
                    gradients[0].get(recurrent).toFloatArray(),
                    gradients[1].get(recurrent).toFloatArray());
            layer.close();
        }
    }

    @Test
    void stepsAndPartsGiveWhatTheWholeGives() {
        try (Lstm lstm = Lstm.builder(2, 3).layers(2).build()) {
            Tensor input = RandomKey.of(1).normal(DType.F32, Shape.of(2, 4, 2));
            Recurrent.Result whole = lstm.forward(input, null);
            RecurrentState state = null;
            for (int t = 0; t < 4; t++) {
                Recurrent.Result step = lstm.step(input.select(1, t), state);
                assertArrayEquals(
                        whole.output().select(1, t).toFloatArray(),
                        step.output().toFloatArray(),
                        1e-6f);
                state = step.state();
            }
            assertArrayEquals(whole.state().cell().toFloatArray(), state.cell().toFloatArray(), 1e-6f);
            // Truncated: the second half alone is differentiated, from constants.
            RecurrentState half =
                    lstm.forward(input.slice(1, 0, 2), null).state().detach();
            assertFalse(half.hidden().requiresGradient() || half.cell().requiresGradient());
            Recurrent.Result rest = lstm.forward(input.slice(1, 2, 4), half);
            assertArrayEquals(
                    whole.output().slice(1, 2, 4).toFloatArray(), rest.output().toFloatArray(), 1e-6f);
            assertTrue(rest.output().requiresGradient());
        }
    }

    @Test
    void dropoutIsBetweenLayersAndInTrainingOnly() {
        try (Gru gru =
                Gru.builder(2, 3).layers(2).dropout(0.5).key(RandomKey.of(7)).build()) {
            Tensor input = Tensor.ones(1, 2, 2);
            assertEquals(1, gru.namedStreams().size());
            assertFalse(Arrays.equals(
                    gru.forward(input).toFloatArray(), gru.forward(input).toFloatArray()));
            gru.eval();
            assertArrayEquals(
                    gru.forward(input).toFloatArray(), gru.forward(input).toFloatArray());
        }
    }

    @Test
    void memoryOfInferenceDoesNotGrowWithSteps() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            try (Lstm lstm = new Lstm(2, 64)) {
                Tensor input = Tensor.zeros(2, 50, 2).materialize();
                long[] peaks = new long[2];
                for (int i = 0; i < 2; i++) {
                    long steps = i == 0 ? 10 : 50;
                    long before = device.liveBytes();
                    device.count(() -> Autograd.noGrad(() -> Scope.run(
                            () -> lstm.forward(input.slice(1, 0, steps)).materialize())));
                    peaks[i] = device.peakBytes() - before;
                    assertEquals(before, device.liveBytes());
                }
                // Per step: the input's part (4 blocks) and the outputs, once in parts and once joined; no gates.
                long perStep = (peaks[1] - peaks[0]) / 40;
                assertTrue(perStep <= 2 * 64 * 4 * (4 + 2) + 64, () -> perStep + " bytes per step");
            }
        }));
    }

    @Test
    void namesAreThoseOfPyTorch() {
        try (Lstm lstm =
                Lstm.builder(2, 3).layers(2).bidirectional().projection(2).build()) {
            assertEquals(20, lstm.variables().size());
            Map<String, Variable> named = lstm.namedVariables();
            assertEquals(Shape.of(2, 12), named.get("weight_ih_l0").shape());
            assertEquals(Shape.of(4, 12), named.get("weight_ih_l1_reverse").shape());
            assertEquals(Shape.of(3, 2), named.get("weight_hr_l1").shape());
            assertEquals(4, lstm.outputSize());
            assertEquals("Lstm(2, 3, layers 2, both directions, projection 2)", lstm.toString());
            assertNotEquals(
                    named.get("bias_ih_l0").value().toString(),
                    named.get("bias_hh_l0").value().toString());
        }
    }

    @Test
    void badInputIsRefused() {
        Lstm lstm = new Lstm(2, 3);
        assertEquals("""
            Lstm: sequences of length 0
              expected [batch, time, 2]   at least one time step
              given    [4, 0, 2]\
            """, error(ShapeMismatch.class, () -> lstm.forward(Tensor.zeros(4, 0, 2))));
        assertEquals("""
            Lstm: input does not fit
              expected [batch, time, 2]   Lstm(2, 3)
              given    [4, 2]
              hint: for one sequence unsqueeze the batch axis; for single steps use step\
            """, error(ShapeMismatch.class, () -> lstm.forward(Tensor.zeros(4, 2))));
        Tensor input = Tensor.zeros(4, 5, 2);
        assertEquals(
                """
                Lstm: hidden state does not fit
                  expected [1, 4, 3]   [layers · directions, batch, size]
                  given    [4, 3]
                  hint: zeroState(batch) makes one\
                """,
                error(
                        ShapeMismatch.class,
                        () -> lstm.forward(input, new RecurrentState(Tensor.zeros(4, 3), Tensor.zeros(1, 4, 3)))));
        assertEquals(
                """
                Lstm: cell state does not fit
                  expected [1, 4, 3]   [layers · directions, batch, size]
                  given    none
                  hint: zeroState(batch) makes one\
                """,
                error(ShapeMismatch.class, () -> lstm.forward(input, new RecurrentState(Tensor.zeros(1, 4, 3), null))));
        assertEquals(
                """
                Lstm: length out of range
                  expected 1 to 5
                  given    0        sequence 2
                  hint: leave out sequences of length 0\
                """, error(InvalidArgument.class, () -> lstm.forward(input, null, Tensor.of(new long[] {1, 5, 0, 2}))));
        assertEquals("""
            Lstm: lengths do not fit
              expected I64 or I32 [4]   one per sequence
              given    I64 [3]\
            """, error(ShapeMismatch.class, () -> lstm.forward(input, null, Tensor.of(new long[] {1, 5, 2}))));
        assertThrows(DTypeMismatch.class, () -> lstm.forward(input.to(DType.F64)));
        assertThrows(InvalidArgument.class, () -> new Gru(0, 3));
        assertThrows(InvalidArgument.class, () -> Lstm.builder(2, 3).projection(3));
        assertThrows(InvalidArgument.class, () -> Rnn.builder(2, 3).layers(0));
        assertThrows(InvalidArgument.class, () -> Rnn.builder(2, 3).dropout(2));
        assertThrows(InvalidArgument.class, () -> Rnn.builder(2, 3).dtype(DType.I32));
        Gru both = Gru.builder(2, 3).bidirectional().build();
        assertThrows(InvalidArgument.class, () -> both.step(Tensor.zeros(1, 2), null));
        assertThrows(ShapeMismatch.class, () -> lstm.step(Tensor.zeros(1, 1, 2), null));
        assertThrows(
                ShapeMismatch.class,
                () -> new GruCell(2, 3).step(Tensor.zeros(1, 2), new RecurrentState(Tensor.zeros(1, 2), null)));
        assertThrows(ShapeMismatch.class, () -> new LstmCell(2, 3).forward(Tensor.zeros(1, 3)));
    }

    private static String error(Class<? extends RuntimeException> type, Runnable body) {
        return assertThrows(type, body::run).getMessage();
    }
}
