package dev.tenrec.backend;

import dev.tenrec.error.TensorException;
import java.util.List;

/**
 * Prints what Tenrec finds on this machine: the Java runtime, every backend with its devices or with the reason and the
 * remedy, and which one would be used. The first thing to run, and to send along, when something is slow or missing.
 */
public final class Doctor {

    private Doctor() {}

    /**
     * Prints the report.
     *
     * @param args none are read
     */
    public static void main(String[] args) {
        System.out.print(report());
    }

    /**
     * Makes the report.
     *
     * @return several lines
     */
    public static String report() {
        return report(Backends.candidates(), System.getProperty(Backends.PROPERTY), Backends::preview);
    }

    /** How a choice is foreseen without logging it. */
    @FunctionalInterface
    interface Chooser {
        Backends.Choice choose(String text);
    }

    static String report(List<Backends.Candidate> candidates, String property, Chooser chooser) {
        StringBuilder text = new StringBuilder("Tenrec doctor\n");
        String version = Doctor.class.getPackage().getImplementationVersion();
        row(text, "Tenrec", version == null ? "development build" : version);
        row(text, "Java", Runtime.version() + ", " + System.getProperty("java.vm.name"));
        row(
                text,
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        row(text, "processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        row(text, "max heap", Runtime.getRuntime().maxMemory() / (1L << 20) + " MiB");
        row(
                text,
                "vector module",
                ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                        ? "present"
                        : "absent; remedy: start java with --add-modules jdk.incubator.vector");
        row(text, Backends.PROPERTY, property == null ? "not set, means auto" : property);
        text.append("\nBackends, best first\n");
        for (Backends.Candidate candidate : candidates) {
            describe(text, candidate);
        }
        text.append("\nChosen\n  ").append(chosen(property, chooser)).append('\n');
        return text.toString();
    }

    private static void row(StringBuilder text, String label, String value) {
        text.append(String.format("  %-15s %s", label, Backends.oneLine(value))).append('\n');
    }

    private static void describe(StringBuilder text, Backends.Candidate candidate) {
        switch (candidate.probe()) {
            case Probe.Available yes -> {
                row(text, candidate.name(), "available, version " + yes.version());
                for (int i = 0; i < yes.devices().size(); i++) {
                    row(
                            text,
                            "",
                            candidate.name() + ":" + i + "  " + yes.devices().get(i));
                }
            }
            case Probe.Unavailable no -> {
                row(text, candidate.name(), "unavailable");
                row(text, "", "reason: " + no.reason());
                row(text, "", "remedy: " + no.remedy());
            }
        }
    }

    private static String chosen(String property, Chooser chooser) {
        try {
            return chooser.choose(property == null ? "auto" : property).line();
        } catch (TensorException e) {
            return "none\n  " + e.getMessage().replace("\n", "\n  ");
        }
    }
}
