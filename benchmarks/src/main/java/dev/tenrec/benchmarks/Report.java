package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.BadInput;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Turns a file of results into a table and a plot for each topic, which name machine, JDK, commit and date. */
final class Report {

    static final String USAGE = "report FILE.json [FOLDER]";

    private static final String FOLDER = "benchmarks/results";

    private Report() {}

    /**
     * Writes the report.
     *
     * @param args file and folder, which is made if need be
     * @throws BadInput if the file is not of these benchmarks, or the folder cannot be written
     */
    static void run(String[] args, PrintStream out) throws IOException {
        if (args.length < 1 || args.length > 2) {
            throw new BadInput("report needs a file of results; expected " + USAGE);
        }
        ResultFile.Content content = ResultFile.read(Path.of(args[0]));
        Path folder = Path.of(args.length == 2 ? args[1] : FOLDER);
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new BadInput("cannot write a report to " + folder + ": it is a file");
        }
        Files.createDirectories(folder);
        for (Topic topic : Topic.values()) {
            List<ResultTable.Row> rows = content.rows().stream()
                    .filter(row -> row.label().equals(topic.label()))
                    .toList();
            if (!rows.isEmpty()) {
                Files.writeString(folder.resolve(topic.label() + ".md"), markdown(topic, rows, content));
                Files.writeString(folder.resolve(topic.label() + ".svg"), plot(topic, rows, content));
                out.println(folder.resolve(topic.label() + ".md") + ", " + folder.resolve(topic.label() + ".svg"));
            }
        }
    }

    private static String markdown(Topic topic, List<ResultTable.Row> rows, ResultFile.Content content) {
        ResultTable table = new ResultTable(rows);
        StringBuilder text = new StringBuilder("# ").append(topic.label()).append("\n\n");
        content.circumstances()
                .environment()
                .forEach((name, value) -> text.append("* ")
                        .append(name)
                        .append(": ")
                        .append(value)
                        .append('\n'));
        text.append("\n![")
                .append(topic.label())
                .append("](")
                .append(topic.label())
                .append(".svg)\n\n");
        List<List<String>> lines = table.cells();
        for (int i = 0; i < lines.size(); i++) {
            // The first column is the title.
            List<String> cells = lines.get(i).subList(1, lines.get(i).size());
            text.append("| ")
                    .append(String.join(" | ", cells).replace("*", "\\*"))
                    .append(" |\n");
            if (i == 0) {
                text.append("|---|---|")
                        .append("---:|".repeat(cells.size() - 2))
                        .append('\n');
            }
        }
        text.append('\n');
        table.notes().forEach(note -> text.append("* ").append(note).append('\n'));
        for (Map.Entry<String, String> library :
                content.circumstances().libraries().entrySet()) {
            if (rows.stream().anyMatch(row -> row.library().equals(library.getKey()))) {
                text.append("* ").append(library.getValue()).append('\n');
            }
        }
        return text.toString();
    }

    private static String plot(Topic topic, List<ResultTable.Row> rows, ResultFile.Content content) {
        List<BarPlot.Group> groups = new ArrayList<>();
        for (ResultTable.Row row : rows) {
            if (groups.stream().noneMatch(group -> group.label().equals(row.sizes()))) {
                groups.add(new BarPlot.Group(
                        row.sizes(),
                        rows.stream()
                                .filter(other -> other.sameWork(row))
                                .map(other -> new BarPlot.Bar(other.library(), other.rate(), note(other)))
                                .toList()));
            }
        }
        Map<String, String> environment = content.circumstances().environment();
        return new BarPlot(
                        topic.label() + ", " + rows.getFirst().unit() + ": longer is faster",
                        environment.get("machine"),
                        "JDK " + environment.get("JDK") + ", commit " + environment.get("commit") + ", "
                                + environment.get("date"),
                        groups)
                .svg();
    }

    private static String note(ResultTable.Row row) {
        String time = ResultTable.time(row.median());
        return Double.isNaN(row.p99()) ? time : time + ", p99 " + ResultTable.time(row.p99());
    }
}
