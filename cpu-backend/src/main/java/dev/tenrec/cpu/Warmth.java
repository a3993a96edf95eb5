package dev.tenrec.cpu;

import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Whether a loop with vectors has been compiled. Until the JVM's second compiler has done so, each vector is an object: a
 * loop is then up to a hundred times slower than one without vectors, and fills the heap, which the collector lets grow.
 * So a loop starts without vectors, in a form that gives the same bits, while a daemon thread runs the one with vectors on a
 * few elements of its own until it is fast. Where that never happens, as in a JVM without that compiler, or with vectors
 * wider than the machine's, the loop stays without.
 */
final class Warmth implements Comparable<Warmth> {
    /** System property: {@code on}, or {@code off}, for tests, to use vectors from the start. */
    static final String PROPERTY = "tenrec.cpu.warmup";

    private static final boolean ENABLED = !CpuVector.scalar() && isOn(System.getProperty(PROPERTY, "on"));

    /** Nanoseconds an instruction on a vector may take in compiled code, with much to spare; objects take fifty and more. */
    private static final double COMPILED = 5;

    /** Nanoseconds the call itself may take. */
    private static final double CALL = 100;

    private static final int BATCH = 8;

    /** Calls after which the JVM may have been asked to compile. */
    private static final int MANY_CALLS = 3200;

    /** Nanoseconds after which another loop has its turn. */
    private static final long TURN = 100_000_000L;

    /** Time spent on a loop after which it stays without vectors. */
    private static final long PATIENCE = 2_000_000_000L;

    private static final long IDLE_SECONDS = 5;

    private static final BlockingQueue<Warmth> QUEUE = new PriorityBlockingQueue<>();
    private static boolean running;

    private final long goal;
    private final Runnable trial;
    private final long least;
    private volatile boolean warm;
    private volatile boolean requested;
    // Counted without synchronisation: it does not matter if some is lost.
    private long work;
    private int calls;
    private int turns;
    private long worked;

    /**
     * Describes a loop that is to be warmed when it is first needed.
     *
     * @param instructions what a trial takes, in instructions on vectors
     * @param trial runs the loop with vectors on memory of its own; called by one thread at a time
     */
    Warmth(int instructions, Runnable trial) {
        this(0, instructions, trial);
    }

    /**
     * Describes a loop that is to be warmed when there was enough work for it; those with less come first.
     *
     * @param least the work after which it is warmed
     * @param instructions what a trial takes, in instructions on vectors
     * @param trial runs the loop with vectors on memory of its own; called by one thread at a time
     */
    Warmth(long least, int instructions, Runnable trial) {
        this.least = least;
        this.goal = (long) (BATCH * (instructions * COMPILED + CALL));
        this.trial = trial;
        this.warm = !ENABLED;
    }

    private static boolean isOn(String setting) {
        return switch (setting.strip().toLowerCase(Locale.ROOT)) {
            case "on", "" -> true;
            case "off" -> false;
            default ->
                throw new IllegalArgumentException(
                        "-D" + PROPERTY + ": expected on or off, given \"" + setting + "\"; leave it out for on");
        };
    }

    /** Whether to run the loop with vectors. The first call asks for it to be warmed. */
    boolean isWarm() {
        return isWarm(0);
    }

    /** Whether to run the loop with vectors, which is to do some work now. */
    boolean isWarm(long more) {
        if (!warm && !requested) {
            work += more;
            if (work >= least) {
                request();
            }
        }
        return warm;
    }

    private synchronized void request() {
        if (!requested) {
            requested = true;
            QUEUE.add(this);
            start();
        }
    }

    private static void start() {
        synchronized (Warmth.class) {
            if (!running) {
                running = true;
                Thread thread = new Thread(Warmth::serve, "tenrec-vectors");
                thread.setDaemon(true);
                thread.setPriority(Thread.MIN_PRIORITY);
                thread.start();
            }
        }
    }

    private static void serve() {
        try {
            while (true) {
                Warmth next = QUEUE.poll(IDLE_SECONDS, TimeUnit.SECONDS);
                if (next != null) {
                    next.advance();
                } else if (isDone()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            synchronized (Warmth.class) {
                running = false;
            }
        }
    }

    private static boolean isDone() {
        synchronized (Warmth.class) {
            running = !QUEUE.isEmpty();
            return !running;
        }
    }

    /**
     * Runs trials until the loop is compiled: at full speed until the compiler must have been asked to, then slowly. Not
     * too slowly, since it compiles first what is called most. One loop at a time, for the same reason; another takes its
     * turn when this one takes too long, or when more depends on that one.
     */
    private void advance() throws InterruptedException {
        long end = System.nanoTime() + TURN;
        while (!warm && worked < PATIENCE) {
            long start = System.nanoTime();
            for (int i = 0; i < BATCH; i++) {
                trial.run();
            }
            long time = System.nanoTime() - start;
            worked += time;
            calls += BATCH;
            warm = time < goal;
            if (!warm && calls > MANY_CALLS) {
                Warmth next = QUEUE.peek();
                if (next != null && (next.least < least || next.least == least && start > end)) {
                    turns++;
                    QUEUE.add(this);
                    return;
                }
                Thread.sleep(1);
            }
        }
    }

    @Override
    public int compareTo(Warmth other) {
        int byWork = Long.compare(least, other.least);
        return byWork != 0 ? byWork : Integer.compare(turns, other.turns);
    }
}
