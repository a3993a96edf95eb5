package dev.tenrec.examples;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Lines over a common axis, in the style of all pictures. */
public final class LineChart {
    private static final Color GRID = new Color(0xE5E7EB);
    private static final Color[] COLORS = {
        new Color(0x1D4ED8), new Color(0xB91C1C), new Color(0x047857), new Color(0xB45309)
    };

    /** Lines of more places are drawn without marks. */
    private static final int MARKED = 20;

    private LineChart() {}

    /**
     * A line.
     *
     * @param name for the legend
     * @param x places on the axis, in ascending order
     * @param y values; those that are not finite are left out
     */
    public record Line(String name, double[] x, double[] y) {
        private Line finite() {
            int[] kept = IntStream.range(0, y.length)
                    .filter(i -> Double.isFinite(y[i]))
                    .toArray();
            return new Line(
                    name,
                    Arrays.stream(kept).mapToDouble(i -> x[i]).toArray(),
                    Arrays.stream(kept).mapToDouble(i -> y[i]).toArray());
        }
    }

    /**
     * Draws lines.
     *
     * @param graphics draws at its origin
     * @param width in units of {@link Png#SCALE} pixels
     * @param height in such units
     * @param title above the lines
     * @param axis what x is
     * @param lines up to four; those without finite values are left out
     */
    public static void draw(Graphics2D graphics, int width, int height, String title, String axis, List<Line> lines) {
        List<Line> drawn = lines.stream()
                .map(Line::finite)
                .filter(line -> line.x.length > 0)
                .toList();
        if (drawn.isEmpty()) {
            graphics.setColor(Png.INK);
            graphics.setFont(Png.font(Font.BOLD, 16));
            graphics.drawString(title + ": no finite values", 40, height / 2);
            return;
        }
        XYChart chart = new XYChartBuilder()
                .width(width)
                .height(height)
                .title(title)
                .xAxisTitle(axis)
                .build();
        XYStyler styler = chart.getStyler();
        style(styler);
        styler.setLegendVisible(drawn.size() > 1);
        // Below, where it hides no line.
        styler.setLegendPosition(LegendPosition.OutsideS);
        styler.setLegendLayout(LegendLayout.Horizontal);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setLegendFont(Png.font(Font.PLAIN, 12));
        styler.setXAxisDecimalPattern("#,##0");
        styler.setXAxisTickMarkSpacingHint(90);
        range(
                styler,
                drawn.stream().flatMapToDouble(line -> Arrays.stream(line.y)).toArray());
        for (int i = 0; i < drawn.size(); i++) {
            Line line = drawn.get(i);
            XYSeries series = chart.addSeries(line.name, roundLabels(line.x), line.y);
            series.setLineColor(COLORS[i % COLORS.length]);
            series.setLineStyle(new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            series.setMarkerColor(COLORS[i % COLORS.length]);
            series.setMarker(line.x.length > MARKED ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
        }
        chart.paint(graphics, width, height);
    }

    /**
     * Many evenly spaced places would each get a label, as far as there is room; a thousandth of a step away from that
     * has fewer labels, at round numbers.
     */
    private static double[] roundLabels(double[] x) {
        double[] places = x.clone();
        if (places.length > MARKED) {
            places[1] += (places[1] - places[0]) / 1000;
        }
        return places;
    }

    static void style(XYStyler styler) {
        styler.setLocale(Locale.ROOT);
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(GRID);
        styler.setPlotGridLinesStroke(new BasicStroke(1));
        styler.setPlotGridVerticalLinesVisible(false);
        styler.setAxisTicksMarksVisible(false);
        styler.setAxisTickLabelsFont(Png.font(Font.PLAIN, 12));
        styler.setAxisTickLabelsColor(Png.QUIET);
        styler.setAxisTitleFont(Png.font(Font.PLAIN, 13));
        styler.setChartTitleFont(Png.font(Font.BOLD, 16));
        styler.setChartFontColor(Png.INK);
        styler.setChartTitleBoxVisible(false);
        styler.setChartPadding(16);
        styler.setMarkerSize(7);
        styler.setYAxisTitleVisible(false);
    }

    static void range(XYStyler styler, double[] y) {
        double min = Arrays.stream(y).min().orElseThrow();
        double max = Arrays.stream(y).max().orElseThrow();
        double room = max > min ? 0.08 * (max - min) : 0.02 * Math.max(1, Math.abs(max));
        styler.setYAxisMin(min - room);
        styler.setYAxisMax(max + room);
        double span = max + room - (min - room);
        styler.setYAxisDecimalPattern(span < 0.02 ? "0.0000" : span < 1 ? "0.00" : "0.0");
    }
}
