package dev.tenrec.gpu;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.OutOfDeviceMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A driver for a device that does not exist: memory is the host's, programs are checked as far as their text tells, and
 * launches are written down instead of run. All a backend needs, and the proof that the shared half carries the rest.
 */
final class FakeDriver implements GpuDriver {

    /** A launch that was asked for. */
    record Launched(String function, Grid grid, int arguments) {}

    private final DeviceInfo info;
    private final Dialect dialect;
    final List<Launched> launches = new ArrayList<>();
    final List<String> sources = new ArrayList<>();
    final AtomicInteger loads = new AtomicInteger();
    final AtomicInteger live = new AtomicInteger();
    final AtomicInteger pinned = new AtomicInteger();
    final AtomicInteger events = new AtomicInteger();
    long room = 1L << 30;
    boolean broken;
    boolean refusesBuilds;
    boolean refusesBinaries;
    boolean lateOutOfMemory;
    boolean tf32;

    FakeDriver(Dialect dialect, DeviceInfo.Kind kind, boolean hostMemory) {
        this.dialect = dialect;
        this.info = new DeviceInfo(
                "Fake", "version 1", kind, 1L << 30, 1L << 28, 48 << 10, 1024, 4096, 8, true, hostMemory);
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public List<DeviceInfo> devices() {
        return List.of(info);
    }

    @Override
    public GpuDevice open(int index) {
        if (index != 0) {
            throw new BackendUnavailable("no such device: " + index);
        }
        return new FakeDevice();
    }

    private record Bytes(MemorySegment segment, long byteSize) implements GpuDevice.Memory, GpuDevice.Pinned {}

    private record Text(String text) implements GpuDevice.Program {}

    private record Entry(String name, int parameters, int groupSize) implements GpuDevice.Function {
        @Override
        public int maxGroupSize() {
            return 1024;
        }
    }

    private record Point(int launched) implements GpuDevice.Event {}

    private final class FakeDevice implements GpuDevice {

        private final Arena arena = Arena.ofShared();
        private final Set<Memory> freed = new HashSet<>();

        private void work() {
            if (broken) {
                throw new DeviceFailure("the fake device was told to break");
            }
        }

        private MemorySegment bytes(Memory memory, long offset, long count) {
            work();
            if (freed.contains(memory)) {
                throw new AssertionError("memory is used after it was freed");
            }
            return ((Bytes) memory).segment.asSlice(offset, count);
        }

        @Override
        public DeviceInfo info() {
            return info;
        }

        @Override
        public Dialect dialect() {
            return dialect;
        }

        @Override
        public Memory allocate(long bytes) {
            work();
            if (bytes > room) {
                throw new OutOfDeviceMemory("no room for " + bytes + " bytes", bytes);
            }
            room -= bytes;
            live.incrementAndGet();
            return new Bytes(arena.allocate(bytes, 64), bytes);
        }

        @Override
        public boolean hasAddresses() {
            return dialect == Dialect.CUDA;
        }

        @Override
        public boolean multipliesTf32() {
            return tf32;
        }

        @Override
        public long address(Memory memory) {
            return bytes(memory, 0, 1).address();
        }

        @Override
        public void free(Memory memory) {
            work();
            if (!freed.add(memory)) {
                throw new AssertionError("memory is freed twice");
            }
            room += memory.byteSize();
            live.decrementAndGet();
        }

        @Override
        public MemorySegment map(Memory memory, long offset, long bytes, boolean write) {
            if (!info.hostMemory()) {
                throw new AssertionError("the host cannot address this device");
            }
            return bytes(memory, offset, bytes);
        }

        @Override
        public void unmap(Memory memory, MemorySegment segment) {
            bytes(memory, 0, 1);
        }

        @Override
        public Pinned allocatePinned(long bytes) {
            work();
            pinned.incrementAndGet();
            return new Bytes(arena.allocate(bytes, 64), bytes);
        }

        @Override
        public void freePinned(Pinned memory) {
            pinned.decrementAndGet();
        }

        @Override
        public void upload(Pinned source, long bytes, Memory target, long offset) {
            bytes(target, offset, bytes).copyFrom(source.segment().asSlice(0, bytes));
        }

        @Override
        public void download(Memory source, long offset, Pinned target, long bytes) {
            target.segment().asSlice(0, bytes).copyFrom(bytes(source, offset, bytes));
        }

        @Override
        public void copy(Memory source, long sourceOffset, Memory target, long targetOffset, long bytes) {
            bytes(target, targetOffset, bytes).copyFrom(bytes(source, sourceOffset, bytes));
        }

        @Override
        public void clear(Memory memory, long offset, long bytes) {
            bytes(memory, offset, bytes).fill((byte) 0);
        }

        @Override
        public Program build(ProgramSource source) {
            work();
            if (refusesBuilds) {
                throw new BuildFailure("line 3: the fake compiler was told to refuse");
            }
            int open = 0;
            for (char c : source.text().toCharArray()) {
                open += c == '{' ? 1 : c == '}' ? -1 : 0;
            }
            if (open != 0) {
                throw new BuildFailure("braces do not match");
            }
            sources.add(source.text());
            return new Text(source.text());
        }

        @Override
        public Program load(ProgramSource source, byte[] binary) {
            if (refusesBinaries) {
                throw new BuildFailure("made by another version");
            }
            loads.incrementAndGet();
            return new Text(new String(binary, StandardCharsets.UTF_8));
        }

        @Override
        public byte[] binary(Program program) {
            return ((Text) program).text.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public Function function(Program program, String name) {
            Pattern head = Pattern.compile("KERNEL\\((\\d+), (\\d+)\\) void " + name + "\\(([^)]*)\\)");
            Matcher matcher = head.matcher(((Text) program).text);
            if (!matcher.find()) {
                throw new AssertionError("no kernel " + name);
            }
            int size = Integer.parseInt(matcher.group(1)) * Integer.parseInt(matcher.group(2));
            return new Entry(name, matcher.group(3).split(",").length, size);
        }

        @Override
        public void launch(Function function, Grid grid, Arguments arguments) {
            work();
            if (lateOutOfMemory) {
                throw new OutOfDeviceMemory("no room, found late", 0);
            }
            Entry entry = (Entry) function;
            if (entry.parameters != arguments.count()) {
                throw new AssertionError(
                        entry.name + " takes " + entry.parameters + " arguments, not " + arguments.count());
            }
            if (entry.groupSize != grid.sizeX() * grid.sizeY()) {
                throw new AssertionError(entry.name + " was built for groups of " + entry.groupSize);
            }
            for (int i = 0; i < arguments.count(); i++) {
                if (arguments.buffer(i) != null) {
                    bytes(arguments.buffer(i), 0, 1);
                }
            }
            launches.add(new Launched(entry.name, grid, arguments.count()));
        }

        @Override
        public Event record() {
            work();
            events.incrementAndGet();
            return new Point(launches.size());
        }

        @Override
        public boolean isDone(Event event) {
            return true;
        }

        @Override
        public void await(Event event) {
            work();
        }

        @Override
        public double seconds(Event start, Event end) {
            return 1e-6 * (((Point) end).launched - ((Point) start).launched);
        }

        @Override
        public void release(Event event) {
            events.decrementAndGet();
        }

        @Override
        public void synchronize() {
            work();
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
