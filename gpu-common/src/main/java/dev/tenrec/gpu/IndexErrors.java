package dev.tenrec.gpu;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where kernels report an index that is out of range: the first report is kept on the device and read when the host
 * waits for it anyway.
 */
final class IndexErrors {

    /** What is reported: a mark, the kind of kernel, the index and the size. */
    static final int BYTES = 24;

    private static final String[] KINDS = {"gather", "scatter", "crossEntropy"};

    private final GpuContext context;
    private GpuDevice.Memory cell;
    private volatile boolean pending;

    IndexErrors(GpuContext context) {
        this.context = context;
    }

    /** Writes the function that reports; {@code errors} of a kernel has the type it takes. */
    static void declare(SourceWriter out) {
        out.lines("""
            FUNCTION void report(GLOBAL i64 *errors, i32 kind, i64 index, i64 size) {
            if (FIRST_SET(errors, kind)) {
            errors[1] = index;
            errors[2] = size;
            }
            }\
            """);
    }

    static int gather() {
        return 1;
    }

    static int scatter() {
        return 2;
    }

    static int crossEntropy() {
        return 3;
    }

    /** Returns the cell for a launch that may report. */
    GpuDevice.Memory cell() {
        synchronized (this) {
            if (cell == null) {
                cell = context.guard(() -> {
                    GpuDevice.Memory memory = context.gpu().allocate(BYTES);
                    context.gpu().clear(memory, 0, BYTES);
                    return memory;
                });
            }
            pending = true;
            return cell;
        }
    }

    /** Throws what was reported since the last check. Waits if a kernel that may report has run. */
    void check(Transfers transfers) {
        if (!pending) {
            return;
        }
        long kind;
        long index;
        long size;
        synchronized (this) {
            if (!pending) {
                return;
            }
            pending = false;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment host = arena.allocate(BYTES, 8);
                transfers.download(cell, 0, host);
                kind = host.get(ValueLayout.JAVA_INT, 0);
                index = host.get(ValueLayout.JAVA_LONG, 8);
                size = host.get(ValueLayout.JAVA_LONG, 16);
            }
            if (kind != 0) {
                context.guard(() -> {
                    context.gpu().clear(cell, 0, BYTES);
                    return null;
                });
            }
        }
        if (kind != 0) {
            throw new InvalidArgument(Message.of(
                            KINDS[(int) kind - 1], kind == crossEntropy() ? "label out of range" : "index out of range")
                    .line("expected", size == 0 ? "none: the axis is empty" : "0 to " + (size - 1))
                    .line("given", index)
                    .line("size", size)
                    .toString());
        }
    }
}
