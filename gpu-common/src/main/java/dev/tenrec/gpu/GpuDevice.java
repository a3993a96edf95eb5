package dev.tenrec.gpu;

import java.lang.foreign.MemorySegment;

/**
 * An open device: memory, programs and one stream. What is issued to the stream takes effect in the order it was issued
 * in; only what says so waits. Every method may be called from any thread at once.
 *
 * <p>A failure after which nothing on the device works is {@link DeviceFailure}; {@link GpuBackend} makes
 * {@link dev.tenrec.error.DeviceLost} of it and touches the device no more. A device may notice only at a launch or a
 * copy that it has no room for a buffer: {@link dev.tenrec.error.OutOfDeviceMemory} may come from any method that
 * allocates or issues.
 */
public interface GpuDevice extends AutoCloseable {

    /** Memory on the device. */
    interface Memory {
        /**
         * Returns the size.
         *
         * @return bytes
         */
        long byteSize();
    }

    /** Memory of the host from which the device copies at full speed. */
    interface Pinned {
        /**
         * Returns the memory.
         *
         * @return a native segment
         */
        MemorySegment segment();
    }

    /** A program that was built. Released when it and its functions are no longer reachable. */
    interface Program {}

    /** A kernel of a program. May be launched by several threads at once. */
    interface Function {
        /**
         * Returns the largest group this function can run in, given the registers it needs.
         *
         * @return work items
         */
        int maxGroupSize();
    }

    /** A point in the stream. */
    interface Event {}

    /**
     * Returns what is known of the device.
     *
     * @return constant
     */
    DeviceInfo info();

    /**
     * Returns what its programs are written in.
     *
     * @return constant
     */
    Dialect dialect();

    /**
     * Allocates memory of unspecified content, aligned to 64 bytes at least.
     *
     * @param bytes the size, above 0
     * @return the memory
     * @throws dev.tenrec.error.OutOfDeviceMemory if there is no room
     */
    Memory allocate(long bytes);

    /**
     * Gives memory back once everything issued so far has finished. Does not wait.
     *
     * @param memory what is no longer used
     */
    void free(Memory memory);

    /**
     * Waits for the stream and lets the host address memory of a device with {@link DeviceInfo#hostMemory}.
     *
     * @param memory which
     * @param offset first byte
     * @param bytes how many
     * @param write whether the host overwrites all of them; otherwise it reads
     * @return the bytes, until {@link #unmap}
     */
    MemorySegment map(Memory memory, long offset, long bytes, boolean write);

    /**
     * Ends {@link #map}.
     *
     * @param memory which
     * @param segment what {@code map} returned
     */
    void unmap(Memory memory, MemorySegment segment);

    /**
     * Allocates host memory for transfers.
     *
     * @param bytes the size
     * @return the memory
     */
    Pinned allocatePinned(long bytes);

    /**
     * Gives host memory back. Nothing issued may still use it.
     *
     * @param pinned what is no longer used
     */
    void freePinned(Pinned pinned);

    /**
     * Issues a copy to the device.
     *
     * @param source host memory, unchanged until the copy has finished
     * @param bytes how many, from its start
     * @param target where to
     * @param offset first byte written in the target
     */
    void upload(Pinned source, long bytes, Memory target, long offset);

    /**
     * Issues a copy to the host.
     *
     * @param source where from
     * @param offset first byte read
     * @param target host memory, written from its start
     * @param bytes how many
     */
    void download(Memory source, long offset, Pinned target, long bytes);

    /**
     * Issues a copy within the device.
     *
     * @param source where from
     * @param sourceOffset first byte read
     * @param target where to; the ranges do not overlap
     * @param targetOffset first byte written
     * @param bytes how many
     */
    void copy(Memory source, long sourceOffset, Memory target, long targetOffset, long bytes);

    /**
     * Issues a write of zeros.
     *
     * @param memory which
     * @param offset first byte, a multiple of 4
     * @param bytes how many, a multiple of 4
     */
    void clear(Memory memory, long offset, long bytes);

    /**
     * Builds a program.
     *
     * @param source the text
     * @return the program
     * @throws BuildFailure with the compiler's log
     */
    Program build(ProgramSource source);

    /**
     * Makes a program of what {@link #binary} returned, perhaps in another process.
     *
     * @param source the text it was built from
     * @param binary the bytes
     * @return the program
     * @throws BuildFailure if the driver refuses them
     */
    Program load(ProgramSource source, byte[] binary);

    /**
     * Returns a program in a form that loads faster than its text builds, such as PTX or a device's own code.
     *
     * @param program a program
     * @return the bytes, or none if the driver has no such form
     */
    byte[] binary(Program program);

    /**
     * Finds a kernel.
     *
     * @param program where
     * @param name its name
     * @return the kernel
     */
    Function function(Program program, String name);

    /**
     * Issues a kernel.
     *
     * @param function which
     * @param grid groups and their size
     * @param arguments what it gets; may be reused when the call returns
     */
    void launch(Function function, Grid grid, Arguments arguments);

    /**
     * Says whether {@link #address} has an answer, so that structures may hold addresses of several buffers.
     *
     * @return false where kernels get buffers as arguments only
     */
    default boolean hasAddresses() {
        return false;
    }

    /**
     * Says whether kernels may multiply numbers of F32 on tensor cores, which round them to TF32: the device has such
     * cores and its user allows the rounding.
     *
     * @return false where F32 is computed in F32
     */
    default boolean multipliesTf32() {
        return false;
    }

    /**
     * Returns where memory lies for kernels. A launch whose arguments hold an address in a structure names the memory
     * with {@link Arguments#uses}.
     *
     * @param memory which
     * @return its first byte's address
     */
    default long address(Memory memory) {
        throw new UnsupportedOperationException("kernels get buffers as arguments only");
    }

    /**
     * Marks a point in the stream.
     *
     * @return the point, to be given to {@link #release}
     */
    Event record();

    /**
     * Marks the point after the last {@link #upload}, where uploads have a stream of their own; otherwise the same as
     * {@link #record}.
     *
     * @return the point, to be given to {@link #release}
     */
    default Event recordUpload() {
        return record();
    }

    /**
     * Hands the driver what the device may have held back to issue it together. All other methods that wait, mark or read
     * do so themselves; without them nothing else makes sure that work begins.
     */
    default void submit() {}

    /**
     * Says whether everything issued before a point has finished.
     *
     * @param event the point
     * @return true if {@link #await} would not wait
     */
    boolean isDone(Event event);

    /**
     * Waits until everything issued before a point has finished.
     *
     * @param event the point
     */
    void await(Event event);

    /**
     * Returns the time between two points that have been passed.
     *
     * @param start the earlier
     * @param end the later
     * @return seconds on the device's clock
     */
    double seconds(Event start, Event end);

    /**
     * Gives a point back.
     *
     * @param event no longer used
     */
    void release(Event event);

    /** Waits until everything issued has finished. */
    void synchronize();

    /** Waits for the stream and releases everything. */
    @Override
    void close();
}
