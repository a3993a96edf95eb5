package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.io.SafeTensorsFile;
import dev.tenrec.io.TensorSource;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** The variables of a module in a safetensors file. */
final class WeightFile {

    private static final int ALIGNMENT = 64;
    private static final int LISTED = 10;

    private WeightFile() {}

    static void save(Module module, Path path) throws IOException {
        SequencedMap<String, Variable> variables = module.namedVariables();
        long largest =
                variables.values().stream().mapToLong(WeightFile::bytes).max().orElse(0);
        try (Arena arena = Arena.ofShared()) {
            // The writer has done with one tensor before it asks for the next: one buffer serves them all.
            MemorySegment buffer = arena.allocate(Math.max(1, largest), ALIGNMENT);
            SequencedMap<String, TensorSource> sources = new LinkedHashMap<>();
            variables.forEach((name, variable) -> sources.put(name, new Source(variable, buffer)));
            SafeTensorsFile.write(path, sources, Map.of());
        }
    }

    private record Source(Variable variable, MemorySegment buffer) implements TensorSource {
        @Override
        public DType dtype() {
            return variable.dtype();
        }

        @Override
        public Shape shape() {
            return variable.shape();
        }

        @Override
        public MemorySegment data() {
            MemorySegment target = buffer.asSlice(0, bytes(variable));
            Scope.run(() -> variable.value().copyTo(target));
            return target;
        }
    }

    private static long bytes(Variable variable) {
        return variable.shape().elementCount() * variable.dtype().byteSize();
    }

    static void load(Module module, Path path) throws IOException {
        SequencedMap<String, Variable> variables = module.namedVariables();
        try (SafeTensorsFile file = SafeTensorsFile.open(path);
                Scope _ = Scope.open()) {
            check(path, variables, file.entries());
            Map<Variable, Tensor> values = new LinkedHashMap<>();
            for (Map.Entry<String, Variable> entry : variables.entrySet()) {
                Variable variable = entry.getValue();
                values.put(variable, read(file, file.entries().get(entry.getKey()), variable));
            }
            Variable.assignAll(values);
        }
    }

    private static Tensor read(SafeTensorsFile file, SafeTensorsFile.Entry entry, Variable variable)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer =
                    arena.allocate(Math.max(1, bytes(variable)), ALIGNMENT).asSlice(0, bytes(variable));
            file.read(entry, buffer);
            return Devices.with(variable.device(), () -> Tensor.of(entry.dtype(), entry.shape(), buffer));
        }
    }

    private static void check(
            Path path, SequencedMap<String, Variable> variables, SequencedMap<String, SafeTensorsFile.Entry> entries)
            throws InvalidFileException {
        List<String> missing = new ArrayList<>(variables.keySet());
        missing.removeAll(entries.keySet());
        List<String> unexpected = new ArrayList<>(entries.keySet());
        unexpected.removeAll(variables.keySet());
        if (!missing.isEmpty() || !unexpected.isEmpty()) {
            throw new InvalidFileException(
                    path.toString(),
                    "its tensors are not those of the model",
                    variables.size() + " tensors: " + list(List.copyOf(variables.keySet())),
                    entries.size() + " tensors; missing: " + list(missing) + "; unexpected: " + list(unexpected),
                    "build the model as it was when the file was saved");
        }
        List<String> expected = new ArrayList<>();
        List<String> given = new ArrayList<>();
        variables.forEach((name, variable) -> {
            SafeTensorsFile.Entry entry = entries.get(name);
            if (entry.dtype() != variable.dtype() || !entry.shape().equals(variable.shape())) {
                expected.add(name + " " + variable.dtype() + " " + variable.shape());
                given.add(name + " " + entry.dtype() + " " + entry.shape());
            }
        });
        if (!expected.isEmpty()) {
            throw new InvalidFileException(
                    path.toString(),
                    "its tensors have other types or shapes than the model's",
                    list(expected),
                    list(given),
                    "build the model as it was when the file was saved");
        }
    }

    /** Names in a file may be long and hold anything: they are shortened, and nothing in them moves a cursor. */
    private static String list(List<String> names) {
        if (names.isEmpty()) {
            return "none";
        }
        List<String> shown =
                names.stream().limit(LISTED).map(WeightFile::printable).toList();
        int more = names.size() - shown.size();
        return String.join(", ", shown) + (more == 0 ? "" : " and " + more + " more");
    }

    private static String printable(String name) {
        String start = name.length() > 80 ? name.substring(0, 80) + "…" : name;
        return start.replaceAll("\\p{C}", "?");
    }
}
