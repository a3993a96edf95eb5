package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The loops with vectors, each once it is compiled, and until then those without. Both give the same bits. */
final class WarmingPrimitives extends Primitives {
    private static final VectorPrimitives VECTORS = new VectorPrimitives();
    private static final PlainPrimitives PLAIN = new PlainPrimitives();

    private static final int OPS = ScalarOp.values().length;
    private static final int TYPES = DType.values().length;

    // By type and primitive; null where a loop has one form.
    private static final Warmth[] UNARY = new Warmth[TYPES * OPS];
    private static final Warmth[] BINARY = new Warmth[TYPES * OPS];
    private static final Warmth[] COMPARE = new Warmth[TYPES * OPS];
    private static final Warmth[] CHOOSE = new Warmth[TYPES * OPS];
    private static final Warmth[] REDUCE = new Warmth[TYPES * OPS];
    private static final Warmth[] FMA = new Warmth[TYPES];
    private static final Warmth[] SELECT = new Warmth[Long.BYTES + 1];

    /** Elements of a trial: so many that what a call takes does not hide how slow vectors are. */
    private static final int N = 16 * Program.GRANULE;

    /** Instructions on each vector, with its loads and its store: of arithmetic, of rounding, of a function. */
    private static final int FEW = 4;

    private static final int SOME = 12;
    private static final int MANY = 30;

    /** Elements after which a loop is worth the time: with fewer, or once it is part of a fused loop, it is not. */
    private static final long LEAST = 40_000_000;

    static {
        for (DType type : new DType[] {DType.F32, DType.F64, DType.I32, DType.I64}) {
            MemorySegment a = operand(type);
            for (ScalarOp op : ScalarOp.values()) {
                if (op.accepts(type)) {
                    make(op, type, a, memory());
                }
            }
        }
        for (int size : new int[] {1, Integer.BYTES, Long.BYTES}) {
            MemorySegment a = memory();
            MemorySegment r = memory();
            SELECT[size] =
                    new Warmth(LEAST, FEW * vectors(size), () -> VECTORS.select(size, a, 0, a, 0, a, 0, r, 0, N));
        }
    }

    private static void make(ScalarOp op, DType t, MemorySegment a, MemorySegment r) {
        int at = index(op, t);
        int n = vectors(t.byteSize());
        switch (op) {
            case LT, LE, EQ -> {
                COMPARE[at] = new Warmth(LEAST, FEW * n, () -> VECTORS.compare(op, t, a, 0, a, 0, r, 0, N));
                CHOOSE[at] = new Warmth(LEAST, FEW * n, () -> VECTORS.choose(op, t, a, 0, a, 0, a, 0, a, 0, r, 0, N));
            }
            case FMA -> FMA[t.ordinal()] = new Warmth(LEAST, FEW * n, () -> VECTORS.fma(t, a, 0, a, 0, a, 0, r, 0, N));
            default -> {
                if (op.arity() == 1 && VectorPrimitives.hasUnary(op, t) && PlainPrimitives.hasUnary(op, t)) {
                    int weight = switch (op) {
                        case FLOOR, CEIL, ROUND -> SOME;
                        default -> t == DType.F32 && PlainFloats.hasFunction(op) ? MANY : FEW;
                    };
                    UNARY[at] = new Warmth(LEAST, weight * n, () -> VECTORS.unary(op, t, a, 0, r, 0, N));
                } else if (op.arity() == 2 && VectorPrimitives.hasBinary(op, t) && PlainPrimitives.hasBinary(op, t)) {
                    BINARY[at] = new Warmth(LEAST, FEW * n, () -> VECTORS.binary(op, t, a, 0, a, 0, r, 0, N));
                }
            }
        }
        switch (op) {
            case ADD, MUL, MIN, MAX -> REDUCE[at] = new Warmth(LEAST, FEW * n, () -> reduce(op, t, a));
            default -> {}
        }
    }

    private static void reduce(ScalarOp op, DType type, MemorySegment a) {
        switch (type) {
            case F32 -> VECTORS.reduceFloats(op, a, 0, N);
            case F64 -> VECTORS.reduceDoubles(op, a, 0, N);
            case I32 -> VECTORS.reduceInts(op, a, 0, N);
            default -> VECTORS.reduceLongs(op, a, 0, N);
        }
    }

    private static MemorySegment memory() {
        return Arena.global().allocate((long) N * Long.BYTES, 64);
    }

    /** Numbers that take no slow path: one half, or one where there are no fractions. */
    private static MemorySegment operand(DType type) {
        MemorySegment memory = memory();
        long value = type.isFloating() ? Double.doubleToRawLongBits(0.5) : 1;
        Elements.fill(type.byteSize(), memory, 0, Elements.bits(type, value), N);
        return memory;
    }

    /** How many vectors a trial works on. */
    private static int vectors(int size) {
        return Math.ceilDiv(N * size * Byte.SIZE, CpuVector.BITS);
    }

    private static int index(ScalarOp op, DType type) {
        return type.ordinal() * OPS + op.ordinal();
    }

    private static Primitives warm(Warmth warmth, int n) {
        return warmth == null || warmth.isWarm(n) ? VECTORS : PLAIN;
    }

    @Override
    void unary(ScalarOp op, DType dtype, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        warm(UNARY[index(op, dtype)], n).unary(op, dtype, a, ao, r, ro, n);
    }

    @Override
    void binary(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        warm(BINARY[index(op, dtype)], n).binary(op, dtype, a, ao, b, bo, r, ro, n);
    }

    @Override
    void compare(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        warm(COMPARE[index(op, dtype)], n).compare(op, dtype, a, ao, b, bo, r, ro, n);
    }

    @Override
    void fma(
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment r,
            long ro,
            int n) {
        warm(FMA[dtype.ordinal()], n).fma(dtype, a, ao, b, bo, c, co, r, ro, n);
    }

    @Override
    void select(
            int size,
            MemorySegment mask,
            long mo,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        warm(SELECT[size], n).select(size, mask, mo, a, ao, b, bo, r, ro, n);
    }

    @Override
    void choose(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment d,
            long dd,
            MemorySegment r,
            long ro,
            int n) {
        warm(CHOOSE[index(op, dtype)], n).choose(op, dtype, a, ao, b, bo, c, co, d, dd, r, ro, n);
    }

    @Override
    void convert(DType from, DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        VECTORS.convert(from, to, a, ao, r, ro, n);
    }

    @Override
    float reduceFloats(ScalarOp op, MemorySegment a, long ao, int n) {
        return warm(REDUCE[index(op, DType.F32)], n).reduceFloats(op, a, ao, n);
    }

    @Override
    double reduceDoubles(ScalarOp op, MemorySegment a, long ao, int n) {
        return warm(REDUCE[index(op, DType.F64)], n).reduceDoubles(op, a, ao, n);
    }

    @Override
    int reduceInts(ScalarOp op, MemorySegment a, long ao, int n) {
        return warm(REDUCE[index(op, DType.I32)], n).reduceInts(op, a, ao, n);
    }

    @Override
    long reduceLongs(ScalarOp op, MemorySegment a, long ao, int n) {
        return warm(REDUCE[index(op, DType.I64)], n).reduceLongs(op, a, ao, n);
    }
}
