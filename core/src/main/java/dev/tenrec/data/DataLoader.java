package dev.tenrec.data;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.random.RandomKey;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Hands out a dataset in batches. Each iteration is one epoch; with a seed each epoch has its own order, which depends on
 * nothing but seed and epoch number. Batches are put together on a background thread ahead of their use.
 *
 * <pre>{@code
 * var loader = new DataLoader(dataset, 128).shuffled(42);
 * for (Batch batch : loader) { … batch.inputs() … batch.labels() … }
 * }</pre>
 */
public final class DataLoader implements Iterable<Batch> {

    private static final int DEFAULT_PREFETCH = 2;
    private static final long ALIGNMENT = 64;

    private static final ExecutorService FILLERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tenrec-data");
        thread.setDaemon(true);
        return thread;
    });

    private final Dataset dataset;
    private final int batchSize;
    private final OptionalLong seed;
    private final boolean dropLast;
    private final int prefetch;
    private long epoch;

    /**
     * Makes a loader that keeps the order and the last, partial batch.
     *
     * @param dataset the examples
     * @param batchSize examples per batch, at least 1
     * @throws InvalidArgument if the dataset is empty or the size is below 1
     */
    public DataLoader(Dataset dataset, int batchSize) {
        this(dataset, batchSize, OptionalLong.empty(), false, DEFAULT_PREFETCH);
    }

    private DataLoader(Dataset dataset, int batchSize, OptionalLong seed, boolean dropLast, int prefetch) {
        check(dataset.size() > 0, "the dataset is empty", "at least 1 example", dataset.size());
        check(batchSize > 0, "batch size out of range", "at least 1", batchSize);
        check(prefetch >= 0, "number of batches ahead out of range", "0 or more", prefetch);
        check(
                !dropLast || dataset.size() >= batchSize,
                "no full batch",
                "at least " + batchSize + " examples, one batch",
                dataset.size());
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.seed = seed;
        this.dropLast = dropLast;
        this.prefetch = prefetch;
    }

    private static void check(boolean holds, String problem, String expected, int given) {
        if (!holds) {
            throw new InvalidArgument(Message.of("data loader", problem)
                    .line("expected", expected)
                    .line("given", given)
                    .toString());
        }
    }

    /**
     * Returns a loader that shuffles each epoch anew.
     *
     * @param newSeed the same seed gives the same orders
     * @return a new loader
     */
    public DataLoader shuffled(long newSeed) {
        return new DataLoader(dataset, batchSize, OptionalLong.of(newSeed), dropLast, prefetch);
    }

    /**
     * Returns a loader that leaves out a last batch of fewer examples.
     *
     * @return a new loader
     */
    public DataLoader dropLast() {
        return new DataLoader(dataset, batchSize, seed, true, prefetch);
    }

    /**
     * Returns a loader that puts together more or fewer batches ahead of their use.
     *
     * @param batches how many; 0 for none, in the caller's thread
     * @return a new loader
     */
    public DataLoader prefetch(int batches) {
        return new DataLoader(dataset, batchSize, seed, dropLast, batches);
    }

    /**
     * Returns the number of batches of an epoch.
     *
     * @return at least 1
     */
    public int batchCount() {
        return dropLast ? dataset.size() / batchSize : Math.ceilDiv(dataset.size(), batchSize);
    }

    /**
     * Returns the number of examples that an epoch hands out.
     *
     * @return at least 1
     */
    public int exampleCount() {
        return dropLast ? batchCount() * batchSize : dataset.size();
    }

    /**
     * Returns the number of the epoch that the next iteration will be.
     *
     * @return from 0
     */
    public synchronized long epoch() {
        return epoch;
    }

    /**
     * Continues with another epoch, for instance when training is resumed.
     *
     * @param next from 0
     */
    public synchronized void setEpoch(long next) {
        epoch = next;
    }

    /** Starts the next epoch. The iterator is for one thread. */
    @Override
    public Iterator<Batch> iterator() {
        long number;
        synchronized (this) {
            number = epoch++;
        }
        int[] order;
        if (seed.isPresent()) {
            order = RandomKey.of(seed.getAsLong()).fold(number).permutation(dataset.size());
        } else {
            order = new int[dataset.size()];
            Arrays.setAll(order, i -> i);
        }
        return new Epoch(order);
    }

    /**
     * One pass. Batches are filled by tasks, never more than the prefetch count, so that an iteration that is abandoned
     * leaves no thread waiting.
     */
    private final class Epoch implements Iterator<Batch> {
        private final int[] order;
        private final Deque<CompletableFuture<Batch>> ahead = new ArrayDeque<>();
        private final Deque<List<MemorySegment>> free = new ArrayDeque<>();
        private int started;
        private int given;
        private Batch current;

        Epoch(int[] order) {
            this.order = order;
        }

        @Override
        public boolean hasNext() {
            return given < batchCount();
        }

        @Override
        public Batch next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the epoch has ended");
            }
            if (current != null) {
                current.expire();
                free.add(current.memory());
                current = null;
            }
            given++;
            if (prefetch == 0) {
                current = fill(started++, memory());
                return current;
            }
            while (ahead.size() <= prefetch && started < batchCount()) {
                int number = started++;
                List<MemorySegment> memory = memory();
                ahead.add(CompletableFuture.supplyAsync(() -> fill(number, memory), FILLERS));
            }
            try {
                current = ahead.poll().join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw e;
            }
            return current;
        }

        private List<MemorySegment> memory() {
            List<MemorySegment> reused = free.poll();
            if (reused != null) {
                return reused;
            }
            List<MemorySegment> columns = new ArrayList<>();
            for (int column = 0; column < dataset.columns(); column++) {
                // Collected with the iterator; the ring is as small as the prefetch count.
                columns.add(Arena.ofAuto().allocate(Math.max(1, exampleBytes(column) * batchSize), ALIGNMENT));
            }
            return columns;
        }

        private long exampleBytes(int column) {
            return Math.multiplyExact(
                    dataset.shape(column).elementCount(), dataset.dtype(column).byteSize());
        }

        private Batch fill(int number, List<MemorySegment> memory) {
            int from = number * batchSize;
            int size = Math.min(batchSize, order.length - from);
            List<DType> dtypes = new ArrayList<>();
            List<Shape> shapes = new ArrayList<>();
            List<MemorySegment> columns = new ArrayList<>();
            for (int column = 0; column < dataset.columns(); column++) {
                long bytes = exampleBytes(column);
                MemorySegment whole = memory.get(column);
                for (int i = 0; i < size; i++) {
                    dataset.read(order[from + i], column, whole.asSlice(i * bytes, bytes));
                }
                dtypes.add(dataset.dtype(column));
                shapes.add(dataset.shape(column).insert(0, size));
                columns.add(whole.asSlice(0, size * bytes));
            }
            return new Batch(size, dtypes, shapes, columns, memory);
        }
    }
}
