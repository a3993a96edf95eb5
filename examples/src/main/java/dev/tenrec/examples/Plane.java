package dev.tenrec.examples;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A square of the plane: what a network says of each place, from blue (0) to orange (1), and
 * points of two kinds.
 *
 * @param title above it
 * @param low the least coordinate, of both
 * @param high the greatest coordinate
 * @param function of places x₁, x₂, x₁, x₂, … to a number of 0 to 1 each; null for a white plane
 * @param points on top of it; those beyond are left out
 */
public record Plane(String title, float low, float high, UnaryOperator<float[]> function, List<Point> points) {
    /** Places per side at which the function is asked. */
    public static final int CELLS = 120;

    private static final int SIZE = 300;
    private static final int MARGIN = 36;
    private static final int TITLE = 40;
    private static final Color[] KINDS = {new Color(0x1D4ED8), new Color(0xB45309)};
    private static final Color LOW = new Color(0xBFD3FB);
    private static final Color HIGH = new Color(0xFCD9A8);

    /**
     * A point.
     *
     * @param x1 to the right
     * @param x2 upwards
     * @param kind 0 or 1
     */
    public record Point(float x1, float x2, int kind) {}

    /**
     * Writes planes side by side as a PNG file and says so.
     *
     * @param out where it is said
     * @param file the file to create or replace
     * @param planes from left to right
     * @throws IOException if the file cannot be written
     */
    public static void write(PrintWriter out, Path file, List<Plane> planes) throws IOException {
        int width = SIZE + 2 * MARGIN;
        Png.writeAndSay(out, file, planes.size() * width, TITLE + SIZE + MARGIN, graphics -> {
            for (Plane plane : planes) {
                plane.draw(graphics);
                graphics.translate(width, 0);
            }
        });
    }

    private void draw(Graphics2D graphics) {
        graphics.setColor(Png.INK);
        graphics.setFont(Png.font(Font.BOLD, 14));
        graphics.drawString(title, MARGIN, 26);
        if (function != null) {
            graphics.drawImage(map(), MARGIN, TITLE, SIZE, SIZE, null);
        }
        graphics.setColor(Png.QUIET);
        graphics.setStroke(new BasicStroke(1));
        graphics.drawRect(MARGIN, TITLE, SIZE, SIZE);
        graphics.setFont(Png.font(Font.PLAIN, 12));
        String least = text(low);
        String most = text(high);
        graphics.drawString(least, MARGIN, TITLE + SIZE + 16);
        right(graphics, most, MARGIN + SIZE, TITLE + SIZE + 16);
        right(graphics, least, MARGIN - 5, TITLE + SIZE);
        right(graphics, most, MARGIN - 5, TITLE + 11);
        Shape whole = graphics.getClip();
        graphics.clipRect(MARGIN, TITLE, SIZE, SIZE);
        for (Point point : points) {
            double x = MARGIN + SIZE * (point.x1 - low) / (high - low);
            double y = TITLE + SIZE * (high - point.x2) / (high - low);
            Ellipse2D dot = new Ellipse2D.Double(x - 3, y - 3, 6, 6);
            graphics.setColor(KINDS[point.kind]);
            graphics.fill(dot);
            graphics.setColor(Color.WHITE);
            graphics.draw(dot);
        }
        graphics.setClip(whole);
    }

    private BufferedImage map() {
        float[] places = new float[2 * CELLS * CELLS];
        for (int i = 0; i < CELLS * CELLS; i++) {
            places[2 * i] = low + (high - low) * (i % CELLS + 0.5f) / CELLS;
            places[2 * i + 1] = high - (high - low) * (i / CELLS + 0.5f) / CELLS;
        }
        float[] values = function.apply(places);
        BufferedImage image = new BufferedImage(CELLS, CELLS, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < values.length; i++) {
            float share = Math.clamp(values[i], 0f, 1f);
            image.setRGB(
                    i % CELLS,
                    i / CELLS,
                    new Color(
                                    mix(LOW.getRed(), HIGH.getRed(), share),
                                    mix(LOW.getGreen(), HIGH.getGreen(), share),
                                    mix(LOW.getBlue(), HIGH.getBlue(), share))
                            .getRGB());
        }
        return image;
    }

    private static int mix(int low, int high, float share) {
        return Math.round(low + share * (high - low));
    }

    private static String text(float value) {
        return value == Math.rint(value) ? String.valueOf((int) value) : String.valueOf(value);
    }

    private static void right(Graphics2D graphics, String text, int x, int y) {
        graphics.drawString(text, x - graphics.getFontMetrics().stringWidth(text), y);
    }
}
