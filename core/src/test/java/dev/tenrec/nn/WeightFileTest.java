package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidFileException;
import dev.tenrec.io.SafeTensorsFile;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightFileTest {

    @TempDir
    Path folder;

    private static final class Counted extends Module {
        private final Dense dense =
                child("dense", Dense.builder(3, 2).dtype(DType.F64).build());

        Counted(int first) {
            Scope.run(() -> {
                buffer("count", Tensor.of(new long[] {first, -5}));
                buffer("flags", Tensor.of(new boolean[] {true, false, true}));
                buffer("none", Tensor.zeros(0, 4));
                buffer("half", Tensor.of(new float[] {1, 2.5f}).to(DType.BF16));
            });
        }

        @Override
        protected Tensor compute(Tensor input) {
            return dense.forward(input);
        }
    }

    private static List<double[]> values(Module module) {
        List<double[]> all = new ArrayList<>();
        for (Variable variable : module.variables()) {
            all.add(Scope.call(() -> variable.value().toDoubleArray()));
        }
        return all;
    }

    private static void assertSameValues(List<double[]> expected, List<double[]> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), found.get(i), 0);
        }
    }

    @Test
    void whatIsSavedIsLoaded() throws IOException {
        Path path = folder.resolve("model.safetensors");
        Module one = new Counted(7);
        one.save(path);
        Module two = new Counted(8);
        two.load(path);
        assertSameValues(values(one), values(two));
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            assertEquals(one.namedVariables().keySet(), new LinkedHashSet<>(sorted(one, file)));
            assertEquals(DType.BF16, file.entries().get("half").dtype());
        }
        one.save(path);
        try (var entries = Files.list(folder)) {
            assertEquals(1, entries.count(), "nothing temporary is left");
        }
    }

    /** The file's names in the model's order: a file is ordered by element size. */
    private static List<String> sorted(Module module, SafeTensorsFile file) {
        List<String> order = new ArrayList<>(module.namedVariables().keySet());
        List<String> names = new ArrayList<>(file.entries().keySet());
        names.sort((a, b) -> Integer.compare(order.indexOf(a), order.indexOf(b)));
        return names;
    }

    private void assertRefused(Module module, Path path, String part) {
        List<double[]> before = values(module);
        InvalidFileException error = assertThrows(InvalidFileException.class, () -> module.load(path));
        assertTrue(error.getMessage().contains(part), error.getMessage());
        assertSameValues(before, values(module));
    }

    @Test
    void wrongFilesChangeNothing() throws IOException {
        Path path = folder.resolve("small.safetensors");
        Sequential.of(new Dense(3, 2), new Identity(), new Dense(2, 2)).save(path);
        Sequential model = Sequential.of(new Dense(3, 2), new Dense(2, 2));
        assertRefused(model, path, """
            small.safetensors: its tensors are not those of the model
              expected 4 tensors: 0.weight, 0.bias, 1.weight, 1.bias
              given    4 tensors; missing: 1.weight, 1.bias; unexpected: 2.weight, 2.bias
              hint: build the model as it was when the file was saved\
            """);
        assertRefused(Sequential.of(new Dense(3, 2), new Identity(), new Dense(2, 5)), path, """
            small.safetensors: its tensors have other types or shapes than the model's
              expected 2.weight F32 [2, 5], 2.bias F32 [5]
              given    2.weight F32 [2, 2], 2.bias F32 [2]
              hint: build\
            """);
        assertRefused(
                Sequential.of(
                        new Dense(3, 2),
                        new Identity(),
                        Dense.builder(2, 2).dtype(DType.F64).build()),
                path,
                "given    2.weight F32 [2, 2]");
        byte[] bytes = Files.readAllBytes(path);
        Path cut = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(bytes, bytes.length - 4));
        assertRefused(Sequential.of(new Dense(3, 2), new Identity(), new Dense(2, 2)), cut, "cut.safetensors");
        assertRefused(model, folder.resolve("absent"), "does not exist");
    }

    @Test
    void savingToNowhereFails() {
        Module model = new Dense(2, 2);
        assertThrows(
                InvalidFileException.class,
                () -> model.save(folder.resolve("absent").resolve("file")));
        assertThrows(InvalidFileException.class, () -> model.save(folder));
    }
}
