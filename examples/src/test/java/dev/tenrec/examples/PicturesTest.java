package dev.tenrec.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenrec.error.InvalidFileException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PicturesTest {
    private static final int LOSS = 0x1D4ED8;
    private static final int ACCURACY = 0x047857;

    @TempDir
    Path folder;

    @BeforeEach
    void needsFonts() {
        assumeTrue(Png.whyNoText().isEmpty(), "this machine has no fonts");
    }

    @Test
    void curvesShowBothPanels() throws IOException {
        for (int epochs : new int[] {1, 2, 3, 12, 200}) {
            Path file = folder.resolve("curves.png");
            TrainingCurves.write(file, epochs(epochs));
            BufferedImage image = ImageIO.read(file.toFile());
            assertEquals(2240, image.getWidth());
            assertEquals(760, image.getHeight());
            assertTrue(count(image, LOSS, 0, 1120) > 100, "no loss curve for " + epochs);
            assertEquals(0, count(image, LOSS, 1120, 2240));
            assertTrue(count(image, ACCURACY, 1120, 2240) > 100, "no accuracy curve for " + epochs);
        }
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count(), "temporary files are left");
        }
    }

    @Test
    void lossThatFallsIsDrawnFromTopLeftToBottomRight() throws IOException {
        Path file = folder.resolve("curves.png");
        TrainingCurves.write(file, epochs(5));
        BufferedImage image = ImageIO.read(file.toFile());
        int left = firstRow(image, LOSS, 0, 560);
        int right = firstRow(image, LOSS, 600, 1120);
        assertTrue(left < right, left + " " + right);
        assertTrue(firstRow(image, ACCURACY, 1120, 1680) > firstRow(image, ACCURACY, 1700, 2240));
    }

    @Test
    void valuesThatAreNotFiniteAreLeftOut() throws IOException {
        List<EpochResult> epochs = new ArrayList<>(epochs(3));
        epochs.set(1, new EpochResult(2, Double.NaN, 0.5, 1, 1));
        TrainingCurves.write(folder.resolve("some.png"), epochs);
        epochs.replaceAll(epoch -> new EpochResult(epoch.epoch(), Double.POSITIVE_INFINITY, Double.NaN, 1, 1));
        TrainingCurves.write(folder.resolve("none.png"), epochs);
        BufferedImage some = ImageIO.read(folder.resolve("some.png").toFile());
        BufferedImage none = ImageIO.read(folder.resolve("none.png").toFile());
        assertTrue(count(some, LOSS, 0, 1120) > 100);
        assertEquals(0, count(none, LOSS, 0, 1120));
        assertThrows(
                IllegalArgumentException.class, () -> TrainingCurves.write(folder.resolve("empty.png"), List.of()));
        assertFalse(Files.exists(folder.resolve("empty.png")));
    }

    @Test
    void gridShowsTwelveImagesAndNoMore() throws IOException {
        byte[] black = new byte[ImageSet.PIXELS];
        Arrays.fill(black, (byte) 255);
        int perImage = 28 * 28 * 7 * 7 * Png.SCALE * Png.SCALE;
        for (int shown : new int[] {0, 1, 5, 12, 13, 100}) {
            List<WrongPrediction> wrong = new ArrayList<>();
            for (int i = 0; i < shown; i++) {
                wrong.add(new WrongPrediction(black, i % 10, (i + 1) % 10, 0.93));
            }
            Path file = folder.resolve("wrong.png");
            WrongPredictions.write(file, wrong);
            BufferedImage image = ImageIO.read(file.toFile());
            assertEquals(2072, image.getWidth());
            assertEquals(1620, image.getHeight());
            // Letters may have a few black pixels too, and antialiased frames may take some of an image.
            int images = Math.round((float) count(image, 0, 0, image.getWidth()) / perImage);
            assertEquals(Math.min(12, shown), images);
        }
    }

    @Test
    void pixelsKeepTheirPlace() throws IOException {
        byte[] pixels = new byte[ImageSet.PIXELS];
        pixels[3 * 28 + 20] = (byte) 255;
        Path file = folder.resolve("wrong.png");
        WrongPredictions.write(file, List.of(new WrongPrediction(pixels, 0, 1, 0.5)));
        BufferedImage image = ImageIO.read(file.toFile());
        // Margin 14, half of (252 - 196), heading 64, title 28; the middle of a pixel of 7 units.
        int x = 2 * (14 + 28 + 20 * 7 + 3);
        int y = 2 * (64 + 28 + 3 * 7 + 3);
        assertEquals(0x000000, image.getRGB(x, y) & 0xFFFFFF);
        assertEquals(0xFFFFFF, image.getRGB(x + 14, y) & 0xFFFFFF);
        assertEquals(0xFFFFFF, image.getRGB(x, y + 14) & 0xFFFFFF);
    }

    @Test
    void missingFolderIsAnErrorAndLeavesNothing() {
        Path file = folder.resolve("missing").resolve("curves.png");
        assertThrows(InvalidFileException.class, () -> TrainingCurves.write(file, epochs(2)));
        assertFalse(Files.exists(file.getParent()));
    }

    @Test
    void wrongPredictionChecksItsValues() {
        assertThrows(IllegalArgumentException.class, () -> new WrongPrediction(new byte[1], 0, 1, 0.5));
        assertThrows(IndexOutOfBoundsException.class, () -> new WrongPrediction(new byte[784], 10, 1, 0.5));
        assertThrows(IndexOutOfBoundsException.class, () -> new WrongPrediction(new byte[784], 0, -1, 0.5));
    }

    private static List<EpochResult> epochs(int count) {
        List<EpochResult> epochs = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            epochs.add(new EpochResult(i, 1.0 / i, 1 - 0.5 / i, 100, 1));
        }
        return epochs;
    }

    private static int count(BufferedImage image, int color, int from, int to) {
        int count = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = from; x < to; x++) {
                count += (image.getRGB(x, y) & 0xFFFFFF) == color ? 1 : 0;
            }
        }
        return count;
    }

    private static int firstRow(BufferedImage image, int color, int from, int to) {
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = from; x < to; x++) {
                if ((image.getRGB(x, y) & 0xFFFFFF) == color) {
                    return y;
                }
            }
        }
        throw new AssertionError("color %06x is not in the picture".formatted(color));
    }
}
