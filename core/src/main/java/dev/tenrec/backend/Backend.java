package dev.tenrec.backend;

import dev.tenrec.ir.Kernel;
import dev.tenrec.type.Device;
import java.lang.foreign.MemorySegment;

/**
 * One device that runs kernels. All methods may be called from any thread at once.
 *
 * <p>Work may be asynchronous: kernels and copies take effect in the order they were issued, and {@link #download} and
 * {@link #synchronize} wait. Operands stay allocated until what was issued before their release has finished.
 */
public interface Backend extends AutoCloseable {

    /**
     * Returns which device this is.
     *
     * @return backend name and index
     */
    Device device();

    /**
     * Returns what the device is and can do.
     *
     * @return constant for the life of the backend
     */
    Capabilities capabilities();

    /**
     * Allocates device memory, aligned to 64 bytes at least, of unspecified content.
     *
     * @param bytes the size, above 0
     * @return the buffer
     * @throws dev.tenrec.error.OutOfDeviceMemory if the device has no room
     */
    DeviceBuffer allocate(long bytes);

    /**
     * Copies from host memory.
     *
     * @param source what to copy, whole; may be reused when the call returns
     * @param target where to
     * @param offset first byte written in the target
     */
    void upload(MemorySegment source, DeviceBuffer target, long offset);

    /**
     * Copies to host memory, after everything issued before has finished.
     *
     * @param source where from
     * @param offset first byte read in the source
     * @param target where to, filled whole
     */
    void download(DeviceBuffer source, long offset, MemorySegment target);

    /** Waits until everything issued has finished. */
    void synchronize();

    /**
     * Says whether {@link #together} makes fewer launches of many.
     *
     * @return if so, it is worth while to compute first what the launches need
     */
    default boolean joinsLaunches() {
        return false;
    }

    /**
     * Runs a body, in the calling thread, that launches much of the same kind, such as the updates of a model's parameters.
     * A backend may issue several launches of one kernel that do not depend on each other as one; what is seen of them is the
     * same. Whatever else is asked of it in between parts them.
     *
     * @param launches the body
     */
    default void together(Runnable launches) {
        launches.run();
    }

    /**
     * Says that a step ends, such as the update of a model's parameters. A backend that holds work back to issue it
     * together, as a graph for example, issues it now. Does not wait; others have nothing to do.
     */
    default void submit() {}

    /**
     * Prepares a kernel. Called once per structure; the result is kept and run many times.
     *
     * @param kernel the description
     * @return something that runs it
     * @throws dev.tenrec.error.KernelCompile if that fails
     */
    CompiledKernel compile(Kernel kernel);

    /** Releases the device. Buffers and compiled kernels become invalid. */
    @Override
    void close();
}
