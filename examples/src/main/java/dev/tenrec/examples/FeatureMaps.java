package dev.tenrec.examples;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What a convolutional network looks for, and what it finds in one picture.
 *
 * @param image the picture, 28 x 28 bytes
 * @param filters weights of the first convolution, [32, 3, 3]
 * @param first what the first convolution finds, after ReLU, [32, 28, 28]
 * @param second what the second one finds, after ReLU, [64, 14, 14]
 */
public record FeatureMaps(byte[] image, float[] filters, float[] first, float[] second) {
    private static final int FILTER = 3;
    private static final int CHANNELS = 32;
    private static final int COLUMNS = 16;
    private static final int TILE = 56;
    private static final int GAP = 6;
    private static final int MARGIN = 16;
    private static final int TITLE = 34;
    private static final int WIDTH = 2 * MARGIN + COLUMNS * (TILE + GAP);
    private static final int HEIGHT = 4 * TITLE + (1 + 2 + 2 + 4) * (TILE + GAP) + MARGIN;

    /**
     * Writes the picture of filters and maps as a PNG file.
     *
     * @param file the file to create or replace
     * @throws IOException if the file cannot be written; an existing one is then left as it was
     */
    public void write(Path file) throws IOException {
        Png.write(file, WIDTH, HEIGHT, this::draw);
    }

    private void draw(Graphics2D graphics) {
        int y = title(graphics, 0, "A test image");
        float[] pixels = new float[image.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = image[i] & 0xFF;
        }
        tile(graphics, pixels, 0, ImageSet.SIDE, MARGIN, y, false);
        y = title(graphics, y + TILE + GAP, "Filters of the first convolution: blue below 0, red above");
        y = grid(graphics, filters, CHANNELS, FILTER, y, true);
        y = title(graphics, y, "What they find in it (after ReLU; each map in its own scale)");
        y = grid(graphics, first, CHANNELS, ImageSet.SIDE, y, false);
        y = title(graphics, y, "What the second convolution finds");
        grid(graphics, second, 2 * CHANNELS, ImageSet.SIDE / 2, y, false);
    }

    private static int title(Graphics2D graphics, int y, String text) {
        graphics.setColor(Png.INK);
        graphics.setFont(Png.font(Font.BOLD, 14));
        graphics.drawString(text, MARGIN, y + TITLE - 12);
        return y + TITLE;
    }

    private static int grid(Graphics2D graphics, float[] values, int count, int side, int top, boolean signed) {
        for (int i = 0; i < count; i++) {
            int x = MARGIN + i % COLUMNS * (TILE + GAP);
            tile(graphics, values, i * side * side, side, x, top + i / COLUMNS * (TILE + GAP), signed);
        }
        return top + Math.ceilDiv(count, COLUMNS) * (TILE + GAP);
    }

    private static void tile(
            Graphics2D graphics, float[] values, int from, int side, int left, int top, boolean signed) {
        float largest = 0;
        for (int i = 0; i < side * side; i++) {
            largest = Math.max(largest, Math.abs(values[from + i]));
        }
        for (int i = 0; i < side * side; i++) {
            int x = i % side * TILE / side;
            int y = i / side * TILE / side;
            graphics.setColor(color(largest == 0 ? 0 : values[from + i] / largest, signed));
            graphics.fillRect(left + x, top + y, (i % side + 1) * TILE / side - x, (i / side + 1) * TILE / side - y);
        }
        graphics.setColor(Png.QUIET);
        graphics.drawRect(left - 1, top - 1, TILE + 1, TILE + 1);
    }

    /** White is 0; black, or red and blue, the largest of the tile. */
    private static Color color(float value, boolean signed) {
        float rest = 1 - Math.abs(value);
        if (!signed) {
            return new Color(rest, rest, rest);
        }
        return value < 0 ? new Color(rest, rest, 1f) : new Color(1f, rest, rest);
    }
}
