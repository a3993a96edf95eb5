package dev.tenrec.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast the processors are at this moment: multiply-adds that never leave the registers, on several threads at once.
 *
 * <p>Virtual machines whose neighbours share their cores change their speed by half within a second, clock and caches
 * aside. What is measured next to this loop, and divided by its rate, says something about the code instead.
 */
final class Yardstick implements AutoCloseable {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    /** A fixed point: x·0.5 + 0.25 keeps every value finite and normal. */
    private static final FloatVector HALF = FloatVector.broadcast(SPECIES, 0.5f);

    private static final FloatVector QUARTER = FloatVector.broadcast(SPECIES, 0.25f);
    private static final int CHAINS = 12;
    private static final int ROUNDS = 2000;

    /** About a third of a millisecond. */
    private static final int REPEATS = 100;

    /** Before the loop is compiled, each vector in it is an object: half a megabyte for so few rounds and so many calls. */
    private static final int COLD_ROUNDS = 10;

    private static final int COLD_CALLS = 50;
    private static final long COLD_PAUSE_MILLIS = 5;

    /** Where the loop is never compiled, it is measured as it is. */
    private static final int MOST_COLD = 1000;

    private final ExecutorService threads;
    private final int count;
    private volatile float sink;

    Yardstick(int threads) {
        this.count = threads;
        this.threads = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("yardstick").factory());
        warmUp();
    }

    /**
     * Until the loop makes no objects any more, a little at a time: run at full length from the beginning it fills the heap
     * within its first call, and the memory that the JVM takes for that would be counted as the measured library's.
     */
    private void warmUp() {
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < MOST_COLD; i++) {
            long before = memory.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < COLD_CALLS; call++) {
                sink = multiplyAdds(call, COLD_ROUNDS);
            }
            if (memory.getCurrentThreadAllocatedBytes() - before < COLD_CALLS * COLD_ROUNDS) {
                return;
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(COLD_PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring the machine's speed", e);
        }
    }

    /** {@return GFLOP/s of all threads together, right now} */
    double rate() {
        List<Future<Double>> rates = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rates.add(threads.submit(this::rateOfOne));
        }
        double sum = 0;
        for (Future<Double> rate : rates) {
            try {
                sum += rate.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while measuring the machine's speed", e);
            }
        }
        return sum;
    }

    private double rateOfOne() {
        long before = System.nanoTime();
        float sum = 0;
        for (int i = 0; i < REPEATS; i++) {
            sum += multiplyAdds(i, ROUNDS);
        }
        long nanos = System.nanoTime() - before;
        sink = sum;
        return 2.0 * REPEATS * ROUNDS * CHAINS * SPECIES.length() / nanos;
    }

    /**
     * Enough independent chains for two units with a latency of four cycles each, and few enough for 16 registers. In
     * this form, with the chain as a factor, C2 puts a move beside each multiply-add, so that the loop needs about as many
     * issue slots as real kernels do: it is not the machine's peak, and feels another thread on the same core as they do.
     */
    private static float multiplyAdds(float start, int rounds) {
        FloatVector a = FloatVector.broadcast(SPECIES, start);
        FloatVector b = a.add(1);
        FloatVector c = a.add(2);
        FloatVector d = a.add(3);
        FloatVector e = a.add(4);
        FloatVector f = a.add(5);
        FloatVector g = a.add(6);
        FloatVector h = a.add(7);
        FloatVector i = a.add(8);
        FloatVector j = a.add(9);
        FloatVector k = a.add(10);
        FloatVector l = a.add(11);
        for (int round = 0; round < rounds; round++) {
            a = a.fma(HALF, QUARTER);
            b = b.fma(HALF, QUARTER);
            c = c.fma(HALF, QUARTER);
            d = d.fma(HALF, QUARTER);
            e = e.fma(HALF, QUARTER);
            f = f.fma(HALF, QUARTER);
            g = g.fma(HALF, QUARTER);
            h = h.fma(HALF, QUARTER);
            i = i.fma(HALF, QUARTER);
            j = j.fma(HALF, QUARTER);
            k = k.fma(HALF, QUARTER);
            l = l.fma(HALF, QUARTER);
        }
        FloatVector left = a.add(b).add(c).add(d).add(e).add(f);
        return left.add(g).add(h).add(i).add(j).add(k).add(l).lane(0);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
