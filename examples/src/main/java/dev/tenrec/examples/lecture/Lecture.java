package dev.tenrec.examples.lecture;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.lecture.zoo.Zoo;
import dev.tenrec.examples.text.LanguageModel;
import dev.tenrec.memory.Scope;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the programs of the lecture, or runs one. */
@Command(
        name = "lecture.Lecture",
        description = "Programs of an introductory lecture on neural networks: lists them, or runs the one named.",
        sortOptions = false,
        versionProvider = ExampleRunner.Version.class)
public final class Lecture implements ExampleRunner.Command {

    /** The programs, in the order of the lecture. */
    private enum Chapter {
        FEED_FORWARD("feed-forward", "a network with given weights, by hand: z and a at each layer", FeedForward::run),
        NON_LINEAR("non-linear", "why layers need a non-linear activation", NonLinear::run),
        LOGIC("logic", "AND, OR, NOT, NOR, XNOR by given weights; XOR learned; draws it", Logic::run),
        RECTANGLE("rectangle", "decision regions: a rectangle, and unions of rectangles; draws them", Rectangle::run),
        LIKELIHOOD("likelihood", "maximum likelihood, and why hidden layers must not begin at zero", Likelihood::run),
        GRAPHS("graphs", "computation graphs, node by node; draws them", Graphs::run),
        VANISHING("vanishing", "gradient norms per layer, by depth, activation and initialiser; plots", Vanishing::run),
        OPTIMIZERS("optimizers", "SGD, momentum, RMSProp and Adam on the same network; plots", Optimizers::run),
        LANGUAGE_MODELS(
                "language-models", "the three language models below, trained, in one table", LanguageModel::table),
        ZOO("zoo", "all networks below, trained, in one table", Zoo::table);

        private final Program program;

        Chapter(String name, String description, Lesson lesson) {
            program = new Program(name, description, lesson);
        }
    }

    /**
     * What can be run.
     *
     * @param name in commands
     * @param description in one line
     * @param lesson runs it
     */
    record Program(String name, String description, Lesson lesson) {}

    /** {@return all programs, in the order of the list} */
    static List<Program> programs() {
        return Stream.of(
                        Arrays.stream(Chapter.values()).map(chapter -> chapter.program),
                        Arrays.stream(LanguageModel.values())
                                .map(one -> new Program(one.title(), one.task(), one::run)),
                        Arrays.stream(Zoo.values())
                                .map(one -> new Program(one.title(), one.kind() + ", " + one.task(), one::run)))
                .flatMap(programs -> programs)
                .toList();
    }

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "<program>",
            description = "The program to run; without it, all are listed.")
    private String name;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "<folder>",
            description = "Folder for pictures; it is made if needed (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("out");

    @Option(
            names = {"-v", "--verbose"},
            description = "Show the stack trace of an error.")
    private boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    private boolean help;

    /**
     * Runs the command and ends the process.
     *
     * @param args a program's name, or nothing
     */
    public static void main(String... args) {
        System.exit(ExampleRunner.run(
                new Lecture(), new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (name == null) {
            for (Program program : programs()) {
                out.printf("%-15s %s%n", program.name, program.description);
            }
            out.flush();
            return ExampleRunner.SUCCESS;
        }
        Program program = programs().stream()
                .filter(one -> one.name.equals(name))
                .findFirst()
                .orElseThrow(this::unknown);
        ExampleRunner.createFolder(output);
        Scope.run(() -> {
            try {
                program.lesson.run(out, output);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        out.flush();
        return ExampleRunner.SUCCESS;
    }

    private ParameterException unknown() {
        String known = programs().stream().map(Program::name).collect(Collectors.joining(", "));
        return new ParameterException(
                spec.commandLine(), "Invalid program: expected one of " + known + ", given " + name);
    }

    @Override
    public boolean verbose() {
        return verbose;
    }
}
