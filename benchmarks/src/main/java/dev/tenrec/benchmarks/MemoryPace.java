package dev.tenrec.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * c = a + b on arrays that no cache holds, on all processors; counts two arrays read and one written, though most
 * processors read the third before they write it.
 */
final class MemoryPace implements Pace {
    private static final int ELEMENTS = 10_000_000;
    private static final int LOOKS = 5;

    private final float[] a = new float[ELEMENTS];
    private final float[] b = new float[ELEMENTS];
    private final float[] c = new float[ELEMENTS];
    private final int count = Runtime.getRuntime().availableProcessors();
    private final ExecutorService threads = Executors.newFixedThreadPool(
            count, Thread.ofPlatform().daemon().name("yardstick").factory());

    @Override
    public double rate() {
        double[] rates = new double[LOOKS];
        for (int i = 0; i < LOOKS; i++) {
            rates[i] = once();
        }
        return ResultTable.median(rates);
    }

    private double once() {
        List<Callable<Void>> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) ELEMENTS * i / count);
            int to = (int) ((long) ELEMENTS * (i + 1) / count);
            parts.add(() -> {
                add(a, b, c, from, to);
                return null;
            });
        }
        long start = System.nanoTime();
        try {
            threads.invokeAll(parts);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring the machine's bandwidth", e);
        }
        return 3.0 * Float.BYTES * ELEMENTS / (System.nanoTime() - start);
    }

    private static void add(float[] a, float[] b, float[] c, int from, int to) {
        for (int i = from; i < to; i++) {
            c[i] = a[i] + b[i];
        }
    }

    @Override
    public String label() {
        return MachineProfiler.BANDWIDTH;
    }

    @Override
    public String unit() {
        return "GB/s";
    }
}
