package dev.tenrec.cpu;

import dev.tenrec.cpu.ConvolutionArrays.Dots;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums of products along lines: 3 lines with 4 others, 12 accumulators. Unlike a product of matrices it reads both sides
 * where they lie, without any packing, and 7 vectors for 12 multiply-adds.
 */
final class FloatDots {
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();

    /** Elements of the array of accumulators. */
    static final int ROOM = ConvolutionArrays.DOT_ROWS * ConvolutionArrays.DOT_COLS * LANES;

    private FloatDots() {}

    /** Writes the lanes of the 12 sums, row by row. */
    static void multiply(Dots dots, float[] up, int[] upAt, float[] image, int[] imageAt, float[] lanes) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = FloatVector.zero(SPECIES);
        FloatVector c02 = FloatVector.zero(SPECIES);
        FloatVector c03 = FloatVector.zero(SPECIES);
        FloatVector c10 = FloatVector.zero(SPECIES);
        FloatVector c11 = FloatVector.zero(SPECIES);
        FloatVector c12 = FloatVector.zero(SPECIES);
        FloatVector c13 = FloatVector.zero(SPECIES);
        FloatVector c20 = FloatVector.zero(SPECIES);
        FloatVector c21 = FloatVector.zero(SPECIES);
        FloatVector c22 = FloatVector.zero(SPECIES);
        FloatVector c23 = FloatVector.zero(SPECIES);
        int u0 = upAt[0];
        int u1 = upAt[1];
        int u2 = upAt[2];
        int x0 = imageAt[0];
        int x1 = imageAt[1];
        int x2 = imageAt[2];
        int x3 = imageAt[3];
        int length = dots.length();
        for (int n = 0; n < dots.examples(); n++) {
            for (int q = 0; q < length; q += LANES) {
                FloatVector a0 = FloatVector.fromArray(SPECIES, up, u0 + q);
                FloatVector a1 = FloatVector.fromArray(SPECIES, up, u1 + q);
                FloatVector a2 = FloatVector.fromArray(SPECIES, up, u2 + q);
                FloatVector b = FloatVector.fromArray(SPECIES, image, x0 + q);
                c00 = a0.fma(b, c00);
                c10 = a1.fma(b, c10);
                c20 = a2.fma(b, c20);
                VarHandle.loadLoadFence();
                b = FloatVector.fromArray(SPECIES, image, x1 + q);
                c01 = a0.fma(b, c01);
                c11 = a1.fma(b, c11);
                c21 = a2.fma(b, c21);
                VarHandle.loadLoadFence();
                b = FloatVector.fromArray(SPECIES, image, x2 + q);
                c02 = a0.fma(b, c02);
                c12 = a1.fma(b, c12);
                c22 = a2.fma(b, c22);
                VarHandle.loadLoadFence();
                b = FloatVector.fromArray(SPECIES, image, x3 + q);
                c03 = a0.fma(b, c03);
                c13 = a1.fma(b, c13);
                c23 = a2.fma(b, c23);
                VarHandle.loadLoadFence();
            }
            u0 += dots.upExample();
            u1 += dots.upExample();
            u2 += dots.upExample();
            x0 += dots.example();
            x1 += dots.example();
            x2 += dots.example();
            x3 += dots.example();
        }
        c00.intoArray(lanes, 0);
        c01.intoArray(lanes, LANES);
        c02.intoArray(lanes, 2 * LANES);
        c03.intoArray(lanes, 3 * LANES);
        c10.intoArray(lanes, 4 * LANES);
        c11.intoArray(lanes, 5 * LANES);
        c12.intoArray(lanes, 6 * LANES);
        c13.intoArray(lanes, 7 * LANES);
        c20.intoArray(lanes, 8 * LANES);
        c21.intoArray(lanes, 9 * LANES);
        c22.intoArray(lanes, 10 * LANES);
        c23.intoArray(lanes, 11 * LANES);
    }

    /** Adds the lanes of each sum, in order. */
    static void fold(float[] lanes, double[] sums) {
        for (int i = 0; i < ConvolutionArrays.DOT_ROWS * ConvolutionArrays.DOT_COLS; i++) {
            sums[i] = LaneFolds.sum(FloatVector.fromArray(SPECIES, lanes, i * LANES));
        }
    }
}
