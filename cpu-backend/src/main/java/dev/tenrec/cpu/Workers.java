package dev.tenrec.cpu;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * A bounded pool of daemon threads that runs independent tasks together with the calling thread.
 *
 * <p>Idle threads look for work for half a millisecond, because the next kernel usually follows at once, giving way to other
 * threads of the machine after the first 30 µs, and then park: an idle pool uses no processor time. Any number of application threads may call {@link #parallel} at the same time, and
 * a task may call it again; a call never waits for a free worker, it runs its tasks itself where none comes to help.
 *
 * <p>Each task must be defined by the problem and not by the number of threads; then results do not depend on it.
 */
public final class Workers implements AutoCloseable {
    /** System property that overrides the number of threads of the shared pool. */
    public static final String THREADS_PROPERTY = "tenrec.cpu.threads";

    /** Upper limit for the number of threads of a pool. */
    public static final int MAX_THREADS = 1024;

    /** How long a thread without work looks for more and nothing else. */
    private static final long SPIN_NANOS = 30_000;

    /**
     * When it parks; until then it gives way to any other thread that wants the processor. Waking a parked thread was
     * measured at 100 µs and more on a virtual processor, as much as most kernels of a small network take. The bound is
     * what an idle pool costs after its last kernel.
     */
    private static final long PARK_NANOS = 500_000;

    /** Spins between two looks at the clock. */
    private static final int SPINS = 32;

    /** A parked thread wakes this many others, so that waking many costs the caller only the first few. */
    private static final int WAKE_FAN = 2;

    private final int threads;
    private final AtomicReferenceArray<Job> jobs;
    private final Worker[] workers;
    private final WorkspacePool workspaces;
    private volatile boolean closed;

    /** A task that is known by its number. */
    @FunctionalInterface
    public interface Task {
        /**
         * Runs one task.
         *
         * @param index number of the task, from 0
         */
        void run(int index);
    }

    private static final class Shared {
        static final Workers INSTANCE = new Workers(sharedThreads());
    }

    private Workers(int threads) {
        this.threads = threads;
        this.jobs = new AtomicReferenceArray<>(Math.max(4, threads));
        this.workspaces = new WorkspacePool(2 * threads + 2);
        this.workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(this, i + 1);
        }
        for (Worker worker : workers) {
            worker.start();
        }
    }

    /**
     * The pool of this process: one thread for each processor the JVM may use, the calling thread included, or as many
     * as the system property {@value #THREADS_PROPERTY} says.
     *
     * @return the shared pool; its threads start with the first call, and it is never closed
     * @throws IllegalArgumentException if the property is not a whole number from 1 to {@link #MAX_THREADS}
     */
    public static Workers shared() {
        return Shared.INSTANCE;
    }

    /**
     * A pool of its own.
     *
     * @param threads number of threads, the calling one included; from 1 to {@link #MAX_THREADS}
     * @return a new pool, to be closed by the caller
     * @throws IllegalArgumentException if {@code threads} is out of range
     */
    public static Workers of(int threads) {
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("workers: expected 1 to " + MAX_THREADS + " threads, given " + threads
                    + "; choose one per processor");
        }
        return new Workers(threads);
    }

    /**
     * Number of threads that may run tasks at the same time for one caller.
     *
     * @return threads of this pool, the calling one included
     */
    public int threads() {
        return threads;
    }

    /**
     * Runs {@code task} for each number from 0 to {@code tasks - 1}, each exactly once, in any order, on the calling
     * thread and on whichever threads of the pool are free. Everything the tasks wrote is visible to the caller on
     * return.
     *
     * @param tasks number of tasks; none are run if it is 0
     * @param task the work; must be safe to run on several threads at once
     * @throws IllegalArgumentException if {@code tasks} is negative
     * @throws RuntimeException or an {@link Error}: the first one a task threw; tasks not yet begun are then left out,
     *     and those already running have ended before this method throws
     */
    public void parallel(int tasks, Task task) {
        Objects.requireNonNull(task, "task");
        if (tasks < 0) {
            throw new IllegalArgumentException("workers: expected 0 or more tasks, given " + tasks);
        }
        if (tasks <= 1 || threads == 1 || closed || Thread.currentThread() instanceof Worker) {
            inline(tasks, task);
            return;
        }
        Job job = new Job(tasks, task, Thread.currentThread());
        int slot = publish(job);
        if (slot < 0) {
            inline(tasks, task);
            return;
        }
        try {
            wake(Math.min(WAKE_FAN, tasks - 1));
            job.work();
        } finally {
            jobs.set(slot, null);
            job.await();
        }
        job.rethrow();
    }

    /** Buffers for the kernels that run on this pool. */
    WorkspacePool workspaces() {
        return workspaces;
    }

    /**
     * Ends the threads of this pool once they have finished what they are doing. Later calls of {@link #parallel} run
     * on the calling thread alone. Closing the shared pool has no effect.
     */
    @Override
    public void close() {
        if (this == Shared.INSTANCE) {
            return;
        }
        closed = true;
        for (Worker worker : workers) {
            worker.parked = false;
            LockSupport.unpark(worker);
        }
    }

    private static void inline(int tasks, Task task) {
        for (int i = 0; i < tasks; i++) {
            task.run(i);
        }
    }

    private int publish(Job job) {
        for (int i = 0; i < jobs.length(); i++) {
            if (jobs.get(i) == null && jobs.compareAndSet(i, null, job)) {
                return i;
            }
        }
        return -1;
    }

    private Job find() {
        for (int i = 0; i < jobs.length(); i++) {
            Job job = jobs.get(i);
            if (job != null && job.hasWork()) {
                return job;
            }
        }
        return null;
    }

    /** Wakes up to {@code count} parked workers. Publishing comes before this look, parking after a look at the jobs. */
    private void wake(int count) {
        int left = count;
        for (int i = 0; i < workers.length && left > 0; i++) {
            Worker worker = workers[i];
            if (worker.parked) {
                worker.parked = false;
                LockSupport.unpark(worker);
                left--;
            }
        }
    }

    /** Whether a thread that waits since some time should go on looking; gives way to others after the first moments. */
    private static boolean mayLookAgain(long start) {
        long waited = System.nanoTime() - start;
        if (waited >= SPIN_NANOS && waited < PARK_NANOS) {
            Thread.yield();
        }
        return waited < PARK_NANOS;
    }

    private static int sharedThreads() {
        String value = System.getProperty(THREADS_PROPERTY);
        if (value == null || value.isBlank()) {
            return Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
        }
        int threads;
        try {
            threads = Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            threads = 0;
        }
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("-D" + THREADS_PROPERTY + ": expected a whole number from 1 to "
                    + MAX_THREADS + ", given \"" + value + "\"; leave it out for one thread per processor");
        }
        return threads;
    }

    /** One call of {@link #parallel}. */
    private static final class Job {
        private final int tasks;
        private final Task task;
        private final Thread caller;
        // The first task that is left in the upper half, the end of those that are left in the lower.
        private final AtomicLong left;
        private final AtomicInteger done = new AtomicInteger();
        private volatile Throwable failure;
        private volatile boolean callerParked;

        Job(int tasks, Task task, Thread caller) {
            this.tasks = tasks;
            this.task = task;
            this.caller = caller;
            this.left = new AtomicLong(tasks);
        }

        boolean hasWork() {
            long now = left.get();
            return now >>> 32 < (int) now;
        }

        /**
         * Takes a task, or -1 if none is left: the calling thread the first ones, others the last. So the same parts of what
         * is read again and again come to the same core, and are in its cache.
         */
        private int take(boolean first) {
            while (true) {
                long now = left.get();
                int from = (int) (now >>> 32);
                int end = (int) now;
                if (from >= end) {
                    return -1;
                }
                if (left.compareAndSet(now, first ? now + (1L << 32) : now - 1)) {
                    return first ? from : end - 1;
                }
            }
        }

        /** Takes tasks until none is left. */
        void work() {
            boolean first = Thread.currentThread() == caller;
            for (int index = take(first); index >= 0; index = take(first)) {
                try {
                    if (failure == null) {
                        task.run(index);
                    }
                } catch (Throwable e) {
                    fail(e);
                } finally {
                    finished();
                }
            }
        }

        private synchronized void fail(Throwable e) {
            if (failure == null) {
                failure = e;
            } else if (failure != e) {
                failure.addSuppressed(e);
            }
        }

        private void finished() {
            if (done.incrementAndGet() == tasks && callerParked) {
                LockSupport.unpark(caller);
            }
        }

        /** Waits for the tasks that others still run. An interrupt is kept for the caller; it does not end the wait. */
        void await() {
            if (spin()) {
                return;
            }
            boolean interrupted = false;
            callerParked = true;
            while (done.get() < tasks) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        private boolean spin() {
            long start = System.nanoTime();
            do {
                for (int i = 0; i < SPINS; i++) {
                    if (done.get() >= tasks) {
                        return true;
                    }
                    Thread.onSpinWait();
                }
            } while (mayLookAgain(start));
            return false;
        }

        void rethrow() {
            Throwable e = failure;
            if (e instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            if (e instanceof Error error) {
                throw error;
            }
            if (e != null) {
                throw new IllegalStateException("a task threw a checked exception", e);
            }
        }
    }

    private static final class Worker extends Thread {
        private final Workers pool;
        volatile boolean parked;

        Worker(Workers pool, int number) {
            super(null, null, "tenrec-cpu-" + number, 0, false);
            this.pool = pool;
            setDaemon(true);
            // A worker outlives its first caller; it must not keep that caller's classes alive.
            setContextClassLoader(ClassLoader.getSystemClassLoader());
        }

        @Override
        public void run() {
            while (!pool.closed) {
                Job job = pool.find();
                if (job == null) {
                    job = idle();
                }
                if (job != null) {
                    job.work();
                }
            }
        }

        /** Spins, then parks; returns a job, or null to look again. */
        private Job idle() {
            long start = System.nanoTime();
            do {
                for (int i = 0; i < SPINS; i++) {
                    Thread.onSpinWait();
                    Job job = pool.find();
                    if (job != null) {
                        return job;
                    }
                }
            } while (mayLookAgain(start));
            parked = true;
            Job job = pool.find();
            while (job == null && parked && !pool.closed) {
                LockSupport.park(pool);
                job = pool.find();
            }
            parked = false;
            if (job != null) {
                pool.wake(WAKE_FAN);
            }
            return job;
        }
    }
}
