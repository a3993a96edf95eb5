package dev.tenrec.cpu;

import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Compiles fused loops and runs them on scratch memory until the JVM has optimised them, on one daemon thread: until
 * then vectors are objects, and a loop is a hundred times slower than the one it replaces. Callers go on with that one
 * meanwhile. The thread works at most a fifth of the time, after a first allowance, and ends when there is nothing to do.
 */
final class LoopWarmup implements Runnable {
    private static final System.Logger LOG = System.getLogger(LoopWarmup.class.getName());

    /** Working time that is granted at once. */
    private static final long ALLOWANCE = 400_000_000L;

    /** The part of the time after it in which the thread works: one in so many. */
    private static final long SHARE = 5;

    /** Working time after which a program is given up. */
    private static final long PATIENCE = 3_000_000_000L;

    private static final long IDLE_SECONDS = 5;

    /** Calls after which the JVM has been asked to optimise, and it is a matter of waiting. */
    private static final int ENOUGH_CALLS = 2500;

    private static final int BATCH = 20;
    private static final int FEW = 4 * Program.GRANULE;
    private static final int ROUNDS = 9;

    /** Nanoseconds an instruction may take on sixteen elements in optimised code, with much to spare. */
    private static final double OPTIMISED = 10;

    private static final BlockingQueue<WeakReference<Tiers>> QUEUE = new LinkedBlockingQueue<>();
    private static boolean running;
    private static long started;
    private static long worked;

    private LoopWarmup() {}

    /** Asks for fused loops. A program that is dropped meanwhile is left out. */
    static void request(Tiers tiers) {
        QUEUE.add(new WeakReference<>(tiers));
        synchronized (LoopWarmup.class) {
            if (!running) {
                running = true;
                Thread thread = new Thread(new LoopWarmup(), "tenrec-warmup");
                thread.setDaemon(true);
                thread.setPriority(Thread.MIN_PRIORITY);
                thread.start();
            }
        }
    }

    @Override
    public void run() {
        if (started == 0) {
            started = System.nanoTime();
        }
        try {
            while (true) {
                WeakReference<Tiers> next = QUEUE.poll(IDLE_SECONDS, TimeUnit.SECONDS);
                if (next != null) {
                    serve(next);
                } else if (isDone()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            synchronized (LoopWarmup.class) {
                running = false;
            }
        }
    }

    private static boolean isDone() {
        synchronized (LoopWarmup.class) {
            running = !QUEUE.isEmpty();
            return !running;
        }
    }

    private static void serve(WeakReference<Tiers> reference) throws InterruptedException {
        waitForShare();
        Tiers tiers = reference.get();
        if (tiers == null) {
            return;
        }
        try {
            long start = System.nanoTime();
            Program fused = tiers.compile();
            worked += System.nanoTime() - start;
            if (fused != null && warm(fused) && isFaster(fused, tiers.slow())) {
                tiers.switchTo(fused);
            }
        } catch (RuntimeException | LinkageError e) {
            // The loops per primitive go on serving.
            LOG.log(Level.WARNING, "a kernel could not be compiled to a fused loop and stays slower", e);
        }
    }

    private static void waitForShare() throws InterruptedException {
        while (worked > ALLOWANCE + (System.nanoTime() - started) / SHARE) {
            Thread.sleep(10);
        }
    }

    /** Runs a program until it is optimised; false if that takes too long. */
    private static boolean warm(Program program) throws InterruptedException {
        double goal = OPTIMISED * FEW / 16 * program.weight() + 500;
        long before = worked;
        try (WarmupRig rig = new WarmupRig(program)) {
            for (int calls = 0; worked - before < PATIENCE; ) {
                // Vectors are objects until it is over: while waiting, the fewer calls the less garbage.
                int batch = calls > ENOUGH_CALLS ? BATCH / 4 : BATCH;
                long time = rig.time(FEW, batch);
                worked += time;
                calls += batch;
                if (time < goal * batch) {
                    return true;
                }
                if (calls > ENOUGH_CALLS) {
                    Thread.sleep(1);
                }
                waitForShare();
            }
        }
        return false;
    }

    /** Whether the best of some rounds, in turn, is better. */
    private static boolean isFaster(Program fused, Program slow) {
        long bestFused = Long.MAX_VALUE;
        long bestSlow = Long.MAX_VALUE;
        try (WarmupRig newer = new WarmupRig(fused);
                WarmupRig older = new WarmupRig(slow)) {
            for (int round = 0; round < ROUNDS; round++) {
                long fusedTime = newer.time(Program.BLOCK, BATCH / 4);
                long slowTime = older.time(Program.BLOCK, BATCH / 4);
                bestFused = Math.min(bestFused, fusedTime);
                bestSlow = Math.min(bestSlow, slowTime);
                worked += fusedTime + slowTime;
            }
        }
        return bestFused < bestSlow;
    }
}
