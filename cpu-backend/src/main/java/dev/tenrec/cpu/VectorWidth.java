package dev.tenrec.cpu;

import java.nio.ByteOrder;
import jdk.incubator.vector.VectorShape;

/** Constants of the vector kernels. Loaded only where the vector module is present. */
final class VectorWidth {
    /** Shape of the vectors. */
    static final VectorShape SHAPE = VectorShape.forBitSize(CpuVector.BITS);

    /** Byte order of tensors in memory. */
    static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private VectorWidth() {}
}
