package dev.tenrec.engine;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.memory.BufferPool;
import dev.tenrec.type.Device;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One open device with all that belongs to it: backend, memory pool, compiled kernels, and the lock that guards its
 * nodes. Planning happens under the lock, kernels run outside of it.
 */
public final class DeviceContext {

    private final Backend backend;
    private final BufferPool pool;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition finished = lock.newCondition();
    private final KernelCache kernels;
    private final PlanCache plans = new PlanCache();
    private final Region region = new Region();
    private volatile boolean fusion = fusionProperty();

    DeviceContext(Backend backend) {
        this.backend = backend;
        this.kernels = new KernelCache(backend);
        this.pool = new BufferPool(backend, limitProperty(backend.capabilities().memoryBytes()));
    }

    /**
     * Returns which device this is.
     *
     * @return the device
     */
    public Device device() {
        return backend.device();
    }

    /**
     * Returns what runs the kernels.
     *
     * @return the backend
     */
    public Backend backend() {
        return backend;
    }

    /**
     * Returns the device's memory.
     *
     * @return the pool
     */
    public BufferPool pool() {
        return pool;
    }

    /**
     * Says whether elementwise operations wait for each other.
     *
     * @return false if every operation runs alone
     */
    public boolean fusion() {
        return fusion;
    }

    /**
     * Switches fusion.
     *
     * @param on false to run every operation alone, as {@code -Dtenrec.fusion=off} does
     */
    public void setFusion(boolean on) {
        fusion = on;
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    void awaitFinished() {
        finished.awaitUninterruptibly();
    }

    void signalFinished() {
        finished.signalAll();
    }

    KernelCache kernels() {
        return kernels;
    }

    /** Guarded by the lock. */
    PlanCache plans() {
        return plans;
    }

    /** The one region that is planned at a time; guarded by the lock. */
    Region region() {
        return region;
    }

    private static boolean fusionProperty() {
        String value = System.getProperty("tenrec.fusion", "on").strip().toLowerCase(Locale.ROOT);
        if (!value.equals("on") && !value.equals("off")) {
            throw new InvalidArgument(Message.of("tenrec.fusion", "unknown value")
                    .line("expected", "on or off")
                    .line("given", value)
                    .toString());
        }
        return value.equals("on");
    }

    private static long limitProperty(long deviceBytes) {
        String text = System.getProperty("tenrec.memory.limit", "").strip().toLowerCase(Locale.ROOT);
        if (text.isEmpty()) {
            return deviceBytes;
        }
        int shift = "kmgt".indexOf(text.charAt(text.length() - 1)) + 1;
        try {
            long number = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
            if (number > 0 && number <= Long.MAX_VALUE >> 10 * shift) {
                return number << 10 * shift;
            }
        } catch (NumberFormatException _) {
            // Reported below, together with numbers out of range.
        }
        throw new InvalidArgument(Message.of("tenrec.memory.limit", "not a size")
                .line("expected", "bytes, or a number with k, m, g or t, such as 512m")
                .line("given", text)
                .toString());
    }

    /** Compiled kernels by structure, the least recently used dropped first. */
    static final class KernelCache {

        /** A kernel and what runs it. */
        record Entry(Kernel kernel, CompiledKernel compiled) {}

        private final Backend backend;
        private final Map<Object, Entry> byKey = bounded();
        private final Map<Kernel, Entry> byKernel = bounded();

        KernelCache(Backend backend) {
            this.backend = backend;
        }

        private static <K> Map<K, Entry> bounded() {
            return new LinkedHashMap<>(64, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<K, KernelCache.Entry> eldest) {
                    return size() > Limits.CACHED_KERNELS;
                }
            };
        }

        /** Finds a kernel by a key that is cheap to make; two keys may lead to the same kernel. */
        synchronized Entry find(Object key) {
            return byKey.get(key);
        }

        /** Finds a kernel by its description or compiles it, and remembers it by the key too. */
        synchronized Entry compile(Object key, Kernel kernel) {
            Entry entry = byKernel.get(kernel);
            if (entry == null) {
                entry = new Entry(kernel, backend.compile(kernel));
                byKernel.put(kernel, entry);
            }
            byKey.put(key, entry);
            return entry;
        }
    }
}
