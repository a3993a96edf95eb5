package dev.tenrec.cpu;

import java.nio.ByteOrder;
import jdk.incubator.vector.VectorShape;

/** Constants of the vector kernels. Loaded only where the vector module is present. */
final class VectorWidth {
    /** Shape of the vectors. */
    static final VectorShape SHAPE = VectorShape.forBitSize(CpuVector.BITS);

    /** The same, but at most 256 bits: for short rows, which wider vectors would not fit into. */
    static final VectorShape MODEST = VectorShape.forBitSize(Math.min(CpuVector.BITS, 256));

    /** Byte order of tensors in memory. */
    static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private VectorWidth() {}
}
