package dev.tenrec.memory;

import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The safety net for what is made outside of any scope: it is released some time after the garbage collector found it.
 * A net, not a way of working: it is counted, and the first catch is logged.
 */
public final class UnscopedTensors {

    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicLong WATCHED = new AtomicLong();
    private static final AtomicLong CAUGHT = new AtomicLong();
    private static final AtomicBoolean LOGGED = new AtomicBoolean();
    private static final int COLLECT_ATTEMPTS = 10;
    private static final long COLLECT_PAUSE_MILLIS = 10;

    private UnscopedTensors() {}

    /**
     * Watches something: when it becomes unreachable, its resources are released.
     *
     * @param owner what is watched
     * @param release releases the resources; must not refer to the owner, and must be idempotent
     * @return a handle whose {@code clean()} releases at once
     */
    public static Cleaner.Cleanable watch(Object owner, Resource release) {
        WATCHED.incrementAndGet();
        return CLEANER.register(owner, () -> {
            WATCHED.decrementAndGet();
            if (release.release() && release.isLeak()) {
                CAUGHT.incrementAndGet();
                if (LOGGED.compareAndSet(false, true)) {
                    System.getLogger("dev.tenrec")
                            .log(
                                    Level.INFO,
                                    "a tensor made outside of any scope was released by the garbage collector;"
                                            + " wrap the work in Scope.run to release memory at once");
                }
            }
        });
    }

    /** Something that can be released once. */
    public interface Resource {
        /**
         * Releases it.
         *
         * @return false if that had happened before
         */
        boolean release();

        /**
         * Says whether being released by the garbage collector means that a scope was missing.
         *
         * @return false for what is meant to live without one
         */
        default boolean isLeak() {
            return true;
        }
    }

    /**
     * Returns how many things the garbage collector had to release.
     *
     * @return a count since the process started
     */
    public static long caught() {
        return CAUGHT.get();
    }

    /** Asks the garbage collector to look for unreachable tensors, if any were made outside of scopes. */
    static void collect() {
        for (int i = 0; i < COLLECT_ATTEMPTS && WATCHED.get() > 0; i++) {
            if (i == 0) {
                System.gc();
            }
            long before = CAUGHT.get();
            try {
                Thread.sleep(COLLECT_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (i > 0 && before == CAUGHT.get()) {
                return;
            }
        }
    }
}
