package dev.tenrec.ir;

import static dev.tenrec.ir.Lowering.fma;
import static dev.tenrec.ir.Lowering.integer;
import static dev.tenrec.ir.Lowering.integers;
import static dev.tenrec.ir.Lowering.shiftLeft;

import dev.tenrec.type.DType;
import java.util.List;

/**
 * Sine and cosine of F32 by arithmetic. Up to 2²⁰ the argument is reduced by multiples of π/2 in three parts (Cody and
 * Waite); beyond that with as many bits of 2/π as the largest number needs (Payne and Hanek), in double precision.
 */
final class LoweredTrigonometry {
    private static final double LIMIT = 0x1p20;
    private static final double TWO_OVER_PI = 0.63661977f;

    // π/2 in three parts, all positive: then reducing −0 keeps its sign.
    private static final float[] HALF_PI = {0x1.921fb4p+0f, 0x1.4442dp-24f, 0x1.84698ap-48f};

    /** From the power 9 down to 3, odd ones. */
    private static final float[] SIN = {2.7173676e-6f, -1.9839233e-4f, 0.008333329f, -0.16666667f};

    /** From the power 8 down to 0, even ones. */
    private static final float[] COS = {2.4425675e-5f, -0.0013887251f, 0.041666646f, -0.5f, 1f};

    /** 2/π in pieces of 29 bits: the product of one with an F32 is exact in F64. */
    private static final double[] PIECES = {
        0x1.45f306dp-1,
        0x1.9391054p-30,
        0x1.4fe13abp-59,
        0x1.d1f534dp-88,
        0x1.b81b6c5p-117,
        0x1.5993c4p-148,
        0x1.c820ff2p-175,
        0x1.163abdep-204
    };

    private LoweredTrigonometry() {}

    static Expr sin(Expr x) {
        return sine(x, 0);
    }

    static Expr cos(Expr x) {
        return sine(x, 1);
    }

    /** With quadrants turned by {@code turn}: 0 gives the sine, 1 the cosine. */
    private static Expr sine(Expr x, int turn) {
        return x.abs().gt(LIMIT).choose(ofLarge(x, turn), ofModerate(x, turn));
    }

    private static Expr ofModerate(Expr x, int turn) {
        Expr shifted = fma(x, x.like(TWO_OVER_PI), x.like(Lowering.MAGIC));
        Expr whole = shifted.sub(Lowering.MAGIC);
        Expr f = x;
        for (float part : HALF_PI) {
            f = fma(whole, x.like(-part), f);
        }
        return inQuadrant(f, integers(shifted).add(turn));
    }

    /**
     * x·2/π modulo 4, piece by piece: the product is exact, and so is taking its multiples of 4 away. The pieces' sum
     * carries its rounding errors along, since it may cancel.
     */
    private static Expr ofLarge(Expr x, int turn) {
        Expr real = x.cast(DType.F64);
        Expr high = real.like(0);
        Expr low = real.like(0);
        for (double piece : PIECES) {
            Expr product = real.mul(piece);
            Expr rest = product.sub(round(product.mul(0.25)).mul(4));
            Expr sum = high.add(rest);
            Expr added = sum.sub(high);
            Expr error = high.sub(sum.sub(added)).add(rest.sub(added));
            high = sum;
            low = low.add(error);
        }
        Expr whole = round(high);
        Expr f = high.sub(whole).add(low).mul(Math.PI / 2).cast(DType.F32);
        return inQuadrant(f, whole.cast(DType.I32).add(turn));
    }

    private static Expr round(Expr x) {
        return Expr.apply(ScalarOp.ROUND, List.of(x));
    }

    private static Expr inQuadrant(Expr f, Expr quadrant) {
        Expr odd = and(quadrant, 1).eq(1);
        Expr t = f.mul(f);
        Expr sine = f.mul(fma(t, Lowering.polynomial(t, SIN), f.like(1)));
        Expr value = odd.choose(Lowering.polynomial(t, COS), sine);
        Expr sign = shiftLeft(and(quadrant, 2), 30);
        return Lowering.floats(Expr.apply(ScalarOp.XOR, List.of(integers(value), sign)));
    }

    private static Expr and(Expr x, int bits) {
        return Expr.apply(ScalarOp.AND, List.of(x, integer(bits)));
    }
}
