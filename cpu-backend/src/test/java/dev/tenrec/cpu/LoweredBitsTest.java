package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tenrec.cpu.Binding.View;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Lowering;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The vector loops of functions give the bits of their lowering, so that it does not matter which of them runs.
 * {@code -Dtenrec.test.step=1} looks at all 2³² operands.
 */
class LoweredBitsTest {
    private static final int STEP = Integer.getInteger("tenrec.test.step", 40_009);
    private static final int N = Program.BLOCK;
    private static final float MODERATE = 0x1p20f;

    @BeforeEach
    void needsVectors() {
        assumeFalse(CpuVector.scalar(), "the scalar loops call the JDK's functions");
    }

    /** A program on memory: two operands, a result. */
    private static final class Rig implements AutoCloseable {
        private final Block block;

        Rig(Program program, MemorySegment a, MemorySegment b, MemorySegment result) {
            Layout dense = Layout.dense(Shape.of(N));
            List<View> inputs = List.of(View.of(a, DType.F32, dense), View.of(b, DType.F32, dense));
            List<View> outputs = List.of(View.of(result, DType.F32, dense));
            block = new Block(
                    new Binding(program, Shape.of(N), inputs, outputs, new long[0]), new ScratchPool(1), Program.BLOCK);
        }

        void run() {
            block.evaluate(0, N);
        }

        @Override
        public void close() {
            block.close();
        }
    }

    private static Program program(ScalarOp op, boolean lowered) {
        Expr a = Expr.input(0, DType.F32);
        List<Expr> args = op.arity() == 1 ? List.of(a) : List.of(a, Expr.input(1, DType.F32));
        Expr root = lowered ? Lowering.apply(op, args) : Expr.apply(op, args);
        DType[] types = {DType.F32, DType.F32};
        ProgramBuilder.Source source = new ProgramBuilder.Source(List.of(root), types, new boolean[2], false);
        return lowered ? ProgramBuilder.fused(source) : ProgramBuilder.separate(source);
    }

    private static int bits(MemorySegment segment, int i) {
        return Float.floatToIntBits(segment.getAtIndex(JAVA_FLOAT_UNALIGNED, i));
    }

    @ParameterizedTest
    @EnumSource(names = {"EXP", "LOG", "TANH", "ERF", "SIN", "COS"})
    void functionsOfOneOperand(ScalarOp op) {
        // Beyond it, the loops take the JDK's functions for single elements.
        float limit = op == ScalarOp.SIN || op == ScalarOp.COS ? MODERATE : Float.POSITIVE_INFINITY;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate(N * Float.BYTES, 64);
            MemorySegment loop = arena.allocate(N * Float.BYTES, 64);
            MemorySegment lowered = arena.allocate(N * Float.BYTES, 64);
            try (Rig first = new Rig(program(op, false), a, a, loop);
                    Rig second = new Rig(program(op, true), a, a, lowered)) {
                for (long start = 0; start < 1L << 32; start += (long) STEP * N) {
                    for (int i = 0; i < N; i++) {
                        float x = Float.intBitsToFloat((int) (start + (long) i * STEP));
                        a.setAtIndex(JAVA_FLOAT_UNALIGNED, i, Math.abs(x) > limit ? 1 : x);
                    }
                    first.run();
                    second.run();
                    compare(op, a, a, loop, lowered);
                }
            }
        }
    }

    /** Where the loop does not turn to the JDK's function: bases that are positive and normal. */
    @Test
    void powers() {
        Random random = new Random(1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate(N * Float.BYTES, 64);
            MemorySegment b = arena.allocate(N * Float.BYTES, 64);
            MemorySegment loop = arena.allocate(N * Float.BYTES, 64);
            MemorySegment lowered = arena.allocate(N * Float.BYTES, 64);
            try (Rig first = new Rig(program(ScalarOp.POW, false), a, b, loop);
                    Rig second = new Rig(program(ScalarOp.POW, true), a, b, lowered)) {
                for (int trial = 0; trial < 60; trial++) {
                    for (int i = 0; i < N; i++) {
                        a.setAtIndex(JAVA_FLOAT_UNALIGNED, i, (float) Math.exp(random.nextGaussian() * 20));
                        b.setAtIndex(JAVA_FLOAT_UNALIGNED, i, (float) (random.nextGaussian() * 30));
                    }
                    first.run();
                    second.run();
                    compare(ScalarOp.POW, a, b, loop, lowered);
                }
            }
        }
    }

    private static void compare(
            ScalarOp op, MemorySegment a, MemorySegment b, MemorySegment loop, MemorySegment lowered) {
        if (loop.mismatch(lowered) < 0) {
            return;
        }
        for (int i = 0; i < N; i++) {
            int at = i;
            assertEquals(
                    bits(loop, i),
                    bits(lowered, i),
                    () -> op + " of " + a.getAtIndex(JAVA_FLOAT_UNALIGNED, at) + ", "
                            + b.getAtIndex(JAVA_FLOAT_UNALIGNED, at));
        }
    }
}
