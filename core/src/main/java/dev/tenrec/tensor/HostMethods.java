package dev.tenrec.tensor;

import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

/** Reads into Java. Elements come in row-major order, converted to the array's type. Reading computes what is pending. */
public sealed interface HostMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /** {@return the sizes} */
    Shape shape();

    /** {@return the element type} */
    DType dtype();

    /**
     * Reads the elements.
     *
     * @return a new array
     */
    default float[] toFloatArray() {
        float[] values = new float[Math.toIntExact(shape().elementCount())];
        HostReads.read(self(), DType.F32, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * Reads the elements.
     *
     * @return a new array
     */
    default double[] toDoubleArray() {
        double[] values = new double[Math.toIntExact(shape().elementCount())];
        HostReads.read(self(), DType.F64, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * Reads the elements; fractions are cut off.
     *
     * @return a new array
     */
    default int[] toIntArray() {
        int[] values = new int[Math.toIntExact(shape().elementCount())];
        HostReads.read(self(), DType.I32, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * Reads the elements; fractions are cut off.
     *
     * @return a new array
     */
    default long[] toLongArray() {
        long[] values = new long[Math.toIntExact(shape().elementCount())];
        HostReads.read(self(), DType.I64, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * Reads the elements as truth values: true for anything but 0.
     *
     * @return a new array
     */
    default boolean[] toBooleanArray() {
        byte[] bytes = new byte[Math.toIntExact(shape().elementCount())];
        HostReads.read(self(), DType.BOOL, MemorySegment.ofArray(bytes));
        boolean[] values = new boolean[bytes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = bytes[i] != 0;
        }
        return values;
    }

    /**
     * Reads the only element.
     *
     * @return its value
     * @throws ShapeMismatch if there is not exactly one element
     */
    default double item() {
        if (shape().elementCount() != 1) {
            throw new ShapeMismatch(Message.of("item", "not exactly one element")
                    .line("expected", "1 element")
                    .line("given", shape(), shape().elementCount() + " elements")
                    .hint("select or reduce first, or read an array")
                    .toString());
        }
        return toDoubleArray()[0];
    }

    /**
     * Copies the elements as they are into a segment.
     *
     * @param target dense, row-major, native byte order; of exactly the elements' size
     * @throws ShapeMismatch if the segment has another size
     */
    default void copyTo(MemorySegment target) {
        long bytes = Math.multiplyExact(shape().elementCount(), dtype().byteSize());
        if (target.byteSize() != bytes) {
            throw new ShapeMismatch(Message.of("copyTo", "segment has another size")
                    .line("expected", bytes + " bytes", dtype() + " " + shape())
                    .line("given", target.byteSize() + " bytes")
                    .toString());
        }
        HostReads.copy(self(), target);
    }

    /**
     * Reads the elements on another thread. The tensor may be closed meanwhile.
     *
     * @return completes with a new array
     */
    default CompletableFuture<float[]> toFloatArrayAsync() {
        Tensor held = self().alias();
        held.leaveScopes();
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return held.toFloatArray();
                    } finally {
                        held.close();
                    }
                },
                HostReads.READERS);
    }
}
