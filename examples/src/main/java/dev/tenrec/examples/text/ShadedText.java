package dev.tenrec.examples.text;

import dev.tenrec.examples.Png;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A picture of texts whose pieces are shaded by a number each. */
final class ShadedText {
    private static final Color SHADE = new Color(0xDC2626);
    private static final int WIDTH = 880;
    private static final int MARGIN = 28;
    private static final int LINE = 22;
    private static final Font TEXT = new Font(Font.MONOSPACED, Font.PLAIN, 13);
    // Of the monospaced font in this size; pieces are placed by it before there is anything to draw on.
    private static final int ADVANCE = 8;
    private static final int COLUMNS = (WIDTH - 2 * MARGIN) / ADVANCE;

    private ShadedText() {}

    /**
     * A piece of a text.
     *
     * @param text one character, or a word; a line feed ends a line
     * @param shade from 0, white, to 1
     */
    record Piece(String text, double shade) {}

    /**
     * A text.
     *
     * @param caption above it
     * @param pieces in order
     */
    record Paragraph(String caption, List<Piece> pieces) {}

    private record Placed(Piece piece, int column, int line) {}

    /** Writes the picture as PNG. */
    static void write(Path file, String title, List<Paragraph> paragraphs) throws IOException {
        List<List<Placed>> placed =
                paragraphs.stream().map(paragraph -> place(paragraph.pieces)).toList();
        int lines = placed.stream().mapToInt(ShadedText::lines).sum();
        int height = 2 * MARGIN + 2 * LINE + lines * LINE + paragraphs.size() * 2 * LINE;
        Png.write(file, WIDTH, height, graphics -> {
            graphics.setColor(Png.INK);
            graphics.setFont(Png.font(Font.BOLD, 16));
            graphics.drawString(title, MARGIN, MARGIN + 12);
            int top = MARGIN + 2 * LINE;
            for (int i = 0; i < placed.size(); i++) {
                graphics.setColor(Png.QUIET);
                graphics.setFont(Png.font(Font.PLAIN, 13));
                graphics.drawString(paragraphs.get(i).caption, MARGIN, top + 15);
                top += LINE + 4;
                draw(graphics, placed.get(i), top);
                top += (lines(placed.get(i)) + 1) * LINE - 4;
            }
        });
    }

    private static int lines(List<Placed> placed) {
        return placed.isEmpty() ? 0 : placed.getLast().line + 1;
    }

    /** Breaks lines at the last space that fits; a word that is longer than a line runs over its end. */
    private static List<Placed> place(List<Piece> pieces) {
        List<Placed> placed = new ArrayList<>();
        int line = 0;
        int column = 0;
        int wordStart = 0;
        for (Piece piece : pieces) {
            if (piece.text.equals("\n")) {
                line++;
                column = 0;
                wordStart = placed.size();
                continue;
            }
            int width = piece.text.length();
            if (column + width > COLUMNS && !piece.text.equals(" ")) {
                line++;
                int shift = wordStart < placed.size() ? placed.get(wordStart).column : column;
                for (int i = wordStart; i < placed.size(); i++) {
                    placed.set(i, new Placed(placed.get(i).piece, placed.get(i).column - shift, line));
                }
                column -= shift;
            }
            placed.add(new Placed(piece, column, line));
            column += width;
            if (piece.text.endsWith(" ")) {
                wordStart = placed.size();
            }
        }
        return placed;
    }

    private static void draw(Graphics2D graphics, List<Placed> placed, int top) {
        graphics.setFont(TEXT);
        FontMetrics metrics = graphics.getFontMetrics();
        for (Placed one : placed) {
            int x = MARGIN + one.column * ADVANCE;
            int y = top + one.line * LINE;
            double shade = Double.isNaN(one.piece.shade) ? 0 : Math.clamp(one.piece.shade, 0, 1);
            graphics.setColor(new Color(SHADE.getRed(), SHADE.getGreen(), SHADE.getBlue(), (int) (200 * shade)));
            graphics.fillRect(x, y, ADVANCE * one.piece.text.length(), LINE - 3);
            graphics.setColor(Png.INK);
            graphics.drawString(one.piece.text, x, y + metrics.getAscent() + 1);
        }
    }
}
