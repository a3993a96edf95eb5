package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Differentiable;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;

/**
 * Turns pairs of elements by angles that grow with the place, so that products of queries and keys depend on distances
 * alone (Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021): […, time, width] → the same.
 * Element i of the first half and element i of the second make a pair; its angle at place t is t / 10000^(2i/width).
 */
public final class RotaryPositions extends Module {

    private final long length;
    private final long width;
    private final Variable cosines;
    private final Variable sines;

    /** Turns forward, or backward for the gradient. */
    private record Turn(boolean forward) implements Differentiable {
        @Override
        public Tensor forward(Tensor... inputs) {
            Tensor x = inputs[0];
            Tensor cos = inputs[1];
            Tensor sin = forward ? inputs[2] : inputs[2].neg();
            Tensor[] halves = x.split(-1, x.size(-1) / 2);
            return Tensor.concat(
                    -1,
                    halves[0].mul(cos).sub(halves[1].mul(sin)),
                    halves[0].mul(sin).add(halves[1].mul(cos)));
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
            return new Tensor[] {Differentiable.apply(new Turn(!forward), upstream, inputs[1], inputs[2]), null, null};
        }
    }

    /**
     * Makes the angles.
     *
     * @param length number of places
     * @param width size of a vector, such as that of a head; even
     * @param dtype F32 or F64
     * @throws InvalidArgument if a size is below 1 or the width is odd
     */
    public RotaryPositions(long length, long width, DType dtype) {
        this.length = RecurrentOptions.checkSize("RotaryPositions", "places", length);
        this.width = RecurrentOptions.checkSize("RotaryPositions", "columns", width);
        if (width % 2 != 0) {
            throw new InvalidArgument(Message.of("RotaryPositions", "odd width")
                    .line("expected", "pairs of elements")
                    .line("given", width)
                    .toString());
        }
        int half = Math.toIntExact(width / 2);
        double[] cos = new double[Math.toIntExact(Math.multiplyExact(length, half))];
        double[] sin = new double[cos.length];
        for (int i = 0; i < cos.length; i++) {
            double angle = i / half / Math.pow(10_000, 2.0 * (i % half) / width);
            cos[i] = Math.cos(angle);
            sin[i] = Math.sin(angle);
        }
        try (Scope _ = Scope.open()) {
            cosines = buffer("cosines", Tensor.of(cos, length, half).to(dtype));
            sines = buffer("sines", Tensor.of(sin, length, half).to(dtype));
        }
    }

    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, 0);
    }

    /**
     * Turns the vectors of a later part of a sequence.
     *
     * @param input […, time, width]
     * @param start the place of the first vector
     * @return […, time, width]
     * @throws ShapeMismatch if the input has another shape
     * @throws InvalidArgument if there are fewer places
     */
    public Tensor forward(Tensor input, long start) {
        if (input.rank() < 2 || input.size(-1) != width) {
            throw new ShapeMismatch(Message.of("RotaryPositions", "input does not fit")
                    .line("expected", "[…, time, " + width + "]")
                    .line("given", input.shape())
                    .toString());
        }
        long end = Positions.end("RotaryPositions", start, input.size(-2), length);
        Tensor cos = cosines.value().slice(0, start, end);
        Tensor sin = sines.value().slice(0, start, end);
        return Differentiable.apply(new Turn(true), input, cos, sin);
    }

    /** Returns the type and both sizes. */
    @Override
    public String toString() {
        return "RotaryPositions(" + length + ", " + width + ")";
    }
}
