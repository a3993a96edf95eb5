package dev.tenrec.examples;

import dev.tenrec.data.AtomicFile;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import javax.imageio.ImageIO;

/** Draws pictures without a display and writes them as complete PNG files. */
public final class Png {
    /** Pixels per unit of length: twice the usual, for sharp text on today's screens. */
    public static final int SCALE = 2;

    /** The colour of text. */
    public static final Color INK = new Color(0x222222);
    /** The colour of text that is less important. */
    public static final Color QUIET = new Color(0x6B7280);

    static {
        // Must be set before any AWT class looks for a display.
        if (System.getProperty("java.awt.headless") == null) {
            System.setProperty("java.awt.headless", "true");
        }
    }

    private Png() {}

    /** {@return a reason why this Java cannot draw text, if there is one: small containers have no fonts} */
    public static Optional<String> whyNoText() {
        try {
            BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = image.createGraphics();
            graphics.getFontMetrics(font(Font.PLAIN, 12)).stringWidth("text");
            graphics.dispose();
            return Optional.empty();
        } catch (LinkageError | InternalError | RuntimeException e) {
            return Optional.of(
                    "this Java cannot draw text (" + e + "); install the packages fontconfig and fonts-dejavu-core");
        } catch (Error e) {
            // Without fonts, AWT throws a plain Error. Others, such as OutOfMemoryError, are not ours to judge.
            if (e.getClass() != Error.class) {
                throw e;
            }
            return Optional.of(
                    "this Java cannot draw text (" + e + "); install the packages fontconfig and fonts-dejavu-core");
        }
    }

    /**
     * Chooses a font without serifs.
     *
     * @param style of {@link Font}
     * @param size in units of {@link #SCALE} pixels
     * @return the font
     */
    public static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }

    /**
     * Writes a picture and says so, or says why not: a machine without fonts is no reason to fail.
     *
     * @param out where it is said
     * @param file the file to create or replace
     * @param width of the picture, in units
     * @param height of the picture, in units
     * @param drawing draws it
     * @throws IOException if the file cannot be written; an existing one is then left as it was
     */
    public static void writeAndSay(PrintWriter out, Path file, int width, int height, Consumer<Graphics2D> drawing)
            throws IOException {
        Optional<String> obstacle = whyNoText();
        if (obstacle.isPresent()) {
            out.println("no picture: " + obstacle.get());
            return;
        }
        write(file, width, height, drawing);
        out.println("wrote " + file);
    }

    /**
     * Draws on white, in units of {@link #SCALE} pixels, and writes the picture completely or not at all.
     *
     * @param file the file to create or replace
     * @param width of the picture, in units
     * @param height of the picture, in units
     * @param drawing draws it
     * @throws IOException if the file cannot be written; an existing one is then left as it was
     */
    public static void write(Path file, int width, int height, Consumer<Graphics2D> drawing) throws IOException {
        BufferedImage image = new BufferedImage(width * SCALE, height * SCALE, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.scale(SCALE, SCALE);
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, width, height);
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            drawing.accept(graphics);
        } finally {
            graphics.dispose();
        }
        AtomicFile.writeStream(file, out -> {
            try (OutputStream buffered = new BufferedOutputStream(out)) {
                if (!ImageIO.write(image, "png", buffered)) {
                    throw new IOException(file + ": this Java has no PNG writer");
                }
            }
        });
    }
}
