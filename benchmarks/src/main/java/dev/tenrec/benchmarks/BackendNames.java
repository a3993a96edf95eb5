package dev.tenrec.benchmarks;

import dev.tenrec.backend.Backends;
import dev.tenrec.backend.Probe;
import dev.tenrec.benchmarks.work.BadInput;
import dev.tenrec.error.TensorException;
import dev.tenrec.type.Device;
import java.util.stream.Collectors;

/** Reads the backend parameter of benchmarks. */
final class BackendNames {

    private BackendNames() {}

    /**
     * Finds a device that can be measured.
     *
     * @param name {@code auto}, or a backend's name with or without an index
     * @throws BadInput if there is none of that name, it cannot be used here, or it would run without vectors unasked
     */
    static Device device(String name) {
        Device device;
        try {
            device = Backends.choose(name);
        } catch (TensorException _) {
            throw new BadInput("backend \"" + name + "\" " + reason(name));
        }
        boolean scalarAsked = "scalar".equalsIgnoreCase(System.getProperty("tenrec.cpu.vector"));
        if (device.backend().equals("cpu") && !scalarAsked && !vectorModule()) {
            throw new BadInput("backend \"" + name + "\" would run without vector instructions: start Java with "
                    + "--add-modules jdk.incubator.vector");
        }
        return device;
    }

    /** {@return whether a backend can be used on this machine} */
    static boolean hasDevice(String name) {
        return Backends.candidates().stream()
                .anyMatch(candidate -> candidate.name().equals(name) && candidate.probe() instanceof Probe.Available);
    }

    /** {@return whether this JVM was started with the module of the Vector API} */
    static boolean vectorModule() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    private static String reason(String name) {
        String plain = name.strip().split(":", 2)[0];
        for (Backends.Candidate candidate : Backends.candidates()) {
            if (candidate.name().equalsIgnoreCase(plain)) {
                return switch (candidate.probe()) {
                    case Probe.Unavailable no -> "cannot be used: " + no.reason() + "; " + no.remedy();
                    case Probe.Available yes ->
                        "has no such device: expected " + plain + ":0 to " + plain + ":"
                                + (yes.devices().size() - 1);
                };
            }
        }
        String known =
                Backends.candidates().stream().map(Backends.Candidate::name).collect(Collectors.joining(", "));
        return "does not exist: expected auto, " + known;
    }
}
