package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.BadInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How a JVM is started that has another library on its class path. The build with {@code -Ppeers} leaves a file with the
 * class path in each library's module.
 *
 * @param peer the library
 * @param tuned whether it is made as fast as it can be
 */
record PeerLaunch(Peer peer, boolean tuned) {
    /** Names the folder of the libraries' modules. */
    static final String FOLDER = "tenrec.benchmarks.peers";

    /** {@return the library that a benchmark's parameter names; empty for a backend of Tenrec} */
    static Optional<PeerLaunch> find(String name) {
        for (Peer peer : Peer.values()) {
            if (name.equals(peer.label())) {
                return Optional.of(new PeerLaunch(peer, true));
            }
            if (name.equals(peer.label() + Peer.PUBLISHED)) {
                return Optional.of(new PeerLaunch(peer, false));
            }
        }
        return Optional.empty();
    }

    /** {@return whether this build has the other libraries} */
    static boolean available() {
        return System.getProperty(FOLDER) != null;
    }

    /** {@return the name in tables} */
    String label() {
        return peer.label() + (tuned ? "" : Peer.PUBLISHED);
    }

    /**
     * {@return the class path of the JVM}
     *
     * @throws BadInput if the library was not built
     */
    String classPath() {
        if (!available()) {
            throw new BadInput("backend \"" + label() + "\" is another library: add -Ppeers to the command");
        }
        Path module = module();
        try {
            return module.resolve("target/classes")
                    + System.getProperty("path.separator")
                    + Files.readString(module.resolve("target/classpath")).strip();
        } catch (IOException _) {
            throw new BadInput("backend \"" + label() + "\" was not built: " + module.resolve("target/classpath")
                    + " is missing; run mvn package -Ppeers");
        }
    }

    private Path module() {
        return Path.of(System.getProperty(FOLDER), peer.label()).toAbsolutePath();
    }

    /** {@return environment and flags of the JVM} */
    Peer.Tuning tuning() {
        Peer.Tuning tuning = new Peer.Tuning(avx2Only());
        if (tuned) {
            peer.tune(tuning);
        }
        tuning.environment().keySet().removeAll(System.getenv().keySet());
        // Native libraries are unpacked into the build, not into the user's home.
        Path natives = module().resolve("target/natives");
        tuning.flag("-Dorg.bytedeco.javacpp.cachedir=" + natives);
        tuning.flag("-DDJL_CACHE_DIR=" + natives);
        tuning.flag("-DENGINE_CACHE_DIR=" + natives);
        return tuning;
    }

    private static boolean avx2Only() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().contains("-XX:UseAVX=2");
    }

    /**
     * {@return a program that starts Java in the library's environment, which a running JVM cannot change and JMH does not}
     *
     * @param tuning what the environment is made of
     */
    static Path java(Peer.Tuning tuning) {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        if (tuning.environment().isEmpty()) {
            return java;
        }
        List<String> lines = new ArrayList<>(List.of("#!/bin/sh"));
        new TreeMap<>(tuning.environment()).forEach((name, value) -> lines.add("export " + name + "=" + quoted(value)));
        lines.add("exec " + quoted(java.toString()) + " \"$@\"");
        try {
            Path script = Files.createTempFile(
                    "java-", ".sh", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            script.toFile().deleteOnExit();
            return Files.write(script, lines);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write a program that starts Java", e);
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /**
     * Starts the library once.
     *
     * @return what it says about itself, and what would make it faster
     * @throws IOException if it does not start
     */
    String describe() throws IOException, InterruptedException {
        Peer.Tuning tuning = tuning();
        List<String> command = new ArrayList<>(FreshJvm.command(PeerProbe.class, List.of(label())));
        command.set(0, java(tuning).toString());
        int classPath = command.indexOf("-cp");
        command.set(classPath + 1, classPath());
        command.addAll(classPath, tuning.flags());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output;
        try (var in = process.getInputStream()) {
            output = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        } finally {
            process.destroy();
        }
        String said = output.lines()
                .filter(line -> line.startsWith(PeerProbe.MARK))
                .map(line -> line.substring(PeerProbe.MARK.length()))
                .findFirst()
                .orElseThrow(() -> new IOException(label() + " does not start: " + lastLines(output)));
        StringBuilder text = new StringBuilder(label()).append(": ").append(said);
        for (Map.Entry<String, String> variable : tuning.environment().entrySet()) {
            text.append("; ").append(variable.getKey()).append('=').append(variable.getValue());
        }
        if (!tuning.missing().isEmpty()) {
            text.append("; NOT AT ITS BEST, not installed: ").append(String.join(", ", tuning.missing()));
        }
        return text.toString();
    }

    private static String lastLines(String output) {
        String[] lines = output.strip().split("\\R");
        return String.join(" | ", Arrays.copyOfRange(lines, Math.max(0, lines.length - 12), lines.length));
    }
}
