package dev.tenrec.cpu;

import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/**
 * The elements of a line beyond the last whole {@link Program#GRANULE}, padded in scratch memory, so that loops need no
 * tails of their own. Two slots.
 */
final class Tail implements AutoCloseable {
    /** Elements before the tail. */
    final int whole;

    /** Elements of the tail. */
    final int rest;

    /** Holds the slots. */
    final MemorySegment memory;

    private final ScratchPool pool;
    private final DType dtype;
    private final int size;

    /** For lines of n elements. */
    Tail(ScratchPool pool, DType dtype, int n) {
        this.pool = pool;
        this.dtype = dtype;
        this.size = dtype.byteSize();
        this.whole = n & -Program.GRANULE;
        this.rest = n - whole;
        // Room for a whole line besides the slots.
        this.memory = pool.acquire((2L * Program.GRANULE + n) * size);
    }

    /** Byte offset of a slot; slot 2 has room for a line. */
    long slot(int slot) {
        return (long) slot * Program.GRANULE * size;
    }

    /** Brings the tail of a line into a slot, padded. */
    void load(MemorySegment line, long at, int slot, double padding) {
        Elements.fill(
                size, memory, slot(slot), Elements.bits(dtype, Double.doubleToRawLongBits(padding)), Program.GRANULE);
        Elements.copy(size, line, at + (long) whole * size, size, memory, slot(slot), size, rest);
    }

    /** Brings slot 0 into the tail of a line. */
    void store(MemorySegment line, long at) {
        Elements.copy(size, memory, 0, size, line, at + (long) whole * size, size, rest);
    }

    /** log Σ e^(x − largest) of a line; scratch has room for it. */
    double logOfSum(Lines lines, MemorySegment x, long xo, double largest, MemorySegment line, long lo) {
        double sum = lines.sumOfExponentials(x, xo, largest, line, lo, whole);
        if (rest > 0) {
            load(x, xo, 0, Double.NEGATIVE_INFINITY);
            sum += lines.sumOfExponentials(memory, 0, largest, memory, 0, Program.GRANULE);
        }
        return StrictMath.log(sum);
    }

    @Override
    public void close() {
        pool.release(memory);
    }
}
