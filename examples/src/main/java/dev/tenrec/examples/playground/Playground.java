package dev.tenrec.examples.playground;

import dev.tenrec.backend.Backends;
import dev.tenrec.examples.ExampleRunner;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Serves the playground's page, or draws how a decision boundary moves. */
@Command(
        name = "playground.Playground",
        description = "A web page on which one watches small networks learn; or, with --picture, an animated picture.",
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: playground.Playground --picture spiral.gif --data spiral --layers 8,8 --optimizer adam"
        })
public final class Playground implements ExampleRunner.Command {
    private final CountDownLatch end;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "<n>",
            defaultValue = "8420",
            description = "Port of the page, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--bind",
            paramLabel = "<address>",
            description = "Address to serve at, such as 0.0.0.0 for all of this machine; there is no password"
                    + " (default: the loopback address, which other machines cannot reach).")
    private String bind;

    @Option(
            names = "--sessions",
            paramLabel = "<n>",
            defaultValue = "8",
            description = "Pages that may train at a time, 1 to 64 (default: ${DEFAULT-VALUE}).")
    private int sessions;

    @Option(
            names = "--picture",
            paramLabel = "<file>",
            description = "Serve nothing, but train and draw: .gif is animated, .png a series of files.")
    private Path picture;

    @Option(
            names = {"-e", "--epochs"},
            paramLabel = "<n>",
            defaultValue = "300",
            description = "Epochs of the picture (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--frames",
            paramLabel = "<n>",
            defaultValue = "60",
            description = "Frames of the picture (default: ${DEFAULT-VALUE}).")
    private int frames;

    @Option(
            names = "--size",
            paramLabel = "<n>",
            defaultValue = "320",
            description = "Pixels along a side of the picture (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(names = "--data", paramLabel = "<name>", description = "circle, xor, gaussian, spiral or rectangle.")
    private String data;

    @Option(names = "--noise", paramLabel = "<n>", description = "Noise of the points, 0 to 50 percent.")
    private Long noise;

    @Option(
            names = "--features",
            paramLabel = "<names>",
            split = ",",
            description = "Of x1, x2, x1^2, x2^2, x1*x2, sin(x1), sin(x2), with commas.")
    private String[] features;

    @Option(names = "--layers", paramLabel = "<n>", split = ",", description = "Neurons of each layer: 8,8.")
    private Long[] layers;

    @Option(names = "--activation", paramLabel = "<name>", description = "relu, tanh, sigmoid or linear.")
    private String activation;

    @Option(names = "--optimizer", paramLabel = "<name>", description = "sgd, momentum, rmsprop or adam.")
    private String optimizer;

    @Option(
            names = {"-r", "--learning-rate"},
            paramLabel = "<x>",
            description = "Step size.")
    private Double learningRate;

    @Option(names = "--regularisation", paramLabel = "<name>", description = "none, l1 or l2.")
    private String regularisation;

    @Option(names = "--regularisation-rate", paramLabel = "<x>", description = "Its factor.")
    private Double regularisationRate;

    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "<n>",
            description = "Points per step.")
    private Long batchSize;

    @Option(
            names = {"-s", "--seed"},
            paramLabel = "<n>",
            description = "Seed of points, first weights and order.")
    private Long seed;

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
     * Makes the command.
     *
     * @param end serving ends when this reaches 0
     */
    Playground(CountDownLatch end) {
        this.end = end;
    }

    /**
     * Runs the command; serving ends with the process.
     *
     * @param args the options
     */
    public static void main(String... args) {
        System.exit(ExampleRunner.run(
                new Playground(new CountDownLatch(1)),
                new PrintWriter(System.out, true),
                new PrintWriter(System.err, true),
                args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        try {
            Map<String, Object> given = given();
            Settings settings = Settings.of(given);
            if (picture != null) {
                draw(settings);
            } else {
                var parsed = spec.commandLine().getParseResult();
                if (!given.isEmpty()
                        || List.of("--epochs", "--frames", "--size").stream().anyMatch(parsed::hasMatchedOption)) {
                    throw new Refused(
                            400,
                            "options of a picture",
                            "--picture with them",
                            "none",
                            "add --picture FILE, or choose on the page");
                }
                serve();
            }
            return ExampleRunner.SUCCESS;
        } catch (Refused e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Map<String, Object> given() {
        Map<String, Object> given = new LinkedHashMap<>();
        put(given, "data", data);
        put(given, "noise", noise);
        put(given, "features", features == null ? null : Arrays.asList(features));
        put(given, "layers", layers == null ? null : Arrays.asList(layers));
        put(given, "activation", activation);
        put(given, "optimizer", optimizer);
        put(given, "learningRate", learningRate);
        put(given, "regularisation", regularisation);
        put(given, "regularisationRate", regularisationRate);
        put(given, "batchSize", batchSize);
        put(given, "seed", seed);
        return given;
    }

    private static void put(Map<String, Object> given, String name, Object value) {
        if (value != null) {
            given.put(name, value);
        }
    }

    private void draw(Settings settings) throws IOException {
        Film film = new Film(settings, epochs, frames, size);
        Path folder = picture.toAbsolutePath().getParent();
        if (folder != null) {
            ExampleRunner.createFolder(folder);
        }
        PrintWriter out = spec.commandLine().getOut();
        film.write(picture, out::println);
        out.println("wrote " + picture);
        out.flush();
    }

    @Override
    public boolean verbose() {
        return verbose;
    }

    private void serve() throws IOException, InterruptedException {
        if (port < 0 || port > 65_535) {
            throw Refused.value("--port", "an integer from 0 to 65535", port);
        }
        if (sessions < 1 || sessions > 64) {
            throw Refused.value("--sessions", "an integer from 1 to 64", sessions);
        }
        InetAddress address = address();
        // Before anybody opens the page, so that a backend that cannot be used is told here, and the first page need
        // not
        // wait for it.
        try (Trainer trainer = new Trainer(Settings.of(Map.of()))) {
            trainer.train();
            trainer.losses();
        }
        PrintWriter out = spec.commandLine().getOut();
        try (PlaygroundServer server =
                new PlaygroundServer(address, port, new Sessions(sessions, Duration.ofSeconds(60)))) {
            Thread hook = new Thread(server::close, "playground-shutdown");
            Runtime.getRuntime().addShutdownHook(hook);
            String host = address.getHostAddress();
            out.println("Playground: http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.port()
                    + "/   on " + Backends.choose() + "; Ctrl-C ends it");
            out.flush();
            end.await();
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    private InetAddress address() {
        if (bind == null) {
            return InetAddress.getLoopbackAddress();
        }
        try {
            if (!bind.isBlank()) {
                return InetAddress.getByName(bind);
            }
        } catch (UnknownHostException e) {
            throw unknown();
        }
        throw unknown();
    }

    private Refused unknown() {
        return Refused.value("--bind", "an address of this machine", bind);
    }
}
