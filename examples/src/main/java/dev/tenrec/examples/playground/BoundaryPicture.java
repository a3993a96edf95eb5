package dev.tenrec.examples.playground;

import dev.tenrec.examples.Png;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.util.Locale;

/** Draws the output over the square, the points trained on, and a line of figures. */
final class BoundaryPicture {
    /** Pixels of the line of figures. */
    static final int CAPTION = 28;

    private static final int FIRST = 0x0864A8;
    private static final int MIDDLE = 0xF4F4F4;
    private static final int SECOND = 0xD65C00;

    /** How much of its colour the map takes at most, so that points stand out. */
    private static final double STRENGTH = 0.62;

    private final int size;
    private final boolean text = Png.whyNoText().isEmpty();

    /**
     * Makes pictures of one size.
     *
     * @param size pixels along a side of the square
     */
    BoundaryPicture(int size) {
        this.size = size;
    }

    /** {@return blue for the first class (1), orange for the second (−1), light between} */
    static int colour(double value) {
        double share = Math.min(1, Math.abs(value)) * STRENGTH;
        int end = value >= 0 ? FIRST : SECOND;
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = MIDDLE >> shift & 0xFF;
            int to = end >> shift & 0xFF;
            rgb |= (int) Math.round(from + share * (to - from)) << shift;
        }
        return rgb;
    }

    /**
     * Draws.
     *
     * @param boundary the output, [side · side] from the upper left corner, from −1 to 1
     * @param samples the points
     * @param epoch passes over the points
     * @param standing the losses
     * @return size + {@link #CAPTION} pixels high
     */
    BufferedImage draw(float[] boundary, Samples samples, int epoch, Trainer.Standing standing) {
        int side = (int) Math.round(Math.sqrt(boundary.length));
        BufferedImage map = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < boundary.length; i++) {
            map.setRGB(i % side, i / side, colour(boundary[i]));
        }
        BufferedImage image = new BufferedImage(size, size + CAPTION, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, size, size + CAPTION);
            graphics.drawImage(map, 0, 0, size, size, null);
            points(graphics, samples);
            if (text) {
                graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
                graphics.setColor(Png.INK);
                graphics.setFont(Png.font(Font.PLAIN, 13));
                graphics.drawString(
                        String.format(
                                Locale.ROOT,
                                "epoch %d   loss %.3f   test %.3f",
                                epoch,
                                standing.train(),
                                standing.test()),
                        8,
                        size + 19);
            }
        } finally {
            graphics.dispose();
        }
        return image;
    }

    private void points(Graphics2D graphics, Samples samples) {
        double scale = size / (2 * DataSet.EDGE);
        double radius = Math.max(2, size / 130.0);
        for (int i = 0; i < samples.labels().length; i++) {
            double x = (samples.x1()[i] + DataSet.EDGE) * scale;
            double y = (DataSet.EDGE - samples.x2()[i]) * scale;
            graphics.setColor(Color.WHITE);
            graphics.fill(new Ellipse2D.Double(x - radius - 1, y - radius - 1, 2 * radius + 2, 2 * radius + 2));
            graphics.setColor(new Color(samples.labels()[i] == 1 ? FIRST : SECOND));
            graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
        }
    }
}
