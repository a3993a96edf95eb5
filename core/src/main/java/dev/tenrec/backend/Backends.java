package dev.tenrec.backend;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.TensorException;
import dev.tenrec.type.Device;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The backends of this process: found through {@link ServiceLoader}, chosen by {@code -Dtenrec.backend}, opened once per
 * device.
 *
 * <p>The property is {@code auto} (the default), a backend's name, or a name with a device's index such as
 * {@code cuda:1}. {@code auto} takes the available backend of highest priority and logs one line, through the system
 * logger {@code dev.tenrec}, saying what it took and why. A backend that was named is used or the call fails: there is
 * no silent fallback. A backend is probed when it matters: one that was named alone, unless that fails; in an automatic
 * choice those of higher priority than the one taken.
 */
public final class Backends {

    /** The system property that chooses the backend. */
    public static final String PROPERTY = "tenrec.backend";

    private static final String AUTO = "auto";
    private static final int MAX_BROKEN_SERVICES = 32;

    /**
     * A backend that was found, usable or not.
     *
     * @param name how users name it
     * @param priority its rank in an automatic choice
     * @param probe whether it can be used
     */
    public record Candidate(String name, int priority, Probe probe) {}

    /** What an automatic choice came to, and the line that says so. */
    record Choice(Device device, String line) {}

    /** A backend that was found, and what it says of itself, which it is asked once and only if that matters. */
    private static final class Found {
        private final String name;
        private final Optional<BackendProvider> provider;
        private Integer priority;
        private Probe probe;

        Found(BackendProvider provider) {
            String named = provider.getClass().getName();
            try {
                named = Objects.requireNonNull(provider.name(), named);
            } catch (Throwable e) {
                probe = failed("its probe failed", e);
                priority = Integer.MIN_VALUE;
            }
            this.name = named;
            this.provider = Optional.of(provider);
        }

        Found(Candidate candidate) {
            this.name = candidate.name;
            this.priority = candidate.priority;
            this.probe = candidate.probe;
            this.provider = Optional.empty();
        }

        /** What rank it has may depend on its devices, so that asking costs as much as probing. */
        synchronized int priority() {
            if (priority == null) {
                try {
                    priority = provider.orElseThrow().priority();
                } catch (Throwable e) {
                    priority = Integer.MIN_VALUE;
                    probe = failed("its probe failed", e);
                }
            }
            return priority;
        }

        /** Probing may start a driver, which takes time and memory. */
        synchronized Probe probe() {
            if (probe == null) {
                probe = Backends.probe(provider.orElseThrow());
            }
            return probe;
        }

        Candidate candidate() {
            return new Candidate(name, priority(), probe());
        }
    }

    private final List<Found> found;
    private final Consumer<String> log;
    private final Map<Device, Backend> open = new ConcurrentHashMap<>();
    private final Map<String, Device> chosen = new ConcurrentHashMap<>();

    /** Takes providers, and asks none of them yet; {@code broken} are candidates that could not even be loaded. */
    Backends(List<BackendProvider> providers, List<Candidate> broken, Consumer<String> log) {
        this.log = log;
        List<Found> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (BackendProvider provider : providers) {
            Found one = new Found(provider);
            if (names.add(one.name)) {
                all.add(one);
            }
        }
        if (names.add(ReferenceProvider.NAME)) {
            // A repackaged jar may have lost the service file; the reference must be there all the same.
            all.add(new Found(new ReferenceProvider()));
        }
        broken.forEach(candidate -> all.add(new Found(candidate)));
        found = List.copyOf(all);
    }

    /** All by falling priority; the order of discovery between equals. */
    private List<Found> ranked() {
        return found.stream()
                .sorted(Comparator.comparingInt(Found::priority).reversed())
                .toList();
    }

    private static final class Process {
        static final Backends INSTANCE = load();

        private static Backends load() {
            List<BackendProvider> providers = new ArrayList<>();
            List<Candidate> broken = new ArrayList<>();
            Set<Class<?>> seen = new HashSet<>();
            collect(ServiceLoader.load(BackendProvider.class), seen, providers, broken);
            // A container's context loader may not see this library's own neighbours.
            collect(
                    ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()),
                    seen,
                    providers,
                    broken);
            return new Backends(
                    providers, broken, line -> System.getLogger("dev.tenrec").log(System.Logger.Level.INFO, line));
        }
    }

    /** Takes what a loader finds; what it cannot load becomes a candidate that says why. */
    static void collect(
            Iterable<BackendProvider> loader,
            Set<Class<?>> seen,
            List<BackendProvider> providers,
            List<Candidate> broken) {
        Iterator<BackendProvider> iterator = loader.iterator();
        int failures = 0;
        while (failures < MAX_BROKEN_SERVICES) {
            try {
                if (!iterator.hasNext()) {
                    return;
                }
                BackendProvider provider = iterator.next();
                if (seen.add(provider.getClass())) {
                    providers.add(provider);
                }
            } catch (ServiceConfigurationError | LinkageError e) {
                failures++;
                Candidate candidate = new Candidate("(not loaded)", Integer.MIN_VALUE, failed("cannot be loaded", e));
                if (!broken.contains(candidate)) {
                    broken.add(candidate);
                }
            }
        }
    }

    /** Asks a provider. A backend that fails in any way must not keep the others from being used. */
    private static Probe probe(BackendProvider provider) {
        try {
            Probe probe = provider.probe();
            if (probe == null) {
                return new Probe.Unavailable("its probe answered nothing", "report it to the backend's authors");
            }
            if (probe instanceof Probe.Available available
                    && available.devices().isEmpty()) {
                return new Probe.Unavailable("it has no device", "attach one, or choose another backend");
            }
            return probe;
        } catch (Throwable e) {
            return failed("its probe failed", e);
        }
    }

    private static Probe.Unavailable failed(String what, Throwable e) {
        return new Probe.Unavailable(
                what + ": " + oneLine(e.toString()), "check that all modules of Tenrec have the same version");
    }

    /**
     * Lists every backend that was found.
     *
     * @return usable or not, by falling priority
     */
    public static List<Candidate> candidates() {
        return Process.INSTANCE.list();
    }

    /**
     * Chooses a device as {@code -Dtenrec.backend} says.
     *
     * @return the device
     * @throws BackendUnavailable if the backend named there cannot be used
     * @throws InvalidArgument if the property has another form
     */
    public static Device choose() {
        return choose(System.getProperty(PROPERTY, AUTO));
    }

    /**
     * Chooses a device. The same text always gives the same device; an automatic choice is logged the first time.
     *
     * @param text {@code auto}, a backend's name, or name and index such as {@code cuda:1}
     * @return the device
     * @throws BackendUnavailable if the backend named cannot be used: lists each backend, the reason and the remedy
     * @throws InvalidArgument if the text has another form
     */
    public static Device choose(String text) {
        return Process.INSTANCE.select(text);
    }

    /**
     * Opens a device, or returns it if it is open. There is one open backend per device in a process.
     *
     * @param device which
     * @return the open backend
     * @throws BackendUnavailable if it cannot be used: lists each backend, the reason and the remedy
     */
    public static Backend open(Device device) {
        return Process.INSTANCE.connect(device);
    }

    static Choice preview(String text) {
        return Process.INSTANCE.decide(text);
    }

    List<Candidate> list() {
        return ranked().stream().map(Found::candidate).toList();
    }

    Device select(String text) {
        return chosen.computeIfAbsent(normalized(text), key -> {
            Choice choice = decide(text);
            if (key.equals(AUTO)) {
                log.accept(choice.line);
            }
            return choice.device;
        });
    }

    private static String normalized(String text) {
        return text.strip().toLowerCase(Locale.ROOT);
    }

    Choice decide(String text) {
        String wanted = normalized(text);
        if (wanted.equals(AUTO)) {
            return automatic();
        }
        Device device = parse(text);
        Probe.Available available = require(device);
        return new Choice(device, device + " (" + available.devices().get(device.index()) + "), as -D" + PROPERTY);
    }

    private static Device parse(String text) {
        String wanted = normalized(text);
        if (!wanted.matches("[a-z][a-z0-9_-]*(:[0-9]{1,9})?") || wanted.startsWith(AUTO + ":")) {
            throw new InvalidArgument(Message.of("backend", "-D" + PROPERTY + " cannot be read")
                    .line("expected", "auto, a backend's name, or name:index such as cpu:0")
                    .line("given", '"' + text + '"')
                    .toString());
        }
        return Device.parse(wanted);
    }

    private Choice automatic() {
        List<String> refused = new ArrayList<>();
        for (Found one : ranked()) {
            switch (one.probe()) {
                case Probe.Unavailable no -> refused.add(refusal(one.name, no));
                case Probe.Available yes -> {
                    Device device = new Device(one.name, 0);
                    try {
                        opened(device);
                    } catch (RuntimeException | LinkageError e) {
                        // It looked usable and is not: the next one may be.
                        refused.add(one.name + " (does not open: " + oneLine(e.toString()) + ")");
                        continue;
                    }
                    String line = "backend " + device + " (" + yes.devices().get(0) + "; " + yes.version()
                            + "): the available backend of highest priority";
                    return new Choice(device, oneLine(refused.isEmpty() ? line : line + "; refused: " + join(refused)));
                }
            }
        }
        throw new BackendUnavailable(
                table(Message.of("backend", "none can be used")).toString());
    }

    private static String join(List<String> refused) {
        return String.join(", ", refused);
    }

    private static String refusal(String name, Probe.Unavailable no) {
        return name + " (" + no.reason() + "; remedy: " + no.remedy() + ")";
    }

    Backend connect(Device device) {
        Backend present = open.get(device);
        if (present != null) {
            return present;
        }
        require(device);
        try {
            return opened(device);
        } catch (TensorException e) {
            throw e;
        } catch (RuntimeException | LinkageError e) {
            BackendUnavailable failure = new BackendUnavailable(
                    table(Message.of("backend", device + " does not open").line("reported", oneLine(e.toString())))
                            .hint("-D" + PROPERTY + "=" + AUTO + " uses the best backend that does open")
                            .toString());
            failure.initCause(e);
            throw failure;
        }
    }

    private Backend opened(Device device) {
        return open.computeIfAbsent(
                device,
                key -> find(key.backend())
                        .flatMap(one -> one.provider)
                        .orElseThrow()
                        .open(key.index()));
    }

    private Optional<Found> find(String name) {
        return found.stream()
                .filter(one -> one.provider.isPresent() && one.name.equals(name))
                .findFirst();
    }

    /** Returns what a probe found of a device, or fails with all there is to know. */
    private Probe.Available require(Device device) {
        String name = device.backend();
        Found one = find(name).orElseThrow(() -> {
            String names = ranked().stream()
                    .filter(other -> other.provider.isPresent())
                    .map(other -> other.name)
                    .collect(Collectors.joining(", "));
            Message message = Message.of("backend", "none is named " + name)
                    .line("expected", AUTO + " or one of " + names)
                    .line("given", device);
            return new BackendUnavailable(table(message)
                    .hint("add dev.tenrec:" + name + "-backend, or the module that has it, to the class path")
                    .toString());
        });
        return switch (one.probe()) {
            case Probe.Unavailable no ->
                throw new BackendUnavailable(table(Message.of("backend", name + " is not available"))
                        .hint(oneLine(no.remedy()))
                        .toString());
            case Probe.Available yes
            when device.index() >= yes.devices().size() ->
                throw new BackendUnavailable(table(Message.of("backend", name + " has no such device")
                                .line("expected", devices(name, yes))
                                .line("given", device))
                        .toString());
            case Probe.Available yes -> yes;
        };
    }

    private static String devices(String name, Probe.Available yes) {
        int last = yes.devices().size() - 1;
        return last == 0 ? name + ":0, the only one" : name + ":0 to " + name + ":" + last;
    }

    private Message table(Message message) {
        for (Found one : ranked()) {
            switch (one.probe()) {
                case Probe.Available yes ->
                    message.line(one.name, "available", oneLine(String.join("; ", yes.devices())));
                case Probe.Unavailable no ->
                    message.line(one.name, "unavailable", oneLine(no.reason()) + "; remedy: " + oneLine(no.remedy()));
            }
        }
        return message;
    }

    static String oneLine(String text) {
        return String.valueOf(text).replaceAll("\\s*\\R\\s*", " ");
    }
}
