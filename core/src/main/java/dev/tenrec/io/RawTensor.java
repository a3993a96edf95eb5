package dev.tenrec.io;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;

/**
 * The bytes of a tensor with what they mean: dense, row-major, little-endian.
 *
 * @param dtype the element type
 * @param shape the sizes
 * @param data the elements; may start at any address, so use the unaligned value layouts
 */
public record RawTensor(DType dtype, Shape shape, MemorySegment data) implements TensorSource {

    /**
     * Checks that the data has as many bytes as the shape says.
     *
     * @throws InvalidArgument if it has not
     */
    public RawTensor {
        long expected = Tensors.byteCount("tensor", dtype, shape);
        if (data.byteSize() != expected) {
            throw new InvalidArgument(Message.of("tensor", "data does not fit the shape")
                    .line("expected", expected + " bytes", dtype + " " + shape)
                    .line("given", data.byteSize() + " bytes")
                    .toString());
        }
    }
}
