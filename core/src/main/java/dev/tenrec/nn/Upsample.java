package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import java.util.Arrays;

/**
 * Stretches the last axes of [N, C, spatial…] by whole factors: by repeating the nearest element, or linearly between
 * neighbours (bilinear over two axes). Elements count as squares: the centre of element i of a stretched axis lies at
 * (i + ½) / factor − ½ of the input.
 */
public final class Upsample extends Module {

    private final boolean linear;
    private final long[] factors;

    private Upsample(boolean linear, long[] factors) {
        if (factors.length == 0 || Arrays.stream(factors).anyMatch(factor -> factor < 1)) {
            throw new InvalidArgument(Message.of("Upsample", "factors out of range")
                    .line("expected", "one per spatial axis, 1 or more")
                    .line("given", Arrays.toString(factors))
                    .toString());
        }
        this.linear = linear;
        this.factors = factors.clone();
    }

    /**
     * Repeats elements.
     *
     * @param factors one per spatial axis, 1 or more
     * @return a layer
     * @throws InvalidArgument if there are none or one is below 1
     */
    public static Upsample nearest(long... factors) {
        return new Upsample(false, factors);
    }

    /**
     * Interpolates over two axes.
     *
     * @param factor of both, 1 or more
     * @return a layer
     * @throws InvalidArgument if the factor is below 1
     */
    public static Upsample bilinear(long factor) {
        return linear(factor, factor);
    }

    /**
     * Interpolates along each axis.
     *
     * @param factors one per spatial axis, 1 or more
     * @return a layer
     * @throws InvalidArgument if there are none or one is below 1
     */
    public static Upsample linear(long... factors) {
        return new Upsample(true, factors);
    }

    @Override
    protected Tensor compute(Tensor input) {
        int first = input.rank() - factors.length;
        if (first < 1 || input.elementCount() == 0) {
            throw new ShapeMismatch(Message.of("Upsample", "input does not fit")
                    .line("expected", "at least " + (factors.length + 1) + " axes, none empty", toString())
                    .line("given", input.shape())
                    .toString());
        }
        Tensor result = input;
        for (int i = 0; i < factors.length; i++) {
            int axis = first + i;
            long factor = factors[i];
            if (factor > 1) {
                result = linear ? interpolated(result, axis, factor) : repeated(result, axis, factor);
            }
        }
        return result;
    }

    private static Tensor repeated(Tensor x, int axis, long factor) {
        Tensor wide = x.unsqueeze(axis + 1).expand(x.shape().insert(axis + 1, factor));
        return wide.reshape(x.shape().with(axis, x.size(axis) * factor));
    }

    private static Tensor interpolated(Tensor x, int axis, long factor) {
        int size = Math.toIntExact(x.size(axis) * factor);
        long[] low = new long[size];
        long[] high = new long[size];
        double[] share = new double[size];
        for (int i = 0; i < size; i++) {
            double at = Math.max(0, (i + 0.5) / factor - 0.5);
            low[i] = Math.min((long) at, x.size(axis) - 1);
            high[i] = Math.min(low[i] + 1, x.size(axis) - 1);
            share[i] = at - low[i];
        }
        long[] line = new long[x.rank() - axis];
        Arrays.fill(line, 1);
        line[0] = size;
        return Devices.with(x.device(), () -> {
            Tensor below = x.indexSelect(axis, Tensor.of(low));
            Tensor above = x.indexSelect(axis, Tensor.of(high));
            Tensor weight = Tensor.of(share)
                    .to(x.dtype() == DType.F64 ? DType.F64 : DType.F32)
                    .reshape(line);
            return below.add(above.sub(below).mul(weight));
        });
    }

    /** Returns the type, the method and the factors. */
    @Override
    public String toString() {
        return "Upsample(" + (linear ? "linear " : "nearest ") + Arrays.toString(factors) + ")";
    }
}
