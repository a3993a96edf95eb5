package dev.tenrec.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keeps the JVM's signal handlers where they belong. LLVM, which PoCL compiles with, registers handlers of its own and
 * takes them back in several threads at once, and PoCL has one for divisions by zero. But the JVM lives on these signals:
 * a null that compiled code meets is a SIGSEGV, and a division by zero a SIGFPE. A handler that got lost ends the process
 * with a bare "Segmentation fault".
 */
final class JvmSignals {

    /** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGUSR2, as Linux numbers them. */
    private static final int[] SIGNALS = {4, 5, 7, 8, 11, 12};

    /** More than a {@code struct sigaction} of any Linux. */
    private static final int ACTION_BYTES = 256;

    private static final JvmSignals INSTANCE = create();

    private final MethodHandle sigaction;
    private final Map<Integer, MemorySegment> kept = new LinkedHashMap<>();

    private JvmSignals(MethodHandle sigaction) {
        this.sigaction = sigaction;
    }

    @SuppressWarnings("restricted")
    private static JvmSignals create() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return new JvmSignals(null);
        }
        Linker linker = Linker.nativeLinker();
        JvmSignals signals = new JvmSignals(linker.defaultLookup()
                .find("sigaction")
                .map(address -> linker.downcallHandle(
                        address,
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS)))
                .orElse(null));
        for (int signal : SIGNALS) {
            MemorySegment action = Arena.global().allocate(ACTION_BYTES, 16);
            if (signals.call(signal, MemorySegment.NULL, action) == 0) {
                signals.kept.put(signal, action);
            }
        }
        return signals;
    }

    private int call(int signal, MemorySegment wanted, MemorySegment before) {
        if (sigaction == null) {
            return -1;
        }
        try {
            return (int) sigaction.invokeExact(signal, wanted, before);
        } catch (Throwable e) {
            throw new IllegalStateException("sigaction", e);
        }
    }

    /** Remembers the handlers, if that was not done. To be called before OpenCL is loaded. */
    static void keep() {
        INSTANCE.kept.size();
    }

    /** Sets the handlers that were remembered. */
    static void restore() {
        INSTANCE.kept.forEach((signal, action) -> INSTANCE.call(signal, action, MemorySegment.NULL));
    }

    /** The first field; masks hold bytes that nobody sets. */
    private static long handler(MemorySegment action) {
        return action.get(ValueLayout.JAVA_LONG, 0);
    }

    /** Says how many handlers are not those that were remembered. */
    static long changed() {
        try (Arena arena = Arena.ofConfined()) {
            return INSTANCE.kept.entrySet().stream()
                    .filter(entry -> {
                        MemorySegment now = arena.allocate(ACTION_BYTES, 16);
                        return INSTANCE.call(entry.getKey(), MemorySegment.NULL, now) == 0
                                && handler(now) != handler(entry.getValue());
                    })
                    .count();
        }
    }
}
