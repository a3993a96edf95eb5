package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheSizesTest {
    private static final long USUAL = 512 << 10;

    private static void cache(Path caches, String index, String level, String type, String size) throws IOException {
        Path folder = Files.createDirectories(caches.resolve(index));
        Files.writeString(folder.resolve("level"), level + "\n");
        Files.writeString(folder.resolve("type"), type + "\n");
        Files.writeString(folder.resolve("size"), size + "\n");
    }

    @Test
    void secondLevelAsLinuxWritesIt(@TempDir Path caches) throws IOException {
        cache(caches, "index0", "1", "Data", "48K");
        cache(caches, "index1", "1", "Instruction", "64K");
        cache(caches, "index3", "3", "Unified", "480M");
        assertEquals(USUAL, CacheSizes.second(caches), "none of the second level");
        cache(caches, "index2", "2", "Unified", "2048K");
        assertEquals(2 << 20, CacheSizes.second(caches));
        cache(caches, "index2", "2", "Unified", "1M");
        assertEquals(1 << 20, CacheSizes.second(caches));
    }

    @Test
    void whatCannotBeReadIsTheUsualSize(@TempDir Path caches) throws IOException {
        assertEquals(USUAL, CacheSizes.second(caches.resolve("none")));
        cache(caches, "index2", "2", "Unified", "large");
        assertEquals(USUAL, CacheSizes.second(caches));
        cache(caches, "index2", "2", "Unified", "0K");
        assertEquals(USUAL, CacheSizes.second(caches));
        Files.delete(caches.resolve("index2/size"));
        assertEquals(USUAL, CacheSizes.second(caches));
        assertTrue(CacheSizes.SECOND > 0);
    }
}
