package dev.tenrec.io;

import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A tensor to be written to a file. A writer takes the data of one source at a time and has done with it before it asks
 * the next, so a source may read from a device into a buffer it uses again.
 */
public interface TensorSource {

    /**
     * Returns the element type.
     *
     * @return the type; the same at every call
     */
    DType dtype();

    /**
     * Returns the sizes.
     *
     * @return the shape; the same at every call
     */
    Shape shape();

    /**
     * Returns the elements: dense, row-major, little-endian, {@code shape().elementCount() * dtype().byteSize()} bytes.
     * Any segment will do, native or on the heap.
     *
     * @return the bytes, valid until the next source is asked
     * @throws IOException if they cannot be fetched; the file is then not written
     */
    MemorySegment data() throws IOException;
}
