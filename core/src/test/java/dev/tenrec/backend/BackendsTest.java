package dev.tenrec.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.TensorException;
import dev.tenrec.type.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackendsTest {

    private static final Probe NO_DRIVER = new Probe.Unavailable("libfast.so\nis missing", "install the fast driver");

    private static final class Fake implements BackendProvider {
        private final String name;
        private final int priority;
        private final Supplier<Probe> probe;
        private final AtomicInteger opened = new AtomicInteger();
        private final AtomicInteger ranked = new AtomicInteger();
        private Supplier<Backend> opens = ReferenceBackend::new;

        Fake(String name, int priority, Supplier<Probe> probe) {
            this.name = name;
            this.priority = priority;
            this.probe = probe;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public int priority() {
            ranked.incrementAndGet();
            return priority;
        }

        @Override
        public Probe probe() {
            return probe.get();
        }

        @Override
        public Backend open(int index) {
            opened.incrementAndGet();
            return opens.get();
        }
    }

    private static Fake available(String name, int priority, String... devices) {
        return new Fake(name, priority, () -> new Probe.Available("1.0", List.of(devices)));
    }

    private final List<String> log = new ArrayList<>();
    private final Fake fast = new Fake("fast", 300, () -> NO_DRIVER);
    private final Fake good = available("good", 200, "good chip", "second chip");
    private final Fake slow = available("slow", 100, "slow chip");

    private Backends backends(BackendProvider... providers) {
        return new Backends(List.of(providers), List.of(), log::add);
    }

    private Backends usual() {
        return backends(slow, new ReferenceProvider(), good, fast);
    }

    @Test
    void autoTakesTheBestAvailableAndLogsOneLine() {
        Backends backends = usual();
        assertEquals(new Device("good", 0), backends.select("auto"));
        assertEquals(new Device("good", 0), backends.select(" AUTO "));
        assertEquals(1, log.size());
        String line = log.get(0);
        assertEquals(
                "backend good:0 (good chip; 1.0): the available backend of highest priority;"
                        + " refused: fast (libfast.so is missing; remedy: install the fast driver)",
                line);
        assertEquals(0, slow.opened.get());
    }

    /** A probe may start a driver, as that of OpenCL does, whose memory and time nobody wants who named another. */
    @Test
    void onlyWhatMattersIsProbed() {
        List<String> probed = new ArrayList<>();
        Fake[] providers = List.of(fast, good, slow).stream()
                .map(fake -> new Fake(fake.name, fake.priority, () -> {
                    probed.add(fake.name);
                    return fake.probe.get();
                }))
                .toArray(Fake[]::new);
        Backends named = backends(providers);
        assertEquals(new Device("slow", 0), named.select("slow"));
        named.connect(new Device("slow", 0));
        assertEquals(List.of("slow"), probed, "named");
        for (Fake provider : providers) {
            assertEquals(0, provider.ranked.get(), "the rank may depend on the devices: " + provider.name);
        }
        probed.clear();
        assertEquals(new Device("good", 0), backends(providers).select("auto"));
        assertEquals(List.of("fast", "good"), probed, "automatic");
        probed.clear();
        Backends failing = backends(providers);
        assertThrows(BackendUnavailable.class, () -> failing.select("fast"));
        failing.list();
        assertEquals(Set.of("fast", "good", "slow"), Set.copyOf(probed), "all, for the table");
        assertEquals(3, probed.size(), "each once");
    }

    @Test
    void autoWithNothingRefusedSaysSoShortly() {
        assertEquals(new Device("reference", 0), backends().select("auto"));
        assertEquals(1, log.size());
        assertTrue(log.get(0).startsWith("backend reference:0 (") && !log.get(0).contains("refused"));
    }

    @Test
    void autoGoesOnWhereABackendDoesNotOpen() {
        good.opens = () -> {
            throw new UnsatisfiedLinkError("libgood.so");
        };
        assertEquals(new Device("slow", 0), usual().select("auto"));
        assertTrue(log.get(0).contains("good (does not open: java.lang.UnsatisfiedLinkError: libgood.so)"));
    }

    @Test
    void aNamedBackendIsTakenWithoutALine() {
        Backends backends = usual();
        assertEquals(new Device("slow", 0), backends.select("slow"));
        assertEquals(new Device("good", 1), backends.select("Good:1"));
        assertEquals(new Device("reference", 0), backends.select("reference"));
        assertTrue(log.isEmpty());
    }

    @Test
    void aNamedBackendThatIsUnavailableFailsAndListsEachOne() {
        Backends backends = usual();
        BackendUnavailable error = assertThrows(BackendUnavailable.class, () -> backends.select("fast"));
        assertEquals("""
            backend: fast is not available
              fast      unavailable   libfast.so is missing; remedy: install the fast driver
              good      available     good chip; second chip
              slow      available     slow chip
              reference available     scalar interpreter, calling thread
              hint: install the fast driver\
            """, error.getMessage());
        assertEquals(
                error.getMessage(),
                assertThrows(BackendUnavailable.class, () -> backends.connect(new Device("fast", 0)))
                        .getMessage());
        assertEquals(0, good.opened.get());
        assertTrue(log.isEmpty());
    }

    @Test
    void anUnknownNameListsTheKnownOnesAndTheArtifact() {
        BackendUnavailable error = assertThrows(BackendUnavailable.class, () -> usual().select("quantum:2"));
        String message = error.getMessage();
        assertTrue(message.startsWith("backend: none is named quantum\n"), message);
        assertTrue(message.contains("auto or one of fast, good, slow, reference"), message);
        assertTrue(message.contains("dev.tenrec:quantum-backend"), message);
        assertTrue(message.contains("libfast.so is missing; remedy: install the fast driver"), message);
    }

    @Test
    void aMissingDeviceSaysHowManyThereAre() {
        BackendUnavailable error = assertThrows(BackendUnavailable.class, () -> usual().select("good:2"));
        assertTrue(error.getMessage().contains("good:0 to good:1"), error.getMessage());
        error = assertThrows(BackendUnavailable.class, () -> usual().select("slow:7"));
        assertTrue(error.getMessage().contains("slow:0, the only one"), error.getMessage());
    }

    @Test
    void textThatCannotBeReadSaysWhatIsExpected() {
        for (String text : new String[] {
            "", " ", ":0", "cpu:", "cpu:-1", "cpu:x", "cpu:0:1", "auto:1", "a b", "9", "cpu:99999999999"
        }) {
            InvalidArgument error = assertThrows(InvalidArgument.class, () -> usual().select(text), text);
            assertTrue(error.getMessage().contains("name:index such as cpu:0"), error.getMessage());
            assertTrue(error.getMessage().contains('"' + text + '"'), error.getMessage());
        }
    }

    @Test
    void probesThatMisbehaveBecomeReasons() {
        Fake throwing = new Fake("throwing", 900, () -> {
            throw new NoClassDefFoundError("org/missing/Library");
        });
        Fake silent = new Fake("silent", 800, () -> null);
        Fake bare = new Fake("bare", 700, () -> new Probe.Available("1", List.of()));
        Backends backends = backends(throwing, silent, bare, slow);
        assertEquals(new Device("slow", 0), backends.select("auto"));
        assertEquals(
                List.of("throwing", "silent", "bare", "slow", "reference"),
                backends.list().stream().map(Backends.Candidate::name).toList());
        assertTrue(log.get(0).contains("NoClassDefFoundError: org/missing/Library"));
        assertTrue(log.get(0).contains("it has no device"));
        assertThrows(BackendUnavailable.class, () -> backends.select("silent"));
    }

    @Test
    void servicesThatCannotBeLoadedAreListedAndTheOthersUsed() {
        Iterator<BackendProvider> inner = Arrays.<BackendProvider>asList(slow).iterator();
        AtomicInteger calls = new AtomicInteger();
        Iterable<BackendProvider> loader = () -> new Iterator<>() {
            @Override
            public boolean hasNext() {
                return calls.get() == 0 || inner.hasNext();
            }

            @Override
            public BackendProvider next() {
                if (calls.getAndIncrement() == 0) {
                    throw new ServiceConfigurationError("Provider org.Broken not found");
                }
                return inner.next();
            }
        };
        List<BackendProvider> providers = new ArrayList<>();
        List<Backends.Candidate> broken = new ArrayList<>();
        Set<Class<?>> seen = new HashSet<>();
        Backends.collect(loader, seen, providers, broken);
        assertEquals(List.of(slow), providers);
        Backends backends = new Backends(providers, broken, log::add);
        assertEquals(new Device("slow", 0), backends.select("auto"));
        BackendUnavailable error = assertThrows(BackendUnavailable.class, () -> backends.select("nothing"));
        assertTrue(error.getMessage().contains("Provider org.Broken not found"), error.getMessage());

        Iterable<BackendProvider> hopeless = () -> new Iterator<>() {
            @Override
            public boolean hasNext() {
                throw new ServiceConfigurationError("unreadable file");
            }

            @Override
            public BackendProvider next() {
                throw new AssertionError();
            }
        };
        List<Backends.Candidate> more = new ArrayList<>();
        Backends.collect(hopeless, seen, providers, more);
        assertEquals(1, more.size());
    }

    @Test
    void oneBackendPerDeviceForAllThreads() {
        Backends backends = usual();
        Set<Backend> seen = Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
        IntStream.range(0, 200).parallel().forEach(_ -> seen.add(backends.connect(new Device("good", 0))));
        assertEquals(1, seen.size());
        assertEquals(1, good.opened.get());
        assertSame(seen.iterator().next(), backends.connect(new Device("good", 0)));
        assertNotSame(seen.iterator().next(), backends.connect(new Device("good", 1)));
    }

    @Test
    void aFailureToOpenIsWrappedAndNotRemembered() {
        Backends backends = usual();
        Supplier<Backend> works = good.opens;
        good.opens = () -> {
            throw new IllegalStateException("chip is busy");
        };
        TensorException error = assertThrows(BackendUnavailable.class, () -> backends.connect(new Device("good", 0)));
        assertTrue(error.getMessage().contains("chip is busy"), error.getMessage());
        assertEquals(IllegalStateException.class, error.getCause().getClass());
        good.opens = works;
        assertEquals(backends.connect(new Device("good", 0)), backends.connect(new Device("good", 0)));
    }

    @Test
    void theFirstOfTwoProvidersWithOneNameCounts() {
        Fake twin = available("good", 900, "twin chip");
        Backends backends = backends(good, twin);
        backends.connect(backends.select("good"));
        assertEquals(1, good.opened.get());
        assertEquals(0, twin.opened.get());
    }

    @Test
    void theProcessFindsTheReferenceThroughItsServiceFile() {
        assertTrue(Backends.candidates().stream()
                .anyMatch(candidate ->
                        candidate.name().equals("reference") && candidate.probe() instanceof Probe.Available));
        Device device = Backends.choose("reference:0");
        assertSame(Backends.open(device), Backends.open(new Device("reference", 0)));
        assertSame(device, Backends.choose("reference:0"));
    }

    @Test
    void theDoctorTellsEverything() {
        Backends backends = usual();
        String report = Doctor.report(backends.list(), null, backends::decide);
        for (String part : List.of(
                "Java",
                "processors",
                "max heap",
                "vector module",
                "tenrec.backend  not set, means auto",
                "fast            unavailable",
                "reason: libfast.so is missing",
                "remedy: install the fast driver",
                "good            available, version 1.0",
                "good:1  second chip",
                "reference:0  scalar interpreter",
                "Chosen\n  backend good:0 (good chip; 1.0)")) {
            assertTrue(report.contains(part), part + " in\n" + report);
        }
        assertTrue(log.isEmpty());
        String failing = Doctor.report(backends.list(), "fast", backends::decide);
        assertTrue(failing.contains("Chosen\n  none\n  backend: fast is not available"), failing);
        String wrong = Doctor.report(backends.list(), "::", backends::decide);
        assertTrue(wrong.contains("cannot be read"), wrong);
        assertTrue(Doctor.report().contains("reference"));
    }
}
