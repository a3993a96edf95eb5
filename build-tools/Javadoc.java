import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * Makes the Javadoc of one module and fails on any warning but one.
 *
 * <p>The javadoc tool warns about every use of an incubating module and has no option to silence that; {@code -Werror}
 * would fail on it.
 *
 * <p>Usage: {@code java -cp <what the module needs> Javadoc.java <module> <source folder> <output folder>}.
 */
public final class Javadoc {
    private Javadoc() {}

    public static void main(String[] args) {
        if (args.length != 3) {
            System.err.println("usage: Javadoc.java <module> <source folder> <output folder>");
            System.exit(2);
        }
        StringWriter text = new StringWriter();
        PrintWriter output = new PrintWriter(text);
        int status = ToolProvider.findFirst("javadoc")
                .orElseThrow()
                .run(
                        output,
                        output,
                        "-quiet",
                        "-notimestamp",
                        "-Xdoclint:all",
                        "-encoding",
                        "UTF-8",
                        "--module-path",
                        System.getProperty("java.class.path"),
                        "--module-source-path",
                        args[0] + "=" + args[1],
                        "--module",
                        args[0],
                        "-d",
                        args[2]);
        List<String> problems = text.toString()
                .lines()
                .filter(line -> !line.startsWith("warning: [incubating]"))
                .filter(line -> !line.matches("\\d+ warnings?"))
                .toList();
        problems.forEach(System.err::println);
        System.exit(status != 0 || !problems.isEmpty() ? 1 : 0);
    }
}
