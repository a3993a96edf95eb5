package dev.tenrec.cpu;

/**
 * Reusable buffers of one running kernel. Arrays grow to what was asked for and are kept; their content is undefined.
 * They are bounded by the panel budget of {@link BlockedGemm}.
 */
final class Workspace {
    private static final float[] NO_FLOATS = {};
    private static final double[] NO_DOUBLES = {};

    private float[] floatPanelsA = NO_FLOATS;
    private float[] floatPanelsB = NO_FLOATS;
    private float[] floatTile = NO_FLOATS;
    private float[] floatRows = NO_FLOATS;
    private double[] doublePanelsA = NO_DOUBLES;
    private double[] doublePanelsB = NO_DOUBLES;
    private double[] doubleTile = NO_DOUBLES;
    private double[] doubleRows = NO_DOUBLES;

    /** Packed panels of A. */
    float[] floatPanelsA(int size) {
        return floatPanelsA = grown(floatPanelsA, size);
    }

    /** Packed panels of B. */
    float[] floatPanelsB(int size) {
        return floatPanelsB = grown(floatPanelsB, size);
    }

    /** The tile of a micro-kernel. */
    float[] floatTile(int size) {
        return floatTile = grown(floatTile, size);
    }

    /** Rows on their way from a segment into panels. */
    float[] floatRows(int size) {
        return floatRows = grown(floatRows, size);
    }

    /** Packed panels of A. */
    double[] doublePanelsA(int size) {
        return doublePanelsA = grown(doublePanelsA, size);
    }

    /** Packed panels of B. */
    double[] doublePanelsB(int size) {
        return doublePanelsB = grown(doublePanelsB, size);
    }

    /** The tile of a micro-kernel. */
    double[] doubleTile(int size) {
        return doubleTile = grown(doubleTile, size);
    }

    /** Rows on their way from a segment into panels. */
    double[] doubleRows(int size) {
        return doubleRows = grown(doubleRows, size);
    }

    private static float[] grown(float[] array, int size) {
        return array.length >= size ? array : new float[roundUp(size)];
    }

    private static double[] grown(double[] array, int size) {
        return array.length >= size ? array : new double[roundUp(size)];
    }

    /** A multiple of a page of floats, so that slightly different problems share an array. */
    private static int roundUp(int size) {
        return Math.addExact(size, 1023) & -1024;
    }
}
