package dev.tenrec.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenrec.data.IdxElementType;
import dev.tenrec.data.IdxFile;
import dev.tenrec.data.IdxHeader;
import dev.tenrec.error.InvalidFileException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FashionMnistDataTest {
    private static final Path NOWHERE = Path.of("no-such-folder");

    @TempDir
    Path folder;

    @Test
    void embeddedSubsetIsBalancedAndComplete() throws IOException {
        FashionMnistData data = FashionMnistData.load(Optional.empty(), NOWHERE);
        assertEquals("embedded subset", data.source());
        assertEquals(11_000, data.training().count());
        assertEquals(2_000, data.test().count());
        assertArrayEquals(
                new long[] {1100, 1100, 1100, 1100, 1100, 1100, 1100, 1100, 1100, 1100}, counts(data.training()));
        assertArrayEquals(new long[] {200, 200, 200, 200, 200, 200, 200, 200, 200, 200}, counts(data.test()));
        // Mean brightness of the full set is 0.2860; a part of it that is far off was cut wrongly.
        long sum = 0;
        for (byte pixel : data.training().images()) {
            sum += pixel & 0xFF;
        }
        assertEquals(0.286, sum / 255.0 / data.training().images().length, 0.005);
    }

    @Test
    void embeddedFilesAreSmallAndCarryTheirLicence() throws IOException {
        long bytes = 0;
        for (String set : new String[] {"train", "t10k"}) {
            for (String kind : new String[] {"-images-idx3-ubyte.gz", "-labels-idx1-ubyte.gz"}) {
                try (var in = FashionMnistData.class.getResourceAsStream(FashionMnistData.RESOURCES + set + kind)) {
                    bytes += in.readAllBytes().length;
                }
            }
        }
        assertTrue(bytes <= 6_000_000, bytes + " bytes");
        try (var in = FashionMnistData.class.getResourceAsStream(FashionMnistData.RESOURCES + "LICENSE")) {
            assertNotNull(in);
            assertTrue(new String(in.readAllBytes(), StandardCharsets.UTF_8).contains("Zalando SE"));
        }
    }

    @Test
    void embeddedSubsetIsTheCutOfTheFullSet() throws IOException {
        assumeTrue(Files.isDirectory(FashionMnistData.SYSTEM_FOLDER), "the full set is not installed");
        FashionMnistData full = FashionMnistData.load(Optional.empty());
        FashionMnistData part = FashionMnistData.load(Optional.of(FashionMnistData.EMBEDDED));
        assertEquals(FashionMnistData.SYSTEM_FOLDER.toString(), full.source());
        assertEquals(60_000, full.training().count());
        assertEquals(10_000, full.test().count());
        ImageSet training = CutFashionMnist.cut(full.training(), CutFashionMnist.TRAINING_PER_CLASS);
        ImageSet test = CutFashionMnist.cut(full.test(), CutFashionMnist.TEST_PER_CLASS);
        assertArrayEquals(training.images(), part.training().images());
        assertArrayEquals(training.labels(), part.training().labels());
        assertArrayEquals(test.images(), part.test().images());
        assertArrayEquals(test.labels(), part.test().labels());
    }

    @Test
    void folderWithPlainOrPackedFilesIsUsed() throws IOException {
        writeAll(3, 2);
        FashionMnistData named = FashionMnistData.load(Optional.of(folder.toString()), NOWHERE);
        assertEquals(3, named.training().count());
        assertEquals(2, named.test().count());
        assertEquals(folder.toString(), named.source());
        assertEquals((byte) 7, named.training().image(2)[0]);
        FashionMnistData found = FashionMnistData.load(Optional.empty(), folder);
        assertEquals(3, found.training().count());
        FashionMnistData embedded = FashionMnistData.load(Optional.of("embedded"), folder);
        assertEquals(11_000, embedded.training().count());
    }

    @Test
    void incompleteSystemFolderMeansEmbedded() throws IOException {
        writeAll(3, 2);
        Files.delete(folder.resolve("t10k-labels-idx1-ubyte"));
        assertEquals(
                "embedded subset",
                FashionMnistData.load(Optional.empty(), folder).source());
        fails(
                NoSuchFileException.class,
                "neither t10k-labels-idx1-ubyte.gz nor t10k-labels-idx1-ubyte is there\n  hint: ");
    }

    @Test
    void missingFolderAndFileInsteadOfFolderAreNamed() throws IOException {
        String missing = folder.resolve("missing").toString();
        NoSuchFileException e =
                assertThrows(NoSuchFileException.class, () -> FashionMnistData.load(Optional.of(missing), NOWHERE));
        assertTrue(e.getMessage().startsWith(missing + ": no such folder\n  hint: "), e.getMessage());
        String file = Files.createFile(folder.resolve("file")).toString();
        NotDirectoryException f =
                assertThrows(NotDirectoryException.class, () -> FashionMnistData.load(Optional.of(file), NOWHERE));
        assertTrue(f.getMessage().startsWith(file + ": not a folder"), f.getMessage());
    }

    @Test
    void imagesAndLabelsMustAgree() throws IOException {
        writeAll(3, 2);
        write("train-labels-idx1-ubyte", IdxHeader.of(IdxElementType.U8, 4), new byte[4]);
        fails(
                InvalidFileException.class,
                "images and labels do not match\n  expected 4 images, as there are labels in ");
    }

    @Test
    void imageSizeRankAndTypeAreChecked() throws IOException {
        writeAll(3, 2);
        write("t10k-images-idx3-ubyte.gz", IdxHeader.of(IdxElementType.U8, 2, 28, 27), new byte[2 * 28 * 27]);
        fails(InvalidFileException.class, "expected u8 [count, 28, 28]\n  given    u8 [2, 28, 27]");
        write("t10k-images-idx3-ubyte.gz", IdxHeader.of(IdxElementType.U8, 2, 784), new byte[2 * 784]);
        fails(InvalidFileException.class, "given    u8 [2, 784]");
        write("t10k-images-idx3-ubyte.gz", IdxHeader.of(IdxElementType.I8, 2, 28, 28), new byte[2 * 784]);
        fails(InvalidFileException.class, "given    i8 [2, 28, 28]");
        write("train-labels-idx1-ubyte", IdxHeader.of(IdxElementType.U8, 3, 1), new byte[3]);
        fails(InvalidFileException.class, "given    u8 [3, 1]");
    }

    @Test
    void labelsMustBeClasses() throws IOException {
        writeAll(3, 2);
        write("t10k-labels-idx1-ubyte", IdxHeader.of(IdxElementType.U8, 2), new byte[] {9, 10});
        fails(InvalidFileException.class, "expected labels of 0 to 9\n  given    label 10 at index 1");
        write("t10k-labels-idx1-ubyte", IdxHeader.of(IdxElementType.U8, 2), new byte[] {(byte) 255, 0});
        fails(InvalidFileException.class, "given    label 255 at index 0");
    }

    @Test
    void damagedFileIsNamed() throws IOException {
        writeAll(3, 2);
        Path images = folder.resolve("train-images-idx3-ubyte.gz");
        Files.write(images, "not gzip".getBytes(StandardCharsets.US_ASCII));
        fails(InvalidFileException.class, images + ": not an IDX file");
    }

    @Test
    void imageSetChecksItsLengths() {
        assertThrows(IllegalArgumentException.class, () -> new ImageSet(new byte[783], new byte[1]));
        assertThrows(IndexOutOfBoundsException.class, () -> new ImageSet(new byte[784], new byte[1]).image(1));
        assertThrows(
                IllegalArgumentException.class, () -> CutFashionMnist.cut(new ImageSet(new byte[784], new byte[1]), 1));
    }

    private <E extends IOException> void fails(Class<E> type, String part) {
        E e = assertThrows(type, () -> FashionMnistData.load(Optional.of(folder.toString()), NOWHERE));
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
    }

    private void writeAll(int training, int test) throws IOException {
        byte[] images = new byte[training * 784];
        images[2 * 784] = 7;
        write("train-images-idx3-ubyte.gz", IdxHeader.of(IdxElementType.U8, training, 28, 28), images);
        write("train-labels-idx1-ubyte", IdxHeader.of(IdxElementType.U8, training), new byte[training]);
        write("t10k-images-idx3-ubyte.gz", IdxHeader.of(IdxElementType.U8, test, 28, 28), new byte[test * 784]);
        write("t10k-labels-idx1-ubyte", IdxHeader.of(IdxElementType.U8, test), new byte[test]);
    }

    private void write(String name, IdxHeader header, byte[] bytes) throws IOException {
        new IdxFile(header, MemorySegment.ofArray(bytes)).write(folder.resolve(name), name.endsWith(".gz"));
    }

    private static long[] counts(ImageSet set) {
        long[] counts = new long[10];
        for (byte label : set.labels()) {
            counts[label]++;
        }
        return counts;
    }
}
