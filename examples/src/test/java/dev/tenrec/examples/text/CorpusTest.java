package dev.tenrec.examples.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CorpusTest {
    @TempDir
    Path folder;

    @Test
    void theIncludedTextIsWhole() throws IOException {
        Corpus corpus = Corpus.load(Optional.empty());
        assertEquals(
                List.of("Genesis", "Psalms", "Proverbs", "Isaiah", "Luke", "Acts"),
                corpus.parts().stream().map(Corpus.Part::title).toList());
        long verses = corpus.parts().stream()
                .flatMap(part -> part.text().lines())
                .filter(line -> !line.isEmpty())
                .count();
        assertEquals(1533 + 2461 + 915 + 1292 + 1151 + 1007, verses);
        assertTrue(corpus.length() > 500_000);
        assertEquals(
                "In the beginning God created the heaven and the earth.",
                corpus.parts().getFirst().text().lines().findFirst().orElseThrow());
    }

    @Test
    void titlesBeginParts() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "before  \r\n= One\n\n= Two\nx\n\ny");
        Corpus corpus = Corpus.load(Optional.of(file));
        assertEquals(List.of(new Corpus.Part("a.txt", "before\n"), new Corpus.Part("Two", "x\n\ny\n")), corpus.parts());
    }

    @Test
    void theEndOfEachPartIsHeldOut() {
        Corpus corpus =
                new Corpus("test", List.of(new Corpus.Part("a", "1\n2\n3\n4\n"), new Corpus.Part("b", "5\n6\n")));
        assertEquals(new Corpus.Split("1\n2\n3\n\n5\n\n", "4\n\n6\n\n"), corpus.holdOut(0.25));
    }

    @Test
    void filesThatAreNoTextAreRejected() throws IOException {
        Path bytes = Files.write(folder.resolve("bytes"), new byte[] {'a', (byte) 0xFF, 'b'});
        assertRejected(bytes, "expected text in UTF-8");
        assertRejected(Files.writeString(folder.resolve("empty"), " \n\n"), "expected a text, given none");
        assertRejected(folder, "given a folder");
    }

    private static void assertRejected(Path file, String message) {
        IOException e = assertThrows(IOException.class, () -> Corpus.load(Optional.of(file)));
        assertTrue(e.getMessage().contains(file.toString()) && e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void charactersAreNumberedInOrder() {
        Characters characters = new Characters("hello\n");
        assertEquals(5, characters.count());
        assertArrayEquals(new int[] {2, 1, 4, 0}, characters.encode("heo\n"));
        assertEquals('l', characters.symbol(3));
        assertEquals(1, characters.firstUnknown("hat").orElseThrow());
        assertThrows(IllegalArgumentException.class, () -> characters.encode("x"));
    }

    @Test
    void streamsReadOnWhereTheyStopped() {
        CharacterStreams streams = new CharacterStreams(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 2, 2);
        assertEquals(2, streams.parts());
        assertArrayEquals(new long[] {0, 1, 5, 6}, streams.inputs().toLongArray());
        assertArrayEquals(new long[] {1, 2, 6, 7}, streams.targets().toLongArray());
        streams.advance();
        assertArrayEquals(new long[] {2, 3, 7, 8}, streams.inputs().toLongArray());
        streams.advance();
        assertTrue(streams.atStart());
        assertThrows(IllegalArgumentException.class, () -> new CharacterStreams(new int[4], 2, 2));
    }

    @Test
    void samplesFollowTheDistribution() {
        Sampler sampler = new Sampler(1, 7);
        int[] counts = new int[3];
        float[] scores = {(float) Math.log(0.7), (float) Math.log(0.3), Float.NaN};
        for (int i = 0; i < 2000; i++) {
            counts[sampler.draw(scores)]++;
        }
        assertEquals(1400, counts[0], 60);
        assertEquals(0, counts[2], Arrays.toString(counts));
        assertEquals(1, new Sampler(1e-9, 7).draw(new float[] {1, 1.001f, 0}));
    }

    @Test
    void linesAreBrokenAtSpaces() {
        assertEquals("a bb\nccc\n\ndddddd", Prose.wrap("a bb ccc\n\ndddddd", 5));
    }
}
