package dev.tenrec.examples.playground;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.examples.ExampleRunner;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line. */
class FilmTest {
    @TempDir
    private Path folder;

    private static String run(int code, String... args) {
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text);
        assertEquals(
                code, ExampleRunner.run(new Playground(new CountDownLatch(0)), writer, writer, args), text::toString);
        return text.toString();
    }

    @Test
    void anAnimatedGifHasItsFrames() throws IOException {
        Path file = folder.resolve("new/gaussian.gif");
        run(0, "--picture", file.toString(), "--data", "gaussian", "--epochs", "8", "--frames", "5", "--size", "120");
        ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            reader.setInput(in);
            assertEquals(5, reader.getNumImages(true));
            BufferedImage first = reader.read(0);
            BufferedImage last = reader.read(4);
            assertEquals(120, last.getWidth());
            assertEquals(120 + BoundaryPicture.CAPTION, last.getHeight());
            assertNotEquals(first.getRGB(100, 20), last.getRGB(100, 20), "the boundary moved");
            int blue = last.getRGB(110, 6);
            int orange = last.getRGB(6, 110);
            assertTrue((blue & 0xFF) > (blue >> 16 & 0xFF), "the first class is up on the right");
            assertTrue((orange & 0xFF) < (orange >> 16 & 0xFF), "the second class is down on the left");
            IIOMetadataNode tree =
                    (IIOMetadataNode) reader.getImageMetadata(4).getAsTree("javax_imageio_gif_image_1.0");
            IIOMetadataNode control = (IIOMetadataNode)
                    tree.getElementsByTagName("GraphicControlExtension").item(0);
            assertEquals("200", control.getAttribute("delayTime"));
        } finally {
            reader.dispose();
        }
    }

    @Test
    void aSeriesOfPngFiles() throws IOException {
        String told = run(
                0,
                "--picture",
                folder.resolve("xor.png").toString(),
                "--data",
                "xor",
                "--layers",
                "3,2",
                "--features",
                "x1,x1*x2",
                "--epochs",
                "1",
                "--frames",
                "2",
                "--size",
                "100");
        assertTrue(told.contains("epoch     1   loss"), told);
        try (var files = Files.list(folder)) {
            assertEquals(
                    List.of("xor-000.png", "xor-001.png"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertEquals(100, ImageIO.read(folder.resolve("xor-001.png").toFile()).getWidth());
    }

    @Test
    void wrongOptionsAreOneLineAndLeaveNothing() throws IOException {
        String gif = folder.resolve("a.gif").toString();
        for (List<String> options : List.of(
                List.of("--picture", folder.resolve("a.bmp").toString(), "--epochs", "1", "--frames", "2"),
                List.of("--picture", gif, "--frames", "1"),
                List.of("--picture", gif, "--epochs", "0"),
                List.of("--picture", gif, "--epochs", "3", "--frames", "5"),
                List.of("--picture", gif, "--size", "1001"),
                List.of("--picture", gif, "--layers", "9"),
                List.of("--picture", gif, "--learning-rate", "NaN"),
                List.of("--picture", gif, "--features", "x4"),
                List.of("--data", "xor"),
                List.of("--frames", "3"),
                List.of("--port", "70000"),
                List.of("--sessions", "0"),
                List.of("--bind", "no such host"))) {
            String told = run(2, options.toArray(String[]::new));
            assertEquals(1, told.lines().count(), told);
            assertTrue(told.contains("expected"), told);
        }
        try (var files = Files.list(folder)) {
            assertFalse(files.findAny().isPresent());
        }
    }

    @Test
    void servingTellsTheAddress() {
        String told = run(0, "--port", "0");
        assertTrue(told.matches("(?s)Playground: http://127\\.0\\.0\\.1:[0-9]+/   on .*"), told);
    }
}
