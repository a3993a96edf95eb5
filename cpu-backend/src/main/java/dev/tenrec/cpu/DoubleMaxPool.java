package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Max pooling of 64-bit doubles. Windows of four elements, the most frequent ones, have loops of their own. */
final class DoubleMaxPool extends MaxPoolArrays {
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private double[] x;
    private double[] y;
    private double[] g;
    private double[] dx;

    @Override
    void reserve(Workspace local, int in, int out) {
        x = local.doubleImages(in);
        y = local.doubleRows(out);
        g = local.doublePanelsB(out);
        dx = local.doubleUpstream(in);
    }

    private double[] array(int array) {
        return switch (array) {
            case X -> x;
            case Y -> y;
            default -> g;
        };
    }

    @Override
    void read(int array, MemorySegment memory, long first, long stride, int count, int start) {
        double[] to = array(array);
        if (stride == 1) {
            MemorySegment.copy(memory, ELEMENT, first * Double.BYTES, to, start, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            to[start + i] = memory.get(ELEMENT, (first + i * stride) * Double.BYTES);
        }
    }

    @Override
    void clear(int count) {
        Arrays.fill(dx, 0, count, 0.0);
    }

    @Override
    void write(boolean gradient, MemorySegment memory, long first, int count) {
        MemorySegment.copy(gradient ? dx : y, 0, memory, ELEMENT, first * Double.BYTES, count);
    }

    @Override
    void forward(int from, int step, int count, int[] taps, int to) {
        if (taps.length == 4) {
            forwardFour(x, y, from, step, count, taps, to);
        } else {
            forwardAny(x, y, from, step, count, taps, to);
        }
    }

    private static void forwardFour(double[] x, double[] y, int from, int step, int count, int[] taps, int to) {
        int a = from + taps[0];
        int b = from + taps[1];
        int c = from + taps[2];
        int d = from + taps[3];
        for (int j = 0; j < count; j++) {
            int at = j * step;
            y[to + j] = Math.max(Math.max(x[a + at], x[b + at]), Math.max(x[c + at], x[d + at]));
        }
    }

    @Override
    void forwardPairs(int from, int width, int count, int[] taps, int to) {
        if (!CpuVector.scalar() && count >= DoublePairs.LANES && DoublePairs.FORWARD.isWarm()) {
            DoublePairs.forward(x, y, from, width, count, to);
        } else {
            forwardFour(x, y, from, 2, count, taps, to);
        }
    }

    private static void forwardAny(double[] x, double[] y, int from, int step, int count, int[] taps, int to) {
        for (int j = 0; j < count; j++) {
            int at = from + j * step;
            double largest = x[at];
            for (int t = 1; t < taps.length; t++) {
                largest = Math.max(largest, x[at + taps[t]]);
            }
            y[to + j] = largest;
        }
    }

    @Override
    void backward(int from, int step, int count, int[] taps, int to) {
        if (taps.length == 4) {
            backwardFour(from, step, count, taps, to);
        } else {
            backwardAny(from, step, count, taps, to);
        }
    }

    private void backwardFour(int from, int step, int count, int[] taps, int to) {
        int a = from + taps[0];
        int b = from + taps[1];
        int c = from + taps[2];
        int d = from + taps[3];
        for (int j = 0; j < count; j++) {
            int at = j * step;
            double largest = y[to + j];
            long ofA = x[a + at] == largest ? 1 : 0;
            long ofB = x[b + at] == largest ? 1 : 0;
            long ofC = x[c + at] == largest ? 1 : 0;
            long ofD = x[d + at] == largest ? 1 : 0;
            long hits = ofA + ofB + ofC + ofD;
            // Masks instead of branches, which nobody could predict; the NaN of a window that has one goes to all of
            // it.
            long none = hits - 1 >> 63;
            long share = Double.doubleToRawLongBits(none == 0 ? g[to + j] / hits : Double.NaN);
            dx[a + at] += Double.longBitsToDouble(share & (none | -ofA));
            dx[b + at] += Double.longBitsToDouble(share & (none | -ofB));
            dx[c + at] += Double.longBitsToDouble(share & (none | -ofC));
            dx[d + at] += Double.longBitsToDouble(share & (none | -ofD));
        }
    }

    @Override
    void backwardPairs(int from, int width, int count, int[] taps, int to) {
        if (!CpuVector.scalar() && count >= DoublePairs.LANES && DoublePairs.BACKWARD.isWarm()) {
            DoublePairs.backward(x, y, g, dx, from, width, count, to);
        } else {
            backwardFour(from, 2, count, taps, to);
        }
    }

    private void backwardAny(int from, int step, int count, int[] taps, int to) {
        for (int j = 0; j < count; j++) {
            int at = from + j * step;
            double largest = y[to + j];
            int hits = 0;
            for (int tap : taps) {
                hits += x[at + tap] == largest ? 1 : 0;
            }
            double share = g[to + j] / hits;
            double other = hits == 0 ? Double.NaN : 0;
            for (int tap : taps) {
                dx[at + tap] += x[at + tap] == largest ? share : other;
            }
        }
    }
}
