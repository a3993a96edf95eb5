package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.VectorSpecies;

/** What the hidden classes of fused loops refer to. Small, so that all of it is inlined into them. */
final class LoopSpecies {
    static final VectorSpecies<Float> F32 = VectorWidth.SHAPE.withLanes(float.class);
    static final VectorSpecies<Integer> I32 = VectorWidth.SHAPE.withLanes(int.class);
    static final VectorSpecies<Double> F64 = VectorWidth.SHAPE.withLanes(double.class);
    static final VectorSpecies<Long> I64 = VectorWidth.SHAPE.withLanes(long.class);

    /** All memory: a constant, so that neither its bounds nor its lifetime are looked up in a loop. */
    static final MemorySegment MEMORY = allMemory();

    private LoopSpecies() {}

    @SuppressWarnings("restricted")
    private static MemorySegment allMemory() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    static float f32(long at) {
        return MEMORY.get(JAVA_FLOAT_UNALIGNED, at);
    }

    static int i32(long at) {
        return MEMORY.get(JAVA_INT_UNALIGNED, at);
    }

    static double f64(long at) {
        return MEMORY.get(JAVA_DOUBLE_UNALIGNED, at);
    }

    static long i64(long at) {
        return MEMORY.get(JAVA_LONG_UNALIGNED, at);
    }

    static boolean bool(long at) {
        return MEMORY.get(JAVA_BYTE, at) != 0;
    }

    /** Two truth values as bits. */
    static long read2(long at) {
        return BoolBytes.gather(MEMORY.get(JAVA_SHORT_UNALIGNED, at) & 0xFFFFL) & 3;
    }

    /** Four truth values as bits. */
    static long read4(long at) {
        return BoolBytes.gather(MEMORY.get(JAVA_INT_UNALIGNED, at) & 0xFFFFFFFFL) & 15;
    }

    /** Eight truth values as bits. */
    static long read8(long at) {
        return BoolBytes.gather(MEMORY.get(JAVA_LONG_UNALIGNED, at));
    }

    /** Sixteen truth values as bits. */
    static long read16(long at) {
        return read8(at) | read8(at + 8) << 8;
    }

    /** Writes two bits as truth values. */
    static void write2(long bits, long at) {
        MEMORY.set(JAVA_SHORT_UNALIGNED, at, (short) BoolBytes.spread(bits));
    }

    /** Writes four bits as truth values. */
    static void write4(long bits, long at) {
        MEMORY.set(JAVA_INT_UNALIGNED, at, (int) BoolBytes.spread(bits));
    }

    /** Writes eight bits as truth values. */
    static void write8(long bits, long at) {
        MEMORY.set(JAVA_LONG_UNALIGNED, at, BoolBytes.spread(bits));
    }

    /** Writes sixteen bits as truth values. */
    static void write16(long bits, long at) {
        write8(bits, at);
        write8(bits >>> 8, at + 8);
    }
}
