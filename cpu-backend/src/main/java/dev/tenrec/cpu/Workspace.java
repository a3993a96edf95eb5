package dev.tenrec.cpu;

/**
 * Reusable buffers of one running kernel. Arrays grow to what was asked for and are kept; their content is undefined.
 * They are bounded by the panel budget of {@link BlockedGemm}.
 *
 * <p>A field is written only when its array grows: writing a reference marks a card of the collector, and two threads that
 * do so for every tile pass the line of that card back and forth.
 */
final class Workspace {
    private static final float[] NO_FLOATS = {};
    private static final double[] NO_DOUBLES = {};
    private static final int[] NO_INTS = {};
    private static final long[] NO_LONGS = {};

    /** Larger arrays are not kept. */
    private static final int LARGEST_KEPT = 1 << 22;

    private float[] floatPanelsA = NO_FLOATS;
    private float[] floatPanelsB = NO_FLOATS;
    private float[] floatTile = NO_FLOATS;
    private float[] floatRows = NO_FLOATS;
    private float[] floatImages = NO_FLOATS;
    private float[] floatUpstream = NO_FLOATS;
    private double[] doublePanelsA = NO_DOUBLES;
    private double[] doublePanelsB = NO_DOUBLES;
    private double[] doubleTile = NO_DOUBLES;
    private double[] doubleRows = NO_DOUBLES;
    private double[] doubleImages = NO_DOUBLES;
    private double[] doubleUpstream = NO_DOUBLES;
    private int[] runs = NO_INTS;
    private int[] columns = NO_INTS;
    private long[] targets = NO_LONGS;

    /** Packed panels of A. */
    float[] floatPanelsA(int size) {
        return floatPanelsA.length >= size ? floatPanelsA : (floatPanelsA = new float[roundUp(size)]);
    }

    /** Packed panels of B. */
    float[] floatPanelsB(int size) {
        return floatPanelsB.length >= size ? floatPanelsB : (floatPanelsB = new float[roundUp(size)]);
    }

    /** The tile of a micro-kernel. */
    float[] floatTile(int size) {
        return floatTile.length >= size ? floatTile : (floatTile = new float[roundUp(size)]);
    }

    /** Rows on their way from a segment into panels. */
    float[] floatRows(int size) {
        return floatRows.length >= size ? floatRows : (floatRows = new float[roundUp(size)]);
    }

    /** Packed panels of A. */
    double[] doublePanelsA(int size) {
        return doublePanelsA.length >= size ? doublePanelsA : (doublePanelsA = new double[roundUp(size)]);
    }

    /** Packed panels of B. */
    double[] doublePanelsB(int size) {
        return doublePanelsB.length >= size ? doublePanelsB : (doublePanelsB = new double[roundUp(size)]);
    }

    /** The tile of a micro-kernel. */
    double[] doubleTile(int size) {
        return doubleTile.length >= size ? doubleTile : (doubleTile = new double[roundUp(size)]);
    }

    /** Rows on their way from a segment into panels. */
    double[] doubleRows(int size) {
        return doubleRows.length >= size ? doubleRows : (doubleRows = new double[roundUp(size)]);
    }

    /** Padded images of a convolution. */
    float[] floatImages(int size) {
        if (size > LARGEST_KEPT) {
            return new float[size];
        }
        return floatImages.length >= size ? floatImages : (floatImages = new float[roundUp(size)]);
    }

    /** Gradients of a convolution's output. */
    float[] floatUpstream(int size) {
        if (size > LARGEST_KEPT) {
            return new float[size];
        }
        return floatUpstream.length >= size ? floatUpstream : (floatUpstream = new float[roundUp(size)]);
    }

    /** Padded images of a convolution. */
    double[] doubleImages(int size) {
        if (size > LARGEST_KEPT) {
            return new double[size];
        }
        return doubleImages.length >= size ? doubleImages : (doubleImages = new double[roundUp(size)]);
    }

    /** Gradients of a convolution's output. */
    double[] doubleUpstream(int size) {
        if (size > LARGEST_KEPT) {
            return new double[size];
        }
        return doubleUpstream.length >= size ? doubleUpstream : (doubleUpstream = new double[roundUp(size)]);
    }

    /** Runs of neighbouring columns. */
    int[] runs(int size) {
        return runs.length >= size ? runs : (runs = new int[roundUp(size)]);
    }

    /** Where columns read. */
    int[] columns(int size) {
        return columns.length >= size ? columns : (columns = new int[roundUp(size)]);
    }

    /** Where columns write. */
    long[] targets(int size) {
        return targets.length >= size ? targets : (targets = new long[roundUp(size)]);
    }

    /** A multiple of a page of floats, so that slightly different problems share an array. */
    private static int roundUp(int size) {
        return Math.addExact(size, 1023) & -1024;
    }
}
