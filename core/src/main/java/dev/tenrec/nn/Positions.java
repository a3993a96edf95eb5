package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * Adds to each vector one that tells its place: [batch, time, width] → the same. For turned vectors instead of added
 * ones see {@link RotaryPositions}.
 */
public final class Positions extends Module {

    private final long length;
    private final long width;
    private final Variable table;

    private Positions(long length, long width, DType dtype, RandomKey key) {
        this.length = length;
        this.width = width;
        table = parameter(
                "weight", dtype, Shape.of(length, width), Initializers.normal(0, 0.02), new Fans(length, width), key);
    }

    private Positions(long length, long width, Tensor sinusoids) {
        this.length = length;
        this.width = width;
        table = buffer("table", sinusoids);
    }

    /**
     * Makes sines and cosines of wavelengths from 2π to 10000·2π (Vaswani et al., "Attention is all you need", 2017):
     * sin(t / 10000^(2i/width)) at 2i and cos of the same at 2i + 1.
     *
     * @param length number of places
     * @param width size of a vector
     * @param dtype F32 or F64
     * @return a module with a buffer {@code table} [length, width]
     * @throws InvalidArgument if a size is below 1
     */
    public static Positions sinusoidal(long length, long width, DType dtype) {
        checkSizes(length, width);
        double[] values = new double[Math.toIntExact(Math.multiplyExact(length, width))];
        for (int t = 0; t < length; t++) {
            for (int i = 0; i < width; i++) {
                double angle = t / Math.pow(10_000, (i & ~1) / (double) width);
                values[(int) (t * width + i)] = (i & 1) == 0 ? Math.sin(angle) : Math.cos(angle);
            }
        }
        return Scope.call(() ->
                new Positions(length, width, Tensor.of(values, length, width).to(dtype)));
    }

    /**
     * Makes vectors that are learned, of deviation 0.02 at first.
     *
     * @param length number of places
     * @param width size of a vector
     * @param dtype F32 or F64
     * @param key where they come from; null for the process's stream
     * @return a module with a variable {@code weight} [length, width]
     * @throws InvalidArgument if a size is below 1
     */
    public static Positions learned(long length, long width, DType dtype, RandomKey key) {
        checkSizes(length, width);
        return new Positions(length, width, dtype, key);
    }

    private static void checkSizes(long length, long width) {
        RecurrentOptions.checkSize("Positions", "places", length);
        RecurrentOptions.checkSize("Positions", "columns", width);
    }

    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, 0);
    }

    /**
     * Adds the vectors of a later part of a sequence.
     *
     * @param input [batch, time, width]
     * @param start the place of the first vector
     * @return [batch, time, width]
     * @throws ShapeMismatch if the input has another shape
     * @throws InvalidArgument if there are fewer places
     */
    public Tensor forward(Tensor input, long start) {
        if (input.rank() < 2 || input.size(-1) != width) {
            throw new ShapeMismatch(Message.of("Positions", "input does not fit")
                    .line("expected", "[batch, time, " + width + "]")
                    .line("given", input.shape())
                    .toString());
        }
        return input.add(table.value().slice(0, start, end("Positions", start, input.size(-2), length)));
    }

    /** The place after the last, if there are as many. */
    static long end(String name, long start, long count, long length) {
        if (start < 0 || start + count > length) {
            throw new InvalidArgument(Message.of(name, "not as many places")
                    .line("expected", "places from 0 to " + (length - 1))
                    .line("given", start + " to " + (start + count - 1))
                    .hint("make it for longer sequences")
                    .toString());
        }
        return start + count;
    }

    /** Returns the type and both sizes. */
    @Override
    public String toString() {
        return "Positions(" + length + ", " + width + ")";
    }
}
