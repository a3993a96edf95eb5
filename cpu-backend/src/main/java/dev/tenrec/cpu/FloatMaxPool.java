package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Max pooling of 32-bit floats. Windows of four elements, the most frequent ones, have loops of their own. */
final class FloatMaxPool extends MaxPoolArrays {
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private float[] x;
    private float[] y;
    private float[] g;
    private float[] dx;

    @Override
    void reserve(Workspace local, int in, int out) {
        x = local.floatImages(in);
        y = local.floatRows(out);
        g = local.floatPanelsB(out);
        dx = local.floatUpstream(in);
    }

    private float[] array(int array) {
        return switch (array) {
            case X -> x;
            case Y -> y;
            default -> g;
        };
    }

    @Override
    void read(int array, MemorySegment memory, long first, long stride, int count, int start) {
        float[] to = array(array);
        if (stride == 1) {
            MemorySegment.copy(memory, ELEMENT, first * Float.BYTES, to, start, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            to[start + i] = memory.get(ELEMENT, (first + i * stride) * Float.BYTES);
        }
    }

    @Override
    void clear(int count) {
        Arrays.fill(dx, 0, count, 0f);
    }

    @Override
    void write(boolean gradient, MemorySegment memory, long first, int count) {
        MemorySegment.copy(gradient ? dx : y, 0, memory, ELEMENT, first * Float.BYTES, count);
    }

    @Override
    void forward(int from, int step, int count, int[] taps, int to) {
        if (taps.length == 4) {
            forwardFour(x, y, from, step, count, taps, to);
        } else {
            forwardAny(x, y, from, step, count, taps, to);
        }
    }

    private static void forwardFour(float[] x, float[] y, int from, int step, int count, int[] taps, int to) {
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
        if (!CpuVector.scalar() && count >= FloatPairs.LANES && FloatPairs.FORWARD.isWarm()) {
            FloatPairs.forward(x, y, from, width, count, to);
        } else {
            forwardFour(x, y, from, 2, count, taps, to);
        }
    }

    private static void forwardAny(float[] x, float[] y, int from, int step, int count, int[] taps, int to) {
        for (int j = 0; j < count; j++) {
            int at = from + j * step;
            float largest = x[at];
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
            float largest = y[to + j];
            int ofA = x[a + at] == largest ? 1 : 0;
            int ofB = x[b + at] == largest ? 1 : 0;
            int ofC = x[c + at] == largest ? 1 : 0;
            int ofD = x[d + at] == largest ? 1 : 0;
            int hits = ofA + ofB + ofC + ofD;
            // Masks instead of branches, which nobody could predict; the NaN of a window that has one goes to all of
            // it.
            int none = hits - 1 >> 31;
            int share = Float.floatToRawIntBits(none == 0 ? g[to + j] / hits : Float.NaN);
            dx[a + at] += Float.intBitsToFloat(share & (none | -ofA));
            dx[b + at] += Float.intBitsToFloat(share & (none | -ofB));
            dx[c + at] += Float.intBitsToFloat(share & (none | -ofC));
            dx[d + at] += Float.intBitsToFloat(share & (none | -ofD));
        }
    }

    @Override
    void backwardPairs(int from, int width, int count, int[] taps, int to) {
        if (!CpuVector.scalar() && count >= FloatPairs.LANES && FloatPairs.BACKWARD.isWarm()) {
            FloatPairs.backward(x, y, g, dx, from, width, count, to);
        } else {
            backwardFour(from, 2, count, taps, to);
        }
    }

    private void backwardAny(int from, int step, int count, int[] taps, int to) {
        for (int j = 0; j < count; j++) {
            int at = from + j * step;
            float largest = y[to + j];
            int hits = 0;
            for (int tap : taps) {
                hits += x[at + tap] == largest ? 1 : 0;
            }
            float share = g[to + j] / hits;
            float other = hits == 0 ? Float.NaN : 0;
            for (int tap : taps) {
                dx[at + tap] += x[at + tap] == largest ? share : other;
            }
        }
    }
}
