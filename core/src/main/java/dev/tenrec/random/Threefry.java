package dev.tenrec.random;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.List;

/**
 * Threefry-2x32 with 20 rounds: a counter-based generator that turns a key of two words and a counter of two words into
 * two random words (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011). Once on Java
 * ints, once as an expression.
 */
final class Threefry {

    private static final int PARITY = 0x1BD11BDA;
    private static final int ROUNDS = 20;
    private static final int ROUNDS_PER_KEY = 4;
    private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};

    private Threefry() {}

    /** Returns two words; the first in the low half. */
    static long words(int key0, int key1, int counter0, int counter1) {
        int[] keys = {key0, key1, PARITY ^ key0 ^ key1};
        int x0 = counter0 + keys[0];
        int x1 = counter1 + keys[1];
        for (int round = 0; round < ROUNDS; round++) {
            x0 += x1;
            x1 = Integer.rotateLeft(x1, ROTATIONS[round % ROTATIONS.length]) ^ x0;
            if ((round + 1) % ROUNDS_PER_KEY == 0) {
                int step = (round + 1) / ROUNDS_PER_KEY;
                x0 += keys[step % 3];
                x1 += keys[(step + 1) % 3] + step;
            }
        }
        return Integer.toUnsignedLong(x0) | (long) x1 << 32;
    }

    /** The two I32 words for the row-major position in the iteration space. */
    static Expr[] words(Expr key0, Expr key1) {
        Expr position = Expr.index(Expr.Index.FLAT);
        Expr low = position.cast(DType.I32);
        Expr high = apply(ScalarOp.SHR, position, position.like(32)).cast(DType.I32);
        Expr[] keys = {key0, key1, apply(ScalarOp.XOR, word(PARITY), apply(ScalarOp.XOR, key0, key1))};
        Expr x0 = low.add(keys[0]);
        Expr x1 = high.add(keys[1]);
        for (int round = 0; round < ROUNDS; round++) {
            x0 = x0.add(x1);
            int rotation = ROTATIONS[round % ROTATIONS.length];
            Expr rotated = apply(
                    ScalarOp.OR,
                    apply(ScalarOp.SHL, x1, word(rotation)),
                    apply(ScalarOp.SHR, x1, word(Integer.SIZE - rotation)));
            x1 = apply(ScalarOp.XOR, rotated, x0);
            if ((round + 1) % ROUNDS_PER_KEY == 0) {
                int step = (round + 1) / ROUNDS_PER_KEY;
                x0 = x0.add(keys[step % 3]);
                x1 = x1.add(keys[(step + 1) % 3].add(word(step)));
            }
        }
        return new Expr[] {x0, x1};
    }

    private static Expr word(int value) {
        return Expr.constantBits(DType.I32, value);
    }

    private static Expr apply(ScalarOp op, Expr a, Expr b) {
        return Expr.apply(op, List.of(a, b));
    }

    /** The upper bits of a word as a number in [0, 2^bits). */
    static Expr upperBits(Expr word, int bits, DType dtype) {
        return apply(ScalarOp.SHR, word, word(Integer.SIZE - bits)).cast(dtype);
    }
}
