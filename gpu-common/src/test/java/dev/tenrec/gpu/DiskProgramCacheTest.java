package dev.tenrec.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskProgramCacheTest {

    @TempDir
    private Path folder;

    private static DeviceInfo info(String name, String version) {
        return new DeviceInfo(name, version, DeviceInfo.Kind.GPU, 1, 1, 1, 1, 1, 1, true, false);
    }

    private DiskProgramCache cache() {
        return new DiskProgramCache(folder.resolve("made"), info("a", "1"), Dialect.CUDA, 1 << 20);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("made"))) {
            return files.toList();
        }
    }

    @Test
    void whatIsStoredIsFoundByAnother() {
        byte[] binary = {1, 2, 3, 4};
        assertEquals(0, cache().find("source").length);
        cache().store("source", binary);
        assertArrayEquals(binary, cache().find("source"));
        assertEquals(0, cache().find("source ").length, "another source");
        Path made = folder.resolve("made");
        for (DeviceInfo other : List.of(info("b", "1"), info("a", "2"))) {
            assertEquals(0, new DiskProgramCache(made, other, Dialect.CUDA, 1 << 20).find("source").length);
        }
        assertEquals(0, new DiskProgramCache(made, info("a", "1"), Dialect.OPENCL, 1 << 20).find("source").length);
        cache().store("nothing", new byte[0]);
        assertEquals(0, cache().find("nothing").length);
        cache().remove("source");
        assertEquals(0, cache().find("source").length);
    }

    @Test
    void damagedFilesAreRemoved() throws IOException {
        byte[] binary = new byte[100];
        for (int length : new int[] {0, 10, 32, 60, 132}) {
            cache().store("source", binary);
            Path file = files().get(0);
            byte[] all = Files.readAllBytes(file);
            all[all.length - 1] ^= 1;
            Files.write(file, java.util.Arrays.copyOf(all, length));
            assertEquals(0, cache().find("source").length, "length " + length);
            assertEquals(List.of(), files());
        }
    }

    @Test
    void theLeastRecentlyUsedGo() throws IOException {
        DiskProgramCache cache = cache();
        byte[] binary = new byte[100 << 10];
        for (int i = 0; i < 30; i++) {
            cache.store("source " + i, binary);
            if (i == 0) {
                Files.setLastModifiedTime(files().get(0), FileTime.fromMillis(1));
            }
        }
        long total = 0;
        for (Path file : files()) {
            total += Files.size(file);
        }
        assertTrue(total <= (1 << 20) * 9 / 8 + binary.length, "bytes kept: " + total);
        assertEquals(0, cache.find("source 0").length);
        assertEquals(binary.length, cache.find("source 29").length);
    }

    /** Many writers and readers of the same programs never see one half written. */
    @Test
    void writersAtOnceDoNotDisturbEachOther() throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            int seed = t;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    DiskProgramCache cache = cache();
                    Random random = new Random(seed);
                    for (int i = 0; i < 100; i++) {
                        int which = random.nextInt(4);
                        byte[] binary = new byte[1000 + which];
                        java.util.Arrays.fill(binary, (byte) which);
                        cache.store("source " + which, binary);
                        byte[] found = cache.find("source " + which);
                        if (found.length > 0) {
                            assertArrayEquals(binary, found);
                        }
                    }
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(null, failure.get());
        assertEquals(1003, cache().find("source 3").length);
    }

    @Test
    void aFolderThatCannotBeWrittenCostsTimeOnly() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        DiskProgramCache cache = new DiskProgramCache(file, info("a", "1"), Dialect.CUDA, 1 << 20);
        cache.store("source", new byte[] {1});
        assertEquals(0, cache.find("source").length);
    }

    /** A second backend takes the program from the file, and builds it anew if the driver refuses that. */
    @Test
    void programsOutliveABackend() {
        for (boolean refuses : new boolean[] {false, true}) {
            Path own = folder.resolve("refuses " + refuses);
            int[] builds = new int[2];
            for (int start = 0; start < 2; start++) {
                FakeDriver driver = new FakeDriver(Dialect.CUDA, DeviceInfo.Kind.GPU, false);
                driver.refusesBinaries = refuses;
                GpuDevice device = driver.open(0);
                ProgramCache cache = new DiskProgramCache(own, device.info(), device.dialect(), 1 << 20);
                try (GpuBackend backend =
                        new GpuBackend(new dev.tenrec.type.Device("fake", 0), device, cache, Set.of())) {
                    Families.all().get("moments").run(backend);
                }
                builds[start] = driver.sources.size();
                assertEquals(start == 1 && !refuses ? 1 : 0, driver.loads.get());
            }
            assertArrayEquals(new int[] {1, refuses ? 1 : 0}, builds);
        }
    }
}
