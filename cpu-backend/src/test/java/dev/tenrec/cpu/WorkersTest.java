package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void everyTaskRunsOnce(int threads) {
        try (Workers workers = Workers.of(threads)) {
            for (int tasks : new int[] {0, 1, 2, 3, 100, 5000}) {
                AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
                workers.parallel(tasks, runs::incrementAndGet);
                for (int i = 0; i < tasks; i++) {
                    assertEquals(1, runs.get(i));
                }
            }
        }
    }

    @Test
    void threadsWorkTogether() throws Exception {
        try (Workers workers = Workers.of(3)) {
            CountDownLatch all = new CountDownLatch(3);
            workers.parallel(3, i -> {
                all.countDown();
                try {
                    assertTrue(all.await(20, TimeUnit.SECONDS), "three tasks at a time");
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    @Test
    void failureReachesTheCallerAndThePoolGoesOn() {
        try (Workers workers = Workers.of(4)) {
            IllegalStateException failure = new IllegalStateException("task 13");
            AtomicInteger running = new AtomicInteger();
            RuntimeException given = assertThrows(
                    IllegalStateException.class,
                    () -> workers.parallel(1000, i -> {
                        running.incrementAndGet();
                        try {
                            if (i == 13) {
                                throw failure;
                            }
                        } finally {
                            running.decrementAndGet();
                        }
                    }));
            assertSame(failure, given);
            assertEquals(0, running.get());
            AtomicInteger count = new AtomicInteger();
            workers.parallel(100, i -> count.incrementAndGet());
            assertEquals(100, count.get());
        }
    }

    @Test
    void nestedAndConcurrentCalls() throws Exception {
        try (Workers workers = Workers.of(4)) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            AtomicInteger count = new AtomicInteger();
            List<Thread> callers = new ArrayList<>();
            for (int c = 0; c < 16; c++) {
                callers.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int round = 0; round < 200; round++) {
                            workers.parallel(5, i -> workers.parallel(3, j -> count.incrementAndGet()));
                        }
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(null, failure.get());
            assertEquals(16 * 200 * 15, count.get());
        }
    }

    /** So that what a job reads again is in the cache of the core that read it last time. */
    @Test
    void theCallerTakesTheFirstTasksAndOthersTheLast() {
        int tasks = 8;
        Thread caller = Thread.currentThread();
        CyclicBarrier both = new CyclicBarrier(2);
        boolean[] byCaller = new boolean[tasks];
        try (Workers workers = Workers.of(2)) {
            workers.parallel(tasks, i -> {
                byCaller[i] = Thread.currentThread() == caller;
                try {
                    both.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
        assertArrayEquals(new boolean[] {true, true, true, true, false, false, false, false}, byCaller);
    }

    @Test
    void idleThreadsUseNoProcessorTime() throws Exception {
        try (Workers workers = Workers.of(3)) {
            workers.parallel(64, i -> Thread.onSpinWait());
            Thread.sleep(100);
            long before = workerTime();
            Thread.sleep(400);
            long used = workerTime() - before;
            assertTrue(used < 20_000_000, "idle workers used " + used + " ns of processor time");
        }
    }

    private static long workerTime() {
        var threads = ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("tenrec-cpu-")) {
                sum += Math.max(0, threads.getThreadCpuTime(thread.threadId()));
            }
        }
        return sum;
    }

    @Test
    void interruptIsKept() {
        try (Workers workers = Workers.of(2)) {
            Thread.currentThread().interrupt();
            AtomicInteger count = new AtomicInteger();
            workers.parallel(50, i -> count.incrementAndGet());
            assertEquals(50, count.get());
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void closedPoolRunsOnTheCaller() {
        Workers workers = Workers.of(4);
        workers.close();
        AtomicInteger count = new AtomicInteger();
        workers.parallel(10, i -> count.incrementAndGet());
        assertEquals(10, count.get());
    }

    @Test
    void badArguments() {
        assertThrows(IllegalArgumentException.class, () -> Workers.of(0));
        assertThrows(IllegalArgumentException.class, () -> Workers.of(Workers.MAX_THREADS + 1));
        try (Workers workers = Workers.of(2)) {
            assertThrows(IllegalArgumentException.class, () -> workers.parallel(-1, i -> {}));
            assertThrows(NullPointerException.class, () -> workers.parallel(1, null));
        }
    }
}
