package dev.tenrec.examples;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A picture of twelve images that were taken for another class, each with both classes and the probability. */
public final class WrongPredictions {
    /** The number of images in the picture: three rows of four. */
    public static final int SHOWN = 12;

    private static final int COLUMNS = 4;
    private static final int ROWS = SHOWN / COLUMNS;
    private static final int ZOOM = 7;
    private static final int IMAGE = ImageSet.SIDE * ZOOM;
    private static final int TITLE = 28;
    private static final int CELL_WIDTH = 252;
    private static final int CELL_HEIGHT = TITLE + IMAGE + 20;
    private static final int MARGIN = 14;
    private static final int HEADING = 64;
    private static final int WIDTH = 2 * MARGIN + COLUMNS * CELL_WIDTH;
    private static final int HEIGHT = HEADING + ROWS * CELL_HEIGHT + MARGIN;
    private static final Color FRAME = new Color(0xD1D5DB);
    private static final Color WRONG = new Color(0xB42318);

    private WrongPredictions() {}

    /**
     * Writes the first {@link #SHOWN} predictions as a PNG file of 2072 x 1620 pixels; places without a prediction stay
     * empty.
     *
     * @param file the file to create or replace
     * @param wrong the predictions to show
     * @throws IOException if the file cannot be written; an existing one is then left as it was
     */
    public static void write(Path file, List<WrongPrediction> wrong) throws IOException {
        Png.write(file, WIDTH, HEIGHT, graphics -> draw(graphics, wrong));
    }

    private static void draw(Graphics2D graphics, List<WrongPrediction> wrong) {
        String arrow = Png.font(Font.PLAIN, 12).canDisplay('\u2192') ? "\u2192" : "->";
        graphics.setColor(Png.INK);
        graphics.setFont(Png.font(Font.BOLD, 18));
        graphics.drawString("Wrong predictions on test images", MARGIN + 4, 30);
        graphics.setColor(Png.QUIET);
        graphics.setFont(Png.font(Font.PLAIN, 13));
        String legend = wrong.isEmpty()
                ? "there are none"
                : "actual class " + arrow + " predicted class (probability of the prediction)";
        graphics.drawString(legend, MARGIN + 4, 50);
        for (int i = 0; i < Math.min(SHOWN, wrong.size()); i++) {
            int left = MARGIN + i % COLUMNS * CELL_WIDTH;
            int top = HEADING + i / COLUMNS * CELL_HEIGHT;
            drawCell(graphics, wrong.get(i), arrow, left, top);
        }
    }

    private static void drawCell(Graphics2D graphics, WrongPrediction wrong, String arrow, int left, int top) {
        String actual = FashionMnistData.CLASS_NAMES.get(wrong.actual()) + " " + arrow + " ";
        String predicted = FashionMnistData.CLASS_NAMES.get(wrong.predicted());
        String probability = String.format(Locale.ROOT, " (p=%.2f)", wrong.probability());
        graphics.setFont(Png.font(Font.PLAIN, 13));
        FontMetrics metrics = graphics.getFontMetrics();
        int width = metrics.stringWidth(actual) + metrics.stringWidth(predicted) + metrics.stringWidth(probability);
        int x = left + (CELL_WIDTH - width) / 2;
        int y = top + TITLE - 8;
        x = drawText(graphics, actual, Png.INK, x, y);
        x = drawText(graphics, predicted, WRONG, x, y);
        drawText(graphics, probability, Png.QUIET, x, y);
        drawImage(graphics, wrong.image(), left + (CELL_WIDTH - IMAGE) / 2, top + TITLE);
    }

    private static int drawText(Graphics2D graphics, String text, Color color, int x, int y) {
        graphics.setColor(color);
        graphics.drawString(text, x, y);
        return x + graphics.getFontMetrics().stringWidth(text);
    }

    /** Dark on white, as on paper: the data has a background of 0. */
    private static void drawImage(Graphics2D graphics, byte[] image, int left, int top) {
        for (int i = 0; i < image.length; i++) {
            int grey = 255 - (image[i] & 0xFF);
            graphics.setColor(new Color(grey, grey, grey));
            graphics.fillRect(left + i % ImageSet.SIDE * ZOOM, top + i / ImageSet.SIDE * ZOOM, ZOOM, ZOOM);
        }
        graphics.setColor(FRAME);
        graphics.drawRect(left - 1, top - 1, IMAGE + 1, IMAGE + 1);
    }
}
