package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.io.NpzFile;
import dev.tenrec.io.RawTensor;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedSet;

/** Values of another implementation, and the numbers it was fed, as the programs that made them define them. */
final class Golden implements AutoCloseable {

    private final NpzFile file;

    private Golden(NpzFile file) {
        this.file = file;
    }

    static Golden open(String name) {
        try {
            return new Golden(NpzFile.open(
                    Path.of(Golden.class.getResource("/golden/" + name).toURI())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    SequencedSet<String> names() {
        return file.names();
    }

    Tensor read(String name) {
        try (Arena arena = Arena.ofConfined()) {
            RawTensor raw = file.read(name, arena);
            return Tensor.of(raw.dtype(), raw.shape(), raw.data());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The number at a position: a multiple of 2⁻¹⁶ in ±0.5, from the bits of a product. */
    static double number(int seed, int position) {
        int bits = (position + 1) * 0x9E3779B1 + seed * 0x85EBCA77;
        bits = (bits ^ bits >>> 15) * 0x2C1B3C6D;
        return (bits >>> 16) / 65536.0 - 0.5;
    }

    static Tensor numbers(int seed, long... sizes) {
        int count = 1;
        for (long size : sizes) {
            count *= (int) size;
        }
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = number(seed, i);
        }
        return Tensor.of(values).reshape(sizes);
    }

    /** Fills every variable with the numbers of its name; matrices hold the transpose of what they would elsewhere. */
    static void fill(Module module) {
        module.namedVariables().forEach((name, variable) -> Scope.run(() -> variable.assign(value(name, variable))));
    }

    private static Tensor value(String name, Variable variable) {
        long[] sizes = variable.shape().sizes();
        return sizes.length == 2
                ? numbers(name.hashCode(), sizes[1], sizes[0]).transpose()
                : numbers(name.hashCode(), sizes);
    }

    static Tensor weighted(Tensor value, int seed) {
        return value.mul(numbers(seed, value.shape().sizes())).sum();
    }

    void assertClose(String name, Tensor given) {
        Tensor expected = read(name);
        assertEquals(expected.shape(), given.shape(), name);
        assertArrayEquals(expected.toDoubleArray(), given.toDoubleArray(), 1e-12, name);
    }

    void assertGradients(String name, Module module, Gradients gradients) {
        LinkedHashMap<String, Variable> variables = module.namedVariables();
        double[] sums = new double[variables.size()];
        int next = 0;
        for (Map.Entry<String, Variable> entry : variables.entrySet()) {
            Tensor gradient = gradients.get(entry.getValue());
            sums[next++] = weighted(gradient.rank() == 2 ? gradient.transpose() : gradient, 7)
                    .item();
        }
        assertArrayEquals(read(name + ".gradParameters").toDoubleArray(), sums, 1e-11, name);
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
