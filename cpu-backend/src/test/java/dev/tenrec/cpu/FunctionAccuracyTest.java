package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Functions of 32-bit floats over dense samples of all bit patterns, against double precision. */
class FunctionAccuracyTest {
    /** A prime, so that samples meet all low bits. */
    private static final int STEP = Integer.getInteger("tenrec.test.step", 4099);

    private static void check(ScalarOp op) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(2 * Program.BLOCK * Float.BYTES, 64);
            int half = Program.BLOCK * Float.BYTES;
            double worst = 0;
            float worstAt = 0;
            for (long bits = 0; bits < 1L << 32; bits += (long) STEP * Program.BLOCK) {
                for (int i = 0; i < Program.BLOCK; i++) {
                    float x = Float.intBitsToFloat((int) (bits + (long) i * STEP));
                    memory.setAtIndex(JAVA_FLOAT_UNALIGNED, i, x);
                }
                Primitives.INSTANCE.unary(op, DType.F32, memory, 0, memory, half, Program.BLOCK);
                for (int i = 0; i < Program.BLOCK; i++) {
                    float x = memory.getAtIndex(JAVA_FLOAT_UNALIGNED, i);
                    float y = memory.getAtIndex(JAVA_FLOAT_UNALIGNED, Program.BLOCK + i);
                    double error = Fixture.ulps(DType.F32, op.evaluate(x, 0, 0), y);
                    if (!(error <= worst)) {
                        worst = error;
                        worstAt = x;
                    }
                }
            }
            System.out.printf("%s: %.3f ulp at %s%n", op, worst, worstAt);
            assertTrue(worst <= op.ulps(), op + ": " + worst + " ulp at " + worstAt);
        }
    }

    @Test
    void exp() {
        check(ScalarOp.EXP);
    }

    @Test
    void log() {
        check(ScalarOp.LOG);
    }

    @Test
    void tanh() {
        check(ScalarOp.TANH);
    }

    @Test
    void erf() {
        check(ScalarOp.ERF);
    }

    @Test
    void sin() {
        check(ScalarOp.SIN);
    }

    @Test
    void cos() {
        check(ScalarOp.COS);
    }

    @Test
    void rsqrt() {
        check(ScalarOp.RSQRT);
    }

    @Test
    void pow() {
        float[] bases = {
            0f,
            -0f,
            1f,
            -1f,
            2f,
            -2f,
            0.5f,
            3f,
            -3f,
            0.99999f,
            1.00001f,
            1e-40f,
            -1e-40f,
            1e30f,
            -7.5f,
            0.1f,
            10f,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MAX_VALUE,
            Float.MIN_NORMAL
        };
        float[] exponents = {
            0f,
            -0f,
            1f,
            -1f,
            2f,
            3f,
            -3f,
            0.5f,
            -0.5f,
            2.5f,
            1e10f,
            -1e10f,
            7f,
            127f,
            -149f,
            -126.3f,
            33554433f,
            16777217f,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            1f / 3,
            1e-30f
        };
        java.util.Random random = new java.util.Random(1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(48 * Float.BYTES, 64);
            double worst = 0;
            for (int trial = 0; trial < 60_000; trial++) {
                for (int i = 0; i < 16; i++) {
                    boolean special = random.nextInt(4) == 0;
                    float a =
                            special ? bases[random.nextInt(bases.length)] : (float) Math.exp(random.nextGaussian() * 9);
                    float b = special
                            ? exponents[random.nextInt(exponents.length)]
                            : (float) (random.nextGaussian() * 80 / Math.max(0.5, Math.abs(Math.log(Math.abs(a)))));
                    memory.setAtIndex(JAVA_FLOAT_UNALIGNED, i, a);
                    memory.setAtIndex(JAVA_FLOAT_UNALIGNED, 16 + i, b);
                }
                Primitives.INSTANCE.binary(ScalarOp.POW, DType.F32, memory, 0, memory, 64, memory, 128, 16);
                for (int i = 0; i < 16; i++) {
                    float a = memory.getAtIndex(JAVA_FLOAT_UNALIGNED, i);
                    float b = memory.getAtIndex(JAVA_FLOAT_UNALIGNED, 16 + i);
                    float y = memory.getAtIndex(JAVA_FLOAT_UNALIGNED, 32 + i);
                    double error = Fixture.ulps(DType.F32, StrictMath.pow(a, b), y);
                    assertTrue(error <= ScalarOp.POW.ulps(), a + "^" + b + " = " + y + ": " + error + " ulp");
                    worst = Math.max(worst, error);
                }
            }
            System.out.printf("POW: %.3f ulp%n", worst);
        }
    }

    @Test
    void oneElementGivesTheSameBitsAnywhere() {
        ScalarOp[] ops = {ScalarOp.EXP, ScalarOp.LOG, ScalarOp.TANH, ScalarOp.ERF, ScalarOp.SIN, ScalarOp.COS};
        java.util.Random random = new java.util.Random(2);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(32 * Float.BYTES, 64);
            for (ScalarOp op : ops) {
                for (int trial = 0; trial < 2000; trial++) {
                    float x = (float) (random.nextGaussian() * 10);
                    int[] bits = new int[2];
                    for (int turn = 0; turn < 2; turn++) {
                        for (int i = 0; i < 16; i++) {
                            memory.setAtIndex(JAVA_FLOAT_UNALIGNED, i, Float.intBitsToFloat(random.nextInt()));
                        }
                        int at = random.nextInt(16);
                        memory.setAtIndex(JAVA_FLOAT_UNALIGNED, at, x);
                        Primitives.INSTANCE.unary(op, DType.F32, memory, 0, memory, 64, 16);
                        bits[turn] = Float.floatToRawIntBits(memory.getAtIndex(JAVA_FLOAT_UNALIGNED, 16 + at));
                    }
                    assertEquals(bits[0], bits[1], op + " of " + x);
                }
            }
        }
    }
}
