package dev.tenrec.examples;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Grey images side by side, in named rows. */
public final class Tiles {
    private static final int SMALL = 64;
    private static final int LARGE = 128;
    private static final int FEW = 4;
    private static final int GAP = 6;
    private static final int MARGIN = 16;
    private static final int TITLE = 44;
    private static final int NAMES = 96;
    private static final Color FRAME = new Color(0xD1D5DB);

    private Tiles() {}

    /**
     * Images of one kind.
     *
     * @param name beside them; may be empty
     * @param images square, row by row; 0 is white, 1 is black, what is beyond is cut
     */
    public record Row(String name, List<float[]> images) {
        /**
         * Cuts a sequence of images.
         *
         * @param name beside them
         * @param images all elements, one image after the other
         * @param count the number of images
         * @return the row
         */
        public static Row of(String name, float[] images, int count) {
            int size = images.length / count;
            return new Row(
                    name,
                    IntStream.range(0, count)
                            .mapToObj(i -> Arrays.copyOfRange(images, i * size, (i + 1) * size))
                            .toList());
        }
    }

    /**
     * Writes a PNG file and says so.
     *
     * @param out where it is said
     * @param file the file to create or replace
     * @param title above the images
     * @param rows from top to bottom
     * @throws IOException if the file cannot be written
     */
    public static void write(PrintWriter out, Path file, String title, List<Row> rows) throws IOException {
        int names = rows.stream().allMatch(row -> row.name.isEmpty()) ? 0 : NAMES;
        int columns = rows.stream().mapToInt(row -> row.images.size()).max().orElse(0);
        int size = columns > FEW ? SMALL : LARGE;
        int width = Math.max(2 * MARGIN + names + columns * (size + GAP) - GAP, 2 * MARGIN + 8 * title.length());
        int height = TITLE + rows.size() * (size + GAP) + MARGIN - GAP;
        Png.writeAndSay(out, file, width, height, graphics -> {
            graphics.setColor(Png.INK);
            graphics.setFont(Png.font(Font.BOLD, 14));
            graphics.drawString(title, MARGIN, 28);
            graphics.setFont(Png.font(Font.PLAIN, 12));
            for (int r = 0; r < rows.size(); r++) {
                int top = TITLE + r * (size + GAP);
                graphics.setColor(Png.QUIET);
                graphics.drawString(rows.get(r).name, MARGIN, top + size / 2 + 4);
                for (int c = 0; c < rows.get(r).images.size(); c++) {
                    draw(graphics, rows.get(r).images.get(c), MARGIN + names + c * (size + GAP), top, size);
                }
            }
        });
    }

    private static void draw(Graphics2D graphics, float[] pixels, int left, int top, int size) {
        int side = (int) Math.round(Math.sqrt(pixels.length));
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < pixels.length; i++) {
            int grey = Math.round(255 * (1 - Math.clamp(pixels[i], 0f, 1f)));
            image.setRGB(i % side, i / side, grey << 16 | grey << 8 | grey);
        }
        graphics.drawImage(image, left, top, size, size, null);
        graphics.setColor(FRAME);
        graphics.drawRect(left, top, size, size);
    }
}
