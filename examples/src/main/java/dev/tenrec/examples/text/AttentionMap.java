package dev.tenrec.examples.text;

import dev.tenrec.examples.Png;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;

/** A picture of where the heads of an attention look: a row per place that looks, a column per place looked at. */
final class AttentionMap {
    private static final int CELL = 9;
    private static final int MARGIN = 24;
    private static final int LABEL = 14;

    private AttentionMap() {}

    /**
     * Writes the picture as PNG.
     *
     * @param file the file to create or replace
     * @param labels the character at each place
     * @param weights of each head [places · places], 0 to 1
     */
    static void write(Path file, String[] labels, float[][] weights) throws IOException {
        int side = labels.length * CELL + LABEL;
        int columns = Math.min(2, weights.length);
        int rows = Math.ceilDiv(weights.length, columns);
        int width = MARGIN + columns * (side + MARGIN);
        int height = 2 * MARGIN + rows * (side + MARGIN + 8);
        Png.write(file, width, height, graphics -> {
            graphics.setColor(Png.INK);
            graphics.setFont(Png.font(Font.BOLD, 16));
            graphics.drawString("Where the heads of the first layer look (rows look at columns)", MARGIN, MARGIN + 4);
            for (int head = 0; head < weights.length; head++) {
                int left = MARGIN + head % columns * (side + MARGIN) + LABEL;
                int top = 2 * MARGIN + head / columns * (side + MARGIN + 8) + LABEL + 8;
                graphics.setFont(Png.font(Font.PLAIN, 8));
                graphics.setColor(Png.QUIET);
                for (int i = 0; i < labels.length; i++) {
                    graphics.drawString(labels[i], left - 9, top + i * CELL + 8);
                    graphics.drawString(labels[i], left + i * CELL + 2, top - 3);
                }
                for (int i = 0; i < weights[head].length; i++) {
                    double weight = Math.sqrt(Math.clamp(weights[head][i], 0, 1));
                    int fade = 255 - (int) (weight * 220);
                    graphics.setColor(new Color(fade, fade, 255 - (int) (weight * 40)));
                    graphics.fillRect(left + i % labels.length * CELL, top + i / labels.length * CELL, CELL, CELL);
                }
            }
        });
    }
}
