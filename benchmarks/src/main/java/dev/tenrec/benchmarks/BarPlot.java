package dev.tenrec.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Horizontal bars in groups, as SVG. Each group has its own scale, which is that of its longest bar: what is compared is
 * who does the same work.
 *
 * @param title in the first line
 * @param machine in the second
 * @param source in the third
 * @param groups from top to bottom
 */
record BarPlot(String title, String machine, String source, List<Group> groups) {

    /**
     * Bars that are compared.
     *
     * @param label what they are of
     * @param bars from top to bottom
     */
    record Group(String label, List<Bar> bars) {}

    /**
     * A bar.
     *
     * @param name whose it is
     * @param value its length
     * @param note beside the value
     */
    record Bar(String name, double value, String note) {}

    private static final int WIDTH = 860;
    private static final int MARGIN = 20;
    private static final int NAMES = 150;
    private static final int BARS = 420;
    private static final int LINE = 20;
    private static final int HEAD = 84;

    /** Light enough for a dark page, dark enough for a white one; apart for most who do not see all colours (Wong 2011). */
    private static final List<String> COLOURS =
            List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8a200");

    /** {@return the picture} */
    String svg() {
        List<String> names = new ArrayList<>();
        groups.forEach(group -> group.bars.stream()
                .map(BarPlot::colourName)
                .filter(name -> !names.contains(name))
                .forEach(names::add));
        int height = HEAD + MARGIN;
        for (Group group : groups) {
            height += LINE * (group.bars.size() + 2);
        }
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%1$d\" height=\"%2$d\" viewBox=\"0 0 %1$d %2$d\""
                        + " font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\">%n",
                WIDTH,
                height));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        text(svg, MARGIN, 30, "font-size=\"18\" font-weight=\"bold\"", title);
        text(svg, MARGIN, 50, "fill=\"#555555\"", machine);
        text(svg, MARGIN, 66, "fill=\"#555555\"", source);
        int y = HEAD;
        for (Group group : groups) {
            y += LINE;
            text(svg, MARGIN, y, "font-weight=\"bold\"", group.label);
            double longest = group.bars.stream().mapToDouble(Bar::value).max().orElse(1);
            for (Bar bar : group.bars) {
                y += LINE;
                double length = Math.max(1, BARS * bar.value / longest);
                text(svg, MARGIN + NAMES - 8, y, "text-anchor=\"end\"", bar.name);
                svg.append(String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"%s/>%n",
                        MARGIN + NAMES,
                        y - 12,
                        length,
                        LINE - 5,
                        COLOURS.get(names.indexOf(colourName(bar)) % COLOURS.size()),
                        // As published: the same colour, paler.
                        colourName(bar).equals(bar.name) ? "" : " fill-opacity=\"0.5\""));
                text(
                        svg,
                        (int) (MARGIN + NAMES + length + 6),
                        y,
                        "",
                        String.format(Locale.ROOT, "%.4g", bar.value) + "  (" + bar.note + ")");
            }
            y += LINE;
        }
        return svg.append("</svg>\n").toString();
    }

    private static String colourName(Bar bar) {
        return bar.name.endsWith(Peer.PUBLISHED)
                ? bar.name.substring(0, bar.name.length() - Peer.PUBLISHED.length())
                : bar.name;
    }

    private static void text(StringBuilder svg, int x, int y, String attributes, String text) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" %s>%s</text>%n",
                x,
                y,
                attributes,
                text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")));
    }
}
