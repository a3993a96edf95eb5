package dev.tenrec.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What an IDX file holds: {@code elementType [sizes]}. The format stores two zero bytes, the type's code, the rank and
 * one big-endian 32-bit size per axis.
 *
 * @param elementType the type of the elements
 * @param sizes the size of each axis: 1 to 8 axes, each size 1 to 2^31 - 1
 */
public record IdxHeader(IdxElementType elementType, List<Long> sizes) {
    /** The highest rank that is read or written. */
    public static final int MAX_RANK = 8;

    /**
     * Checks rank and sizes.
     *
     * @throws IllegalArgumentException if the rank or a size is out of range, or the file would exceed 2^63 - 1 bytes
     */
    public IdxHeader {
        Objects.requireNonNull(elementType, "elementType");
        sizes = List.copyOf(sizes);
        if (sizes.isEmpty() || sizes.size() > MAX_RANK) {
            throw new IllegalArgumentException("idx: expected rank 1 to " + MAX_RANK + ", given " + sizes.size());
        }
        if (sizes.stream().anyMatch(size -> size < 1 || size > Integer.MAX_VALUE)) {
            throw new IllegalArgumentException("idx: expected sizes of 1 to 2147483647, given " + sizes);
        }
        try {
            // The header is counted too, so that sums of both cannot overflow later.
            long bytes = elementType.byteSize();
            for (long size : sizes) {
                bytes = Math.multiplyExact(bytes, size);
            }
            Math.addExact(bytes, 4 + 4 * sizes.size());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "idx: expected fewer than 2^63 bytes, given " + elementType + " " + sizes, e);
        }
    }

    /**
     * Describes elements of one type.
     *
     * @param elementType the type of the elements
     * @param sizes the size of each axis
     * @return the header
     * @throws IllegalArgumentException if the rank or a size is out of range
     */
    public static IdxHeader of(IdxElementType elementType, long... sizes) {
        List<Long> list = new ArrayList<>(sizes.length);
        for (long size : sizes) {
            list.add(size);
        }
        return new IdxHeader(elementType, list);
    }

    /** {@return the number of axes} */
    public int rank() {
        return sizes.size();
    }

    /** {@return the number of elements} */
    public long elementCount() {
        long count = 1;
        for (long size : sizes) {
            count *= size;
        }
        return count;
    }

    /** {@return the bytes of the elements, without the header} */
    public long payloadBytes() {
        return elementCount() * elementType.byteSize();
    }

    /** {@return the bytes of the header in the file} */
    public int headerBytes() {
        return 4 + 4 * rank();
    }

    /** {@return for example {@code u8 [60000, 28, 28]}} */
    @Override
    public String toString() {
        return elementType + " " + sizes;
    }
}
