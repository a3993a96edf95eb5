package dev.tenrec.benchmarks.libtorch;

import dev.tenrec.benchmarks.work.Cnn;
import dev.tenrec.benchmarks.work.Parameter;
import dev.tenrec.benchmarks.work.RecurrentNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Networks of the functions that PyTorch's layers consist of, with the weights that all libraries start from. */
final class LibtorchLayers {
    private static final long[] ONE = {1, 1};
    private static final long[] NONE = {0, 0};

    private final List<Tensor> parameters = new ArrayList<>();
    private final BiFunction<List<Tensor>, Tensor, Tensor> forward;

    private LibtorchLayers(List<Parameter> start, BiFunction<List<Tensor>, Tensor, Tensor> forward) {
        this.forward = forward;
        for (Parameter parameter : start) {
            parameters.add(LibtorchLibrary.tensor(parameter.values(), parameter.shape())
                    .set_requires_grad(true));
        }
    }

    static LibtorchLayers convolutional() {
        return new LibtorchLayers(Cnn.parameters(), (p, images) -> {
            Tensor first = pooled(convolution(images, p.get(0), p.get(1)));
            Tensor second = pooled(convolution(first, p.get(2), p.get(3)));
            Tensor units = torch.relu(linear(second.flatten(1, -1), p.get(4), p.get(5)));
            return linear(units, p.get(6), p.get(7));
        });
    }

    private static Tensor convolution(Tensor input, Tensor weight, Tensor bias) {
        return torch.conv2d(input, weight, new TensorOptional(bias), ONE, NONE, ONE, 1);
    }

    private static Tensor pooled(Tensor input) {
        return torch.max_pool2d(torch.relu(input), Cnn.POOL, Cnn.POOL);
    }

    private static Tensor linear(Tensor input, Tensor weight, Tensor bias) {
        return torch.linear(input, weight, new TensorOptional(bias));
    }

    static LibtorchLayers recurrent(RecurrentNetwork.Cell cell) {
        return new LibtorchLayers(RecurrentNetwork.parameters(cell), (p, characters) -> {
            Tensor embedded = torch.embedding(p.get(0), characters);
            TensorVector weights = new TensorVector(p.get(1), p.get(2), p.get(3), p.get(4));
            Tensor zeros = torch.zeros(1, characters.size(0), RecurrentNetwork.HIDDEN);
            Tensor outputs = switch (cell) {
                case LSTM ->
                    torch.lstm(embedded, new TensorVector(zeros, zeros), weights, true, 1, 0, true, false, true)
                            .get0();
                case GRU ->
                    torch.gru(embedded, zeros, weights, true, 1, 0, true, false, true)
                            .get0();
            };
            return linear(outputs.reshape(-1, RecurrentNetwork.HIDDEN), p.get(5), p.get(6));
        });
    }

    Tensor forward(Tensor input) {
        return forward.apply(parameters, input);
    }

    TensorVector parameters() {
        return new TensorVector(parameters.toArray(Tensor[]::new));
    }

    void close() {
        parameters.forEach(Tensor::close);
    }
}
