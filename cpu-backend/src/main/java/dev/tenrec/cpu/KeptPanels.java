package dev.tenrec.cpu;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The packed panels of one buffer, kept from one product to the next while the buffer is unchanged: weights that are only
 * read, or read many times between two updates.
 *
 * <p>Panels are kept from the second product on that reads the same matrix in the same way without a write between. What
 * writes calls {@link #changed} before and after: panels that were packed during a write carry a version that has passed
 * and are never used. All buffers together keep a bounded number of bytes; beyond it, operands are packed anew.
 */
final class KeptPanels {
    /** System property: bytes of packed panels that all buffers together may keep; 0 to keep none. */
    static final String LIMIT_PROPERTY = "tenrec.cpu.packed";

    private static final long DEFAULT_LIMIT = 64L << 20;

    /** Smaller operands are packed in less time than keeping them saves. */
    private static final int SMALLEST = 4096;

    private static final long LIMIT = limit(System.getProperty(LIMIT_PROPERTY));
    private static final AtomicLong KEPT = new AtomicLong();

    private final AtomicLong version = new AtomicLong();
    private final AtomicReference<Entry> entry = new AtomicReference<>();
    private volatile boolean off;

    /**
     * Which elements lie where in the panels.
     *
     * @param offset first element
     * @param lineStride distance of two lines
     * @param depthStride distance of two elements of a line
     * @param lines rows of A or columns of B
     * @param depth elements of a line
     * @param width lines of a panel
     * @param bytes size of an element
     */
    record Key(long offset, long lineStride, long depthStride, int lines, int depth, int width, int bytes) {}

    /** What was seen last; without panels after the first time. */
    private record Entry(long version, Key key, Object panels, long bytes) {}

    /** An operand's part in one product: with panels ready to use, or without, to be filled and kept. */
    static final class Use {
        private final KeptPanels owner;
        private final Entry seen;

        private Use(KeptPanels owner, Entry seen) {
            this.owner = owner;
            this.seen = seen;
        }

        /** The panels, to be read only; null if they are to be packed into a new array. */
        Object panels() {
            return seen.panels;
        }

        /** Keeps panels that were packed for this product; nobody may write to them from now on. */
        void keep(Object panels, long bytes) {
            owner.keep(seen, panels, bytes);
        }
    }

    private static long limit(String value) {
        if (value == null || value.isBlank()) {
            return Math.min(DEFAULT_LIMIT, Runtime.getRuntime().maxMemory() / 16);
        }
        try {
            long bytes = Long.parseLong(value.strip());
            if (bytes >= 0) {
                return bytes;
            }
        } catch (NumberFormatException e) {
            // Falls through to the message.
        }
        throw new IllegalArgumentException("-D" + LIMIT_PROPERTY + ": expected a number of bytes, 0 or more, given \""
                + value + "\"; leave it out for " + DEFAULT_LIMIT + ", or less in a small heap");
    }

    /** Bytes that are kept now, by all buffers. */
    static long keptBytes() {
        return KEPT.get();
    }

    /**
     * Looks for panels at the start of a product.
     *
     * @return null if the operand should be packed as usual
     */
    Use begin(Key key) {
        if (off || (long) key.lines * key.depth < SMALLEST) {
            return null;
        }
        // Before the memory is read: a write from here on makes this version one of the past.
        long now = version.get();
        Entry last = entry.get();
        if (last == null || last.version != now || !last.key.equals(key)) {
            replace(last, new Entry(now, key, null, 0));
            return null;
        }
        long bytes = (long) key.lines * key.depth * key.bytes;
        return last.panels != null || KEPT.get() + bytes <= LIMIT ? new Use(this, last) : null;
    }

    private void keep(Entry seen, Object panels, long bytes) {
        if (KEPT.addAndGet(bytes) > LIMIT
                || !entry.compareAndSet(seen, new Entry(seen.version, seen.key, panels, bytes))) {
            KEPT.addAndGet(-bytes);
        } else if (off) {
            drop();
        }
    }

    private void replace(Entry old, Entry with) {
        if (entry.compareAndSet(old, with) && old != null) {
            KEPT.addAndGet(-old.bytes);
        }
    }

    private void drop() {
        Entry old = entry.getAndSet(null);
        if (old != null) {
            KEPT.addAndGet(-old.bytes);
        }
    }

    /** To be called before the first and after the last byte is written. */
    void changed() {
        version.incrementAndGet();
        if (entry.get() != null) {
            drop();
        }
    }

    /** Ends the keeping for good: the buffer is closed, or its memory was handed to somebody who may write at any time. */
    void close() {
        off = true;
        drop();
    }
}
