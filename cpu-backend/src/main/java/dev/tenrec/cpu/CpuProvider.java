package dev.tenrec.cpu;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.BackendProvider;
import dev.tenrec.backend.Probe;
import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.Message;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Offers this machine's processors as one device.
 *
 * <p>System properties: {@code tenrec.cpu.vector} is {@code auto}, {@code 128}, {@code 256}, {@code 512} or
 * {@code scalar}; {@code tenrec.cpu.threads} is the number of threads. Without {@code --add-modules
 * jdk.incubator.vector} kernels run without vectors; that is logged once.
 */
public final class CpuProvider implements BackendProvider {
    /** The name users choose the backend by. */
    static final String NAME = "cpu";

    private static final int PRIORITY = 100;
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    /** Creates the provider; for {@link java.util.ServiceLoader}. */
    public CpuProvider() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return PRIORITY;
    }

    @Override
    public Probe probe() {
        try {
            String description = describe(Workers.shared().threads());
            return new Probe.Available(description, List.of(description));
        } catch (Throwable e) {
            return new Probe.Unavailable(
                    reason(e), "correct or leave out -D" + CpuVector.PROPERTY + " and -D" + Workers.THREADS_PROPERTY);
        }
    }

    /** The message of what went wrong first, which is inside when it happened in a static initialiser. */
    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    @Override
    public Backend open(int index) {
        if (index != 0) {
            throw new BackendUnavailable(Message.of(NAME, "no such device")
                    .line("expected", "0", "all processors together are one device")
                    .line("given", index)
                    .toString());
        }
        if (probe() instanceof Probe.Unavailable unavailable) {
            throw new BackendUnavailable(Message.of(NAME, "cannot be used")
                    .line("reason", unavailable.reason())
                    .hint(unavailable.remedy())
                    .toString());
        }
        if (!CpuVector.MODULE_PRESENT && WARNED.compareAndSet(false, true)) {
            System.getLogger("dev.tenrec")
                    .log(
                            System.Logger.Level.WARNING,
                            "The CPU backend runs without vector instructions, several times slower. "
                                    + "Start Java with --add-modules jdk.incubator.vector");
        }
        return new CpuBackend(Workers.shared());
    }

    /** The device in words. */
    static String describe(int threads) {
        String vectors = CpuVector.scalar() ? "no vectors" : CpuVector.BITS + "-bit vectors";
        return "JDK " + Runtime.version().feature() + ", " + System.getProperty("os.arch") + ", " + vectors + ", "
                + threads + (threads == 1 ? " thread" : " threads");
    }
}
