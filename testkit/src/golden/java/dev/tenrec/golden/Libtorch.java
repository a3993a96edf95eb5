package dev.tenrec.golden;

import dev.tenrec.io.NpzFile;
import dev.tenrec.io.RawTensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors of libtorch from and to Java, and the file that keeps them. */
final class Libtorch {

    private final SequencedMap<String, RawTensor> tensors = new LinkedHashMap<>();
    private final SplittableRandom random;

    Libtorch(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Numbers from −2 to 2 that gradients are computed for. */
    Tensor leaf(long... sizes) {
        return of(random.doubles(Shape.of(sizes).elementCount(), -2, 2).toArray(), sizes)
                .set_requires_grad(true);
    }

    static Tensor of(double[] values, long... sizes) {
        return org.bytedeco
                .pytorch
                .global
                .torch
                .tensor(values, new TensorOptions(ScalarType.Double))
                .view(sizes);
    }

    static Tensor of(long[] values, long... sizes) {
        return org.bytedeco
                .pytorch
                .global
                .torch
                .tensor(values, new TensorOptions(ScalarType.Long))
                .view(sizes);
    }

    static double[] values(Tensor tensor) {
        double[] values = new double[Math.toIntExact(tensor.numel())];
        tensor.detach().contiguous().data_ptr_double().get(values);
        return values;
    }

    /** Keeps an F64 tensor. */
    void put(String name, Tensor tensor) {
        put(name, values(tensor), tensor.sizes().vec().get());
    }

    void put(String name, double[] values, long... sizes) {
        tensors.put(name, new RawTensor(DType.F64, Shape.of(sizes), MemorySegment.ofArray(values)));
    }

    void put(String name, long[] values, long... sizes) {
        tensors.put(name, new RawTensor(DType.I64, Shape.of(sizes), MemorySegment.ofArray(values)));
    }

    /** Keeps inputs, a loss, and the gradients of its sum by the inputs that have one. */
    void putLoss(String name, Tensor loss, Tensor... inputs) {
        put(name + ".loss", loss);
        loss.sum().backward();
        for (int i = 0; i < inputs.length; i++) {
            put(name + ".input" + i, inputs[i]);
            if (inputs[i].requires_grad()) {
                put(name + ".gradient" + i, inputs[i].grad());
            }
        }
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        NpzFile.write(file, tensors, true);
        System.out.println("wrote " + file + ", " + Files.size(file) + " bytes, " + tensors.size() + " tensors");
    }
}
