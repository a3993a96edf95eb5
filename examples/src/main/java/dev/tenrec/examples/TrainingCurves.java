package dev.tenrec.examples;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A picture of the training loss and the test accuracy of each epoch, side by side. */
public final class TrainingCurves {
    private static final int PANEL_WIDTH = 560;
    private static final int PANEL_HEIGHT = 380;
    private static final Color LOSS = new Color(0x1D4ED8);
    private static final Color ACCURACY = new Color(0x047857);

    private TrainingCurves() {}

    /**
     * Writes a PNG file of 2240 x 760 pixels. Values that are not finite are left out.
     *
     * @param file the file to create or replace
     * @param epochs the epochs in order, at least one
     * @throws IllegalArgumentException if there is no epoch
     * @throws IOException if the file cannot be written; an existing one is then left as it was
     */
    public static void write(Path file, List<EpochResult> epochs) throws IOException {
        if (epochs.isEmpty()) {
            throw new IllegalArgumentException("training curves: expected at least one epoch, given none");
        }
        Png.write(file, 2 * PANEL_WIDTH, PANEL_HEIGHT, graphics -> {
            drawPanel(graphics, "Training loss", "", LOSS, epochs, EpochResult::trainingLoss);
            graphics.translate(PANEL_WIDTH, 0);
            drawPanel(graphics, "Test accuracy", " %", ACCURACY, epochs, epoch -> 100 * epoch.testAccuracy());
        });
    }

    private static void drawPanel(
            Graphics2D graphics,
            String title,
            String unit,
            Color color,
            List<EpochResult> epochs,
            ToDoubleFunction<EpochResult> value) {
        List<EpochResult> finite = epochs.stream()
                .filter(epoch -> Double.isFinite(value.applyAsDouble(epoch)))
                .toList();
        if (finite.isEmpty()) {
            graphics.setColor(Png.INK);
            graphics.setFont(Png.font(Font.BOLD, 16));
            graphics.drawString(title + ": no finite values", 40, PANEL_HEIGHT / 2);
            return;
        }
        double[] x = finite.stream().mapToDouble(EpochResult::epoch).toArray();
        double[] y = finite.stream().mapToDouble(value).toArray();
        double last = y[y.length - 1];
        XYChart chart = new XYChartBuilder()
                .width(PANEL_WIDTH)
                .height(PANEL_HEIGHT)
                .title(String.format(
                        Locale.ROOT, unit.isEmpty() ? "%s (last: %.4f)" : "%s (last: %.2f%s)", title, last, unit))
                .xAxisTitle("epoch")
                .build();
        style(chart.getStyler(), epochs, y);
        XYSeries series = chart.addSeries(title, x, y);
        series.setLineColor(color);
        series.setLineStyle(new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        series.setMarkerColor(color);
        series.setMarker(SeriesMarkers.CIRCLE);
        chart.paint(graphics, PANEL_WIDTH, PANEL_HEIGHT);
    }

    private static void style(XYStyler styler, List<EpochResult> epochs, double[] y) {
        LineChart.style(styler);
        styler.setLegendVisible(false);
        int first = epochs.getFirst().epoch();
        int last = epochs.getLast().epoch();
        // A single epoch needs more room, or the chart finds no place for its tick.
        double side = last > first ? 0.5 : 0.9;
        styler.setXAxisMin(first - side);
        styler.setXAxisMax(last + side);
        styler.setXAxisDecimalPattern("0");
        // Few epochs need ticks far apart, or the chart would label halves of them.
        styler.setXAxisTickMarkSpacingHint(Math.max(56, PANEL_WIDTH / Math.max(2, last - first + 1)));
        LineChart.range(styler, y);
    }
}
