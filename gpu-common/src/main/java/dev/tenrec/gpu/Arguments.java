package dev.tenrec.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The arguments of a launch in their order: buffers, and values as bytes in native memory, as drivers want them. Made
 * once a thread and cleared for each launch.
 */
public final class Arguments {

    private static final int BLOCK_BYTES = 4096;
    private static final int ALIGNMENT = 8;

    private final MemorySegment block = Arena.ofAuto().allocate(BLOCK_BYTES, ALIGNMENT);
    private GpuDevice.Memory[] buffers = new GpuDevice.Memory[16];
    private int[] starts = new int[16];
    private int[] sizes = new int[16];
    private final List<GpuDevice.Memory> others = new ArrayList<>();
    private int count;
    private int used;

    /** Makes an empty list. */
    public Arguments() {}

    /**
     * Empties the list.
     *
     * @return this
     */
    public Arguments clear() {
        Arrays.fill(buffers, 0, count, null);
        others.clear();
        count = 0;
        used = 0;
        return this;
    }

    /**
     * Names memory whose address is part of a structure.
     *
     * @param memory what the kernel reads or writes
     * @return this
     */
    public Arguments uses(GpuDevice.Memory memory) {
        others.add(memory);
        return this;
    }

    /**
     * Returns what {@link #uses} named.
     *
     * @return memory besides the buffers
     */
    public List<GpuDevice.Memory> others() {
        return others;
    }

    /**
     * Adds a buffer.
     *
     * @param memory what the kernel gets the address of
     * @return this
     */
    public Arguments buffer(GpuDevice.Memory memory) {
        next(0);
        buffers[count - 1] = memory;
        return this;
    }

    /**
     * Adds a 32-bit whole number.
     *
     * @param value the number
     * @return this
     */
    public Arguments i32(int value) {
        block.set(ValueLayout.JAVA_INT, next(4), value);
        return this;
    }

    /**
     * Adds a 64-bit whole number.
     *
     * @param value the number
     * @return this
     */
    public Arguments i64(long value) {
        block.set(ValueLayout.JAVA_LONG, next(8), value);
        return this;
    }

    /**
     * Adds a 32-bit floating number.
     *
     * @param value the number
     * @return this
     */
    public Arguments f32(float value) {
        block.set(ValueLayout.JAVA_FLOAT, next(4), value);
        return this;
    }

    /**
     * Adds a 64-bit floating number.
     *
     * @param value the number
     * @return this
     */
    public Arguments f64(double value) {
        block.set(ValueLayout.JAVA_DOUBLE, next(8), value);
        return this;
    }

    /**
     * Adds a structure.
     *
     * @param bytes its size
     * @return its bytes, to be written; aligned to 8 bytes
     */
    public MemorySegment struct(int bytes) {
        int start = next(bytes);
        return block.asSlice(start, bytes);
    }

    private int next(int bytes) {
        if (count == sizes.length) {
            buffers = Arrays.copyOf(buffers, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count);
            sizes = Arrays.copyOf(sizes, 2 * count);
        }
        if (used + bytes > BLOCK_BYTES) {
            throw new IllegalArgumentException("arguments of more than " + BLOCK_BYTES + " bytes");
        }
        int start = used;
        starts[count] = start;
        sizes[count] = bytes;
        buffers[count] = null;
        count++;
        used += (bytes + ALIGNMENT - 1) & -ALIGNMENT;
        return start;
    }

    /**
     * Returns how many arguments there are.
     *
     * @return the number
     */
    public int count() {
        return count;
    }

    /**
     * Returns an argument that is a buffer.
     *
     * @param index which
     * @return the memory, or null if it is a value
     */
    public GpuDevice.Memory buffer(int index) {
        return buffers[index];
    }

    /**
     * Returns where the value of an argument lies.
     *
     * @param index which, no buffer
     * @return its native address
     */
    public long address(int index) {
        return block.address() + starts[index];
    }

    /**
     * Returns how large the value of an argument is.
     *
     * @param index which, no buffer
     * @return bytes
     */
    public int size(int index) {
        return sizes[index];
    }

    /**
     * Returns the value of an argument.
     *
     * @param index which, no buffer
     * @return its bytes
     */
    public MemorySegment value(int index) {
        return block.asSlice(starts[index], sizes[index]);
    }
}
