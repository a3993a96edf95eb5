package dev.tenrec.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.data.AtomicFile;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

    private static final int COUNT = 50_000;

    @TempDir
    Path folder;

    /** A source that fails when its turn comes, by then others are written. */
    private record Failing(Throwable failure) implements TensorSource {
        @Override
        public DType dtype() {
            return DType.F32;
        }

        @Override
        public Shape shape() {
            return Shape.of(3);
        }

        @Override
        public MemorySegment data() throws IOException {
            switch (failure) {
                case IOException e -> throw e;
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new AssertionError(failure);
            }
        }
    }

    /** A source whose data does not fit its shape. */
    private record Short() implements TensorSource {
        @Override
        public DType dtype() {
            return DType.F32;
        }

        @Override
        public Shape shape() {
            return Shape.of(3);
        }

        @Override
        public MemorySegment data() {
            return MemorySegment.ofArray(new byte[11]);
        }
    }

    private SequencedMap<String, TensorSource> withSecond(TensorSource second) {
        SequencedMap<String, TensorSource> tensors = new LinkedHashMap<>();
        tensors.put("first", Fixtures.tensor(DType.F32, COUNT));
        tensors.put("second", second);
        return tensors;
    }

    private interface Write {
        void to(Path path, SequencedMap<String, TensorSource> tensors) throws IOException;
    }

    @Test
    void aFailureHalfwayLeavesTheOldFileAndNothingElse() throws IOException {
        Map<String, Write> writers = Map.of(
                "safetensors", (path, tensors) -> SafeTensorsFile.write(path, tensors, Map.of()),
                "npz", (path, tensors) -> NpzFile.write(path, tensors, false),
                "npz deflated", (path, tensors) -> NpzFile.write(path, tensors, true),
                "npy", (path, tensors) -> NpyFile.write(path, tensors.get("second")));
        List<Throwable> failures =
                List.of(new IOException("device lost"), new IllegalStateException("closed"), new OutOfMemoryError("x"));
        byte[] old = {1, 2, 3};
        for (Map.Entry<String, Write> writer : writers.entrySet()) {
            Path existing = Files.write(folder.resolve("existing"), old);
            Path fresh = folder.resolve("fresh");
            for (Throwable failure : failures) {
                for (Path path : List.of(existing, fresh)) {
                    Throwable thrown = assertThrows(
                            Throwable.class, () -> writer.getValue().to(path, withSecond(new Failing(failure))));
                    assertSame(failure, thrown, writer.getKey());
                }
            }
            assertThrows(InvalidArgument.class, () -> writer.getValue().to(existing, withSecond(new Short())));
            assertArrayEquals(old, Files.readAllBytes(existing), writer.getKey());
            assertEquals(List.of("existing"), Fixtures.names(folder), writer.getKey());
        }
    }

    @Test
    void anInterruptLeavesTheOldFileAndNothingElse() throws IOException {
        Path path = Files.write(folder.resolve("a"), new byte[] {1});
        Thread.currentThread().interrupt();
        try {
            assertThrows(
                    ClosedByInterruptException.class,
                    () -> SafeTensorsFile.write(path, withSecond(Fixtures.tensor(DType.F32, 1)), Map.of()));
        } finally {
            assertTrue(Thread.interrupted());
        }
        assertArrayEquals(new byte[] {1}, Files.readAllBytes(path));
        assertEquals(List.of("a"), Fixtures.names(folder));
    }

    @Test
    void writersOfOneTargetLeaveOneCompleteFileAndReadersNeverSeeLess() throws Exception {
        Path path = folder.resolve("shared.safetensors");
        write(path, (byte) 0);
        AtomicBoolean done = new AtomicBoolean();
        try (ExecutorService pool = Executors.newFixedThreadPool(5)) {
            Future<Integer> reader = pool.submit(() -> {
                int reads = 0;
                while (!done.get()) {
                    assertComplete(path);
                    reads++;
                }
                return reads;
            });
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 1; i <= 4; i++) {
                byte value = (byte) i;
                writers.add(pool.submit(() -> {
                    for (int round = 0; round < 10; round++) {
                        write(path, value);
                    }
                    return null;
                }));
            }
            try {
                for (Future<?> writer : writers) {
                    writer.get();
                }
            } finally {
                done.set(true);
            }
            assertTrue(reader.get() > 0);
        }
        assertComplete(path);
        assertEquals(List.of("shared.safetensors"), Fixtures.names(folder));
    }

    private static void write(Path path, byte value) throws IOException {
        byte[] bytes = new byte[COUNT];
        Arrays.fill(bytes, value);
        SequencedMap<String, RawTensor> tensors = new LinkedHashMap<>();
        for (String name : List.of("a", "b", "c")) {
            tensors.put(name, new RawTensor(DType.U8, Shape.of(COUNT), MemorySegment.ofArray(bytes)));
        }
        SafeTensorsFile.write(path, tensors, Map.of("writer", Byte.toString(value)));
    }

    private static void assertComplete(Path path) throws IOException {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            byte[] expected = new byte[COUNT];
            Arrays.fill(expected, Byte.parseByte(file.metadata().get("writer")));
            byte[] actual = new byte[COUNT];
            for (SafeTensorsFile.Entry entry : file.entries().values()) {
                file.read(entry, MemorySegment.ofArray(actual));
                assertArrayEquals(expected, actual);
            }
        }
    }

    @Test
    void aSymbolicLinkStaysAndItsFileIsReplaced() throws IOException {
        Path real = Files.write(folder.resolve("real"), new byte[] {1});
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        AtomicFile.write(link, channel -> channel.write(ByteBuffer.wrap(new byte[] {2, 3})));
        assertTrue(Files.isSymbolicLink(link));
        assertArrayEquals(new byte[] {2, 3}, Files.readAllBytes(real));
    }

    @Test
    void targetsThatCannotBeWrittenAreReported() throws IOException {
        IOException missing = assertThrows(
                InvalidFileException.class, () -> AtomicFile.write(folder.resolve("no/such/a"), channel -> {}));
        assertTrue(missing.getMessage().contains("create the folder first"), missing.getMessage());
        IOException directory = assertThrows(InvalidFileException.class, () -> AtomicFile.write(folder, channel -> {}));
        assertTrue(directory.getMessage().contains("is a folder"), directory.getMessage());
        Path longest = folder.resolve("n".repeat(255));
        AtomicFile.write(longest, channel -> channel.write(ByteBuffer.allocate(1)));
        assertEquals(1, Files.size(longest));
    }
}
