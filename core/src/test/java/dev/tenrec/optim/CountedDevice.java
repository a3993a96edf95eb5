package dev.tenrec.optim;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Capabilities;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.ReferenceProvider;
import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Devices;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.Device;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The reference backend under another name, which counts what it runs by kind of kernel. */
public final class CountedDevice implements Backend {

    private static final AtomicInteger NEXT = new AtomicInteger();

    private final Backend reference = new ReferenceProvider().open(0);
    private final Device device = new Device("counted", NEXT.getAndIncrement());
    private final Map<String, Integer> runs = new TreeMap<>();
    private DeviceContext context;
    private int compiled;

    private final boolean composites;

    private CountedDevice(boolean composites) {
        this.composites = composites;
    }

    /** Opens a new device. */
    public static CountedDevice open() {
        return register(new CountedDevice(true));
    }

    /** Opens a new device that has composites composed. */
    public static CountedDevice withoutComposites() {
        return register(new CountedDevice(false));
    }

    private static CountedDevice register(CountedDevice device) {
        device.context = Devices.register(device);
        return device;
    }

    /** The bytes that tensors on the device hold. */
    public long liveBytes() {
        return context.pool().statistics().liveBytes();
    }

    /** The most bytes they held since the pool's peak was reset. */
    public long peakBytes() {
        return context.pool().statistics().peakBytes();
    }

    /** Runs something with new tensors on this device and says what it launched, such as {@code {Map=1}}. */
    public String count(Runnable body) {
        synchronized (runs) {
            runs.clear();
            compiled = 0;
        }
        context.pool().resetPeak();
        on(body);
        return runs.toString();
    }

    /** Kernels compiled during the last count. */
    public int compiled() {
        return compiled;
    }

    /** Runs something with new tensors on this device. */
    public void on(Runnable body) {
        Devices.with(device, () -> {
            body.run();
            return null;
        });
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Capabilities capabilities() {
        Capabilities own = reference.capabilities();
        return composites
                ? own
                : new Capabilities(own.description(), own.memoryBytes(), own.arithmetic(), own.hostMemory());
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
        return reference.allocate(bytes);
    }

    @Override
    public void upload(MemorySegment source, DeviceBuffer target, long offset) {
        reference.upload(source, target, offset);
    }

    @Override
    public void download(DeviceBuffer source, long offset, MemorySegment target) {
        reference.download(source, offset, target);
    }

    @Override
    public void synchronize() {
        reference.synchronize();
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        CompiledKernel inner = reference.compile(kernel);
        compiled++;
        return launch -> {
            synchronized (runs) {
                runs.merge(kernel.getClass().getSimpleName(), 1, Integer::sum);
            }
            inner.run(launch);
        };
    }

    @Override
    public void close() {
        reference.close();
    }
}
