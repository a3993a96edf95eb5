import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Checks or applies the project's Java formatting (palantir-java-format).
 *
 * <p>The formatter parses with the compiler of the JVM it runs on. Maven may run on Java 17, which cannot parse Java 25,
 * so this runs as a program on the build's JDK instead of inside Maven.
 *
 * <p>Usage, in the project's root: {@code Format.java check|apply}.
 */
public final class Format {
    private Format() {}

    private record Outcome(Path file, boolean differs, String problem) {}

    public static void main(String[] args) throws IOException {
        if (args.length != 1 || !(args[0].equals("check") || args[0].equals("apply"))) {
            System.err.println("usage: Format.java check|apply");
            System.exit(2);
        }
        boolean apply = args[0].equals("apply");
        Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .build());
        List<Outcome> outcomes = javaFiles(Path.of("")).parallelStream()
                .map(file -> format(formatter, file, apply))
                .filter(Objects::nonNull)
                .toList();
        boolean failed = false;
        for (Outcome outcome : outcomes) {
            if (outcome.problem() != null) {
                System.err.println(outcome.file() + ": " + outcome.problem());
                failed = true;
            } else if (apply) {
                System.out.println("formatted " + outcome.file());
            } else {
                System.err.println(outcome.file() + ": not formatted");
                failed = true;
            }
        }
        if (failed) {
            System.err.println("Run `mvn -q -N verify -Dformat=apply` in the project's root and commit the result.");
            System.exit(1);
        }
    }

    private static Outcome format(Formatter formatter, Path file, boolean apply) {
        try {
            String source = Files.readString(file);
            String formatted = formatter.formatSourceAndFixImports(source);
            if (source.equals(formatted)) {
                return null;
            }
            if (apply) {
                Files.writeString(file, formatted);
            }
            return new Outcome(file, true, null);
        } catch (FormatterException | IOException e) {
            return new Outcome(file, false, "cannot be formatted: " + e.getMessage());
        }
    }

    private static List<Path> javaFiles(Path root) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                String name = dir.getFileName().toString();
                boolean skipped = name.equals("target") || name.equals("out") || name.startsWith(".");
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".java")) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }
}
