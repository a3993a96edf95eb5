package dev.tenrec.golden;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.GRUCellImpl;
import org.bytedeco.pytorch.GRUImpl;
import org.bytedeco.pytorch.GRUOptions;
import org.bytedeco.pytorch.LSTMCellImpl;
import org.bytedeco.pytorch.LSTMImpl;
import org.bytedeco.pytorch.LSTMOptions;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.PackedSequence;
import org.bytedeco.pytorch.RNNCellImpl;
import org.bytedeco.pytorch.RNNImpl;
import org.bytedeco.pytorch.RNNOptions;
import org.bytedeco.pytorch.T_PackedSequenceT_TensorTensor_T_T;
import org.bytedeco.pytorch.T_PackedSequenceTensor_T;
import org.bytedeco.pytorch.T_TensorT_TensorTensor_T_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kReLU;

/**
 * Makes {@code recurrent.npz}: outputs, states and gradients of libtorch's recurrent layers in F64. A configuration's
 * name says all about it: kind, l(ayers), d(irections), p(rojection, 0 for none), b(ias), f (batch first), n (lengths
 * differ), s (states given), t (steps). Three sequences of 3 inputs, 4 units.
 */
final class RecurrentGolden {

    static final int IN = 3;
    static final int UNITS = 4;
    static final int BATCH = 3;

    private static final List<String> FORMS = List.of(
            "l1-d1-p0-b1-f1-n0-s0-t5",
            "l1-d1-p0-b0-f1-n0-s1-t4",
            "l1-d1-p0-b1-f0-n0-s1-t1",
            "l1-d2-p0-b1-f1-n0-s0-t5",
            "l1-d2-p0-b0-f0-n0-s1-t3",
            "l2-d1-p0-b1-f1-n0-s1-t4",
            "l2-d1-p0-b0-f0-n0-s0-t6",
            "l2-d2-p0-b1-f1-n0-s1-t5",
            "l3-d1-p0-b1-f0-n0-s1-t2",
            "l3-d2-p0-b1-f1-n0-s0-t3",
            "l1-d1-p0-b1-f1-n1-s1-t5",
            "l1-d2-p0-b1-f1-n1-s0-t5",
            "l2-d1-p0-b1-f0-n1-s0-t5",
            "l2-d2-p0-b1-f1-n1-s1-t5");

    private static final List<String> PROJECTED =
            List.of("l1-d1-p2-b1-f1-n0-s1-t4", "l2-d2-p3-b1-f1-n0-s1-t3", "l2-d2-p2-b0-f0-n1-s0-t5");

    private final TorchValues values = new TorchValues();

    private RecurrentGolden() {}

    public static void main(String[] args) throws IOException {
        RecurrentGolden golden = new RecurrentGolden();
        for (String form : FORMS) {
            for (String kind : List.of("tanh", "relu", "lstm", "gru")) {
                golden.run(kind, form);
            }
        }
        PROJECTED.forEach(form -> golden.run("lstm", form));
        golden.cells();
        golden.values.write(Path.of(args[0], "recurrent", "recurrent.npz"));
    }

    private static int option(String form, char name) {
        return Arrays.stream(form.split("-"))
                .filter(part -> part.charAt(0) == name)
                .mapToInt(part -> Integer.parseInt(part.substring(1)))
                .findFirst()
                .orElseThrow();
    }

    private void run(String kind, String form) {
        int layers = option(form, 'l');
        int directions = option(form, 'd');
        int projection = option(form, 'p');
        boolean batchFirst = option(form, 'f') == 1;
        int steps = option(form, 't');
        long rows = (long) layers * directions;
        Tensor input = (batchFirst ? TorchValues.tensor(1, BATCH, steps, IN) : TorchValues.tensor(1, steps, BATCH, IN))
                .requires_grad_(true);
        boolean given = option(form, 's') == 1;
        long out = projection == 0 ? UNITS : projection;
        Tensor hidden = given
                ? TorchValues.tensor(2, rows, BATCH, out)
                : torch.zeros(rows, BATCH, out).toType(torch.ScalarType.Double);
        Tensor cell = given
                ? TorchValues.tensor(3, rows, BATCH, UNITS)
                : torch.zeros(rows, BATCH, UNITS).toType(torch.ScalarType.Double);
        hidden.requires_grad_(true);
        cell.requires_grad_(true);
        Tensor lengths = option(form, 'n') == 1
                ? torch.tensor(new long[] {steps, 2, 1})
                : torch.tensor(new long[] {steps, steps, steps});
        boolean packed = option(form, 'n') == 1;
        String name = kind + "-" + form;
        Module module;
        Tensor[] result = new Tensor[3];
        if (kind.equals("lstm")) {
            LSTMOptions options = new LSTMOptions(IN, UNITS);
            options.num_layers().put(layers);
            options.bias().put(option(form, 'b') == 1);
            options.batch_first().put(batchFirst);
            options.bidirectional().put(directions == 2);
            options.proj_size().put(projection);
            LSTMImpl lstm = new LSTMImpl(options);
            module = lstm;
            TorchValues.fill(lstm);
            T_TensorTensor_T state = new T_TensorTensor_T(hidden, cell);
            if (packed) {
                T_PackedSequenceT_TensorTensor_T_T ran =
                        lstm.forward_with_packed_input(pack(input, lengths, batchFirst), state);
                result[0] = pad(ran.get0(), batchFirst, steps);
                result[1] = ran.get1().get0();
                result[2] = ran.get1().get1();
            } else {
                T_TensorT_TensorTensor_T_T ran = lstm.forward(input, state);
                result[0] = ran.get0();
                result[1] = ran.get1().get0();
                result[2] = ran.get1().get1();
            }
        } else if (kind.equals("gru")) {
            GRUOptions options = new GRUOptions(IN, UNITS);
            options.num_layers().put(layers);
            options.bias().put(option(form, 'b') == 1);
            options.batch_first().put(batchFirst);
            options.bidirectional().put(directions == 2);
            GRUImpl gru = new GRUImpl(options);
            module = gru;
            TorchValues.fill(gru);
            if (packed) {
                T_PackedSequenceTensor_T ran = gru.forward_with_packed_input(pack(input, lengths, batchFirst), hidden);
                result[0] = pad(ran.get0(), batchFirst, steps);
                result[1] = ran.get1();
            } else {
                T_TensorTensor_T ran = gru.forward(input, hidden);
                result[0] = ran.get0();
                result[1] = ran.get1();
            }
        } else {
            RNNOptions options = new RNNOptions(IN, UNITS);
            options.num_layers().put(layers);
            options.bias().put(option(form, 'b') == 1);
            options.batch_first().put(batchFirst);
            options.bidirectional().put(directions == 2);
            if (kind.equals("relu")) {
                options.nonlinearity().put(new kReLU());
            }
            RNNImpl rnn = new RNNImpl(options);
            module = rnn;
            TorchValues.fill(rnn);
            if (packed) {
                T_PackedSequenceTensor_T ran = rnn.forward_with_packed_input(pack(input, lengths, batchFirst), hidden);
                result[0] = pad(ran.get0(), batchFirst, steps);
                result[1] = ran.get1();
            } else {
                T_TensorTensor_T ran = rnn.forward(input, hidden);
                result[0] = ran.get0();
                result[1] = ran.get1();
            }
        }
        Tensor loss = TorchValues.weighted(result[0], 4).add(TorchValues.weighted(result[1], 5));
        if (result[2] != null) {
            loss = loss.add(TorchValues.weighted(result[2], 6));
            values.put(name + ".cell", result[2]);
        }
        loss.backward();
        values.put(name + ".output", result[0]);
        values.put(name + ".hidden", result[1]);
        values.put(name + ".gradInput", input.grad());
        values.put(name + ".gradHidden", hidden.grad());
        values.putGradients(name, module);
    }

    private static PackedSequence pack(Tensor input, Tensor lengths, boolean batchFirst) {
        return torch.pack_padded_sequence(input, lengths, batchFirst, true);
    }

    private static Tensor pad(PackedSequence packed, boolean batchFirst, int steps) {
        return torch.pad_packed_sequence(packed, batchFirst, 0, new LongOptional(steps))
                .get0();
    }

    private void cells() {
        Tensor input = TorchValues.tensor(1, BATCH, IN);
        Tensor hidden = TorchValues.tensor(2, BATCH, UNITS);
        Tensor cell = TorchValues.tensor(3, BATCH, UNITS);
        RNNCellImpl rnn = new RNNCellImpl(IN, UNITS);
        TorchValues.fill(rnn);
        values.put("rnnCell.hidden", rnn.forward(input, hidden));
        GRUCellImpl gru = new GRUCellImpl(IN, UNITS);
        TorchValues.fill(gru);
        values.put("gruCell.hidden", gru.forward(input, hidden));
        LSTMCellImpl lstm = new LSTMCellImpl(IN, UNITS);
        TorchValues.fill(lstm);
        T_TensorTensor_T state = lstm.forward(input, new T_TensorTensor_T(hidden, cell));
        values.put("lstmCell.hidden", state.get0());
        values.put("lstmCell.cell", state.get1());
    }
}
