package dev.tenrec.golden;

import dev.tenrec.io.NpzFile;
import dev.tenrec.io.RawTensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Numbers that programs and tests compute alike, tensors of them, and the file of what became of them. */
final class TorchValues {

    private final LinkedHashMap<String, RawTensor> entries = new LinkedHashMap<>();

    /** The number at a position: a multiple of 2⁻¹⁶ in ±0.5, from the bits of a product. */
    static double number(int seed, int position) {
        int bits = (position + 1) * 0x9E3779B1 + seed * 0x85EBCA77;
        bits = (bits ^ bits >>> 15) * 0x2C1B3C6D;
        return (bits >>> 16) / 65536.0 - 0.5;
    }

    static Tensor tensor(int seed, long... sizes) {
        int count = 1;
        for (long size : sizes) {
            count *= (int) size;
        }
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = number(seed, i);
        }
        return of(values, sizes);
    }

    static Tensor of(double[] values, long... sizes) {
        try (DoublePointer pointer = new DoublePointer(values)) {
            return torch.from_blob(pointer, sizes, new TensorOptions(torch.ScalarType.Double))
                    .clone();
        }
    }

    /** Fills every parameter of a module, each with the numbers of its name. */
    static void fill(Module module) {
        module.to(torch.ScalarType.Double, false);
        StringTensorDict parameters = module.named_parameters();
        try (NoGradGuard _ = new NoGradGuard()) {
            for (long i = 0; i < parameters.size(); i++) {
                String name = parameters.get(i).key().getString();
                Tensor value = parameters.get(i).value();
                value.copy_(tensor(name.hashCode(), sizes(value)));
            }
        }
    }

    static long[] sizes(Tensor tensor) {
        long[] sizes = new long[(int) tensor.dim()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = tensor.size(i);
        }
        return sizes;
    }

    /** The sum of a tensor's elements, each times the number at its place. */
    static Tensor weighted(Tensor tensor, int seed) {
        return tensor.mul(tensor(seed, sizes(tensor))).sum();
    }

    /** Adds up gradients, each times the number at its place: one number per parameter, in their order. */
    void putGradients(String name, Module module) {
        StringTensorDict parameters = module.named_parameters();
        double[] sums = new double[(int) parameters.size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = weighted(parameters.get(i).value().grad(), 7).item_double();
        }
        put(name + ".gradParameters", of(sums, sums.length));
    }

    void put(String name, Tensor tensor) {
        Tensor dense = tensor.detach().contiguous();
        double[] values = new double[(int) dense.numel()];
        dense.data_ptr_double().get(values);
        MemorySegment data = MemorySegment.ofArray(values);
        entries.put(name, new RawTensor(DType.F64, Shape.of(sizes(tensor)), data));
    }

    void write(Path file) throws IOException {
        NpzFile.write(file, entries, true);
        for (Map.Entry<String, RawTensor> entry : entries.entrySet()) {
            System.out.println(entry.getKey() + " " + entry.getValue().shape());
        }
    }
}
