package dev.tenrec.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tenrec.error.InvalidFileException;
import dev.tenrec.io.SafeTensorsFile.Entry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files with random damage: the answer is a valid result or an {@link InvalidFileException}, at bounded cost. */
class MutationTest {

    private static final long SEED = Long.getLong("tenrec.mutation.seed", 20_250_917);
    private static final int ROUNDS = Integer.getInteger("tenrec.mutation.rounds", 20_000);
    private static final int ARCHIVE_ROUNDS = ROUNDS / 7;

    /** What reading may take on the heap beyond the file: buffers of the JSON parser, entries, the message. */
    private static final long HEAP_SLACK = 256 << 10;

    private static final long HEAP_PER_BYTE = 64;

    @TempDir
    Path folder;

    private interface Reading {
        void read(byte[] bytes) throws IOException;
    }

    @Test
    void damagedSafetensors() {
        damage(List.of("ordered.safetensors", "shuffled.safetensors"), ROUNDS, bytes -> {
            SafeTensorsFile file = SafeTensorsFile.of(MemorySegment.ofArray(bytes), "damaged");
            long total = 0;
            for (Entry entry : file.entries().values()) {
                assertEquals(
                        entry.shape().elementCount() * entry.dtype().byteSize(),
                        entry.data().byteSize());
                total += entry.data().byteSize();
            }
            assertTrue(total <= bytes.length);
        });
    }

    @Test
    void damagedNpy() {
        List<String> files = List.of("f32.npy", "i64-big-fortran.npy", "bool.npy", "version2.npy", "version3.npy");
        damage(files, ROUNDS, bytes -> {
            try (Fixtures.CountingArena arena = new Fixtures.CountingArena()) {
                RawTensor tensor = NpyFile.of(MemorySegment.ofArray(bytes), "damaged", arena);
                assertTrue(tensor.data().byteSize() <= bytes.length);
                assertTrue(arena.bytes <= bytes.length);
            }
        });
    }

    @Test
    void damagedNpz() throws IOException {
        Path path = folder.resolve("damaged.npz");
        damage(List.of("stored.npz", "deflated.npz"), ARCHIVE_ROUNDS, bytes -> {
            Files.write(path, bytes);
            try (Fixtures.CountingArena arena = new Fixtures.CountingArena();
                    NpzFile file = NpzFile.open(path, 1 << 20)) {
                for (String name : file.names()) {
                    long before = arena.bytes;
                    file.read(name, arena);
                    assertTrue(arena.bytes - before <= 2 << 20);
                }
            }
        });
    }

    private static void damage(List<String> files, int rounds, Reading reading) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        byte[][] originals = files.stream().map(Fixtures::resource).toArray(byte[][]::new);
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = originals[random.nextInt(originals.length)];
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                bytes = mutate(bytes, random);
            }
            long bound = HEAP_SLACK + HEAP_PER_BYTE * bytes.length;
            long taken = Long.MAX_VALUE;
            boolean sound = false;
            // What goes over the bound is tried again: the first time through a path, the JVM loads classes.
            for (int attempt = 0; attempt < 3 && taken > bound; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                sound = isSound(reading, bytes, round);
                taken = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertTrue(
                    taken <= bound,
                    taken + " bytes of heap for a file of " + bytes.length + ", seed " + SEED + ", round " + round);
            if (!sound) {
                refused++;
            }
        }
        assertTrue(refused > rounds / 4, "most damage shows: " + refused);
        assertTrue(refused < rounds, "some damage is in the data only");
    }

    private static boolean isSound(Reading reading, byte[] bytes, int round) {
        try {
            reading.read(bytes);
            return true;
        } catch (InvalidFileException e) {
            return false;
        } catch (IOException | RuntimeException | Error e) {
            return fail("seed " + SEED + ", round " + round + ", file " + Arrays.toString(bytes), e);
        }
    }

    private static byte[] mutate(byte[] bytes, RandomGenerator random) {
        if (bytes.length < 2) {
            return bytes;
        }
        // Mostly in front, where the header is.
        int at = random.nextInt(random.nextBoolean() ? Math.min(bytes.length, 120) : bytes.length);
        return switch (random.nextInt(6)) {
            case 0 -> flip(bytes, at, 1 << random.nextInt(8));
            case 1 -> flip(bytes, at, 1 + random.nextInt(255));
            case 2 -> join(bytes, at, new byte[] {(byte) random.nextInt(256)}, at);
            case 3 ->
                join(
                        bytes,
                        at,
                        "{}[]\":,-.0123456789e'()TF<>|\\ "
                                .substring(random.nextInt(30))
                                .getBytes(StandardCharsets.US_ASCII),
                        at);
            case 4 -> join(bytes, at, new byte[0], Math.min(bytes.length, at + 1 + random.nextInt(8)));
            default -> digit(bytes, at, random);
        };
    }

    /** Changes the next digit, which keeps the syntax and breaks the sizes. */
    private static byte[] digit(byte[] bytes, int at, RandomGenerator random) {
        for (int i = at; i < bytes.length; i++) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                byte[] changed = bytes.clone();
                changed[i] = (byte) ('0' + random.nextInt(10));
                return changed;
            }
        }
        return bytes;
    }

    private static byte[] flip(byte[] bytes, int at, int bits) {
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) bits;
        return changed;
    }

    private static byte[] join(byte[] bytes, int end, byte[] middle, int start) {
        byte[] joined = Arrays.copyOf(bytes, end + middle.length + bytes.length - start);
        System.arraycopy(middle, 0, joined, end, middle.length);
        System.arraycopy(bytes, start, joined, end + middle.length, bytes.length - start);
        return joined;
    }
}
