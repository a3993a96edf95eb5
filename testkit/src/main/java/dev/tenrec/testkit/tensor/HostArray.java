package dev.tenrec.testkit.tensor;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/** A dense array of doubles on the host: what tensors are compared with. */
record HostArray(long[] sizes, double[] values) {

    /** Fills an array, index by index in row-major order. */
    static HostArray generate(long[] sizes, ToDoubleFunction<long[]> element) {
        double[] values = new double[Math.toIntExact(Shape.of(sizes).elementCount())];
        long[] index = new long[sizes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = element.applyAsDouble(index);
            for (int axis = sizes.length - 1; axis >= 0 && ++index[axis] == sizes[axis]; axis--) {
                index[axis] = 0;
            }
        }
        return new HostArray(sizes.clone(), values);
    }

    /** Random numbers that every floating type above 16 bits, and whole types where asked, can hold. */
    static HostArray between(long seed, DType dtype, double low, double high, long... sizes) {
        Random random = new Random(seed);
        return generate(sizes, _ -> {
            double value = low + random.nextDouble() * (high - low);
            return switch (dtype) {
                case F64 -> value;
                case BOOL -> random.nextInt(2);
                case I32, I64, U8 -> Math.rint(value) + 0.0;
                default -> (float) value;
            };
        });
    }

    static HostArray random(long seed, DType dtype, long... sizes) {
        return between(seed, dtype, dtype.isFloating() ? -3 : -20, dtype.isFloating() ? 3 : 20, sizes);
    }

    int rank() {
        return sizes.length;
    }

    long size(int axis) {
        return sizes[axis];
    }

    double at(long... index) {
        long position = 0;
        for (int axis = 0; axis < sizes.length; axis++) {
            position = position * sizes[axis] + index[axis];
        }
        return values[(int) position];
    }

    /** Reads with broadcasting: the index has at least as many axes, an axis of size 1 repeats. */
    double broadcastAt(long... index) {
        long[] own = new long[sizes.length];
        for (int axis = 0; axis < own.length; axis++) {
            own[axis] = sizes[axis] == 1 ? 0 : index[index.length - own.length + axis];
        }
        return at(own);
    }

    HostArray permute(int... axes) {
        long[] permuted = new long[axes.length];
        for (int i = 0; i < axes.length; i++) {
            permuted[i] = sizes[axes[i]];
        }
        return generate(permuted, index -> {
            long[] source = new long[axes.length];
            for (int i = 0; i < axes.length; i++) {
                source[axes[i]] = index[i];
            }
            return at(source);
        });
    }

    HostArray map(ToDoubleFunction<Double> function) {
        return new HostArray(
                sizes, Arrays.stream(values).map(function::applyAsDouble).toArray());
    }

    private static Tensor dense(HostArray array, DType dtype) {
        return Tensor.of(array.values, array.values.length)
                .reshape(Shape.of(array.sizes))
                .to(dtype);
    }

    /** The ways in which a tensor of given elements may lie in memory, or not yet. */
    enum Form {
        DENSE,
        PENDING,
        TRANSPOSED,
        STEPPED,
        FLIPPED,
        OFFSET,
        VIEW_OF_VIEW
    }

    Tensor tensor(DType dtype) {
        return tensor(dtype, Form.DENSE);
    }

    Tensor tensor(DType dtype, Form form) {
        int rank = rank();
        Tensor plain = dense(this, dtype);
        if (form == Form.PENDING || rank == 0) {
            return plain;
        }
        return switch (form) {
            case DENSE, PENDING -> plain.materialize();
            case TRANSPOSED -> {
                int[] reversed = new int[rank];
                Arrays.setAll(reversed, i -> rank - 1 - i);
                yield dense(permute(reversed), dtype).permute(reversed);
            }
            case STEPPED -> spread(rank - 1, 2).tensorOf(dtype).slice(rank - 1, 0, 2 * size(rank - 1), 2);
            case FLIPPED -> reversed(0).tensorOf(dtype).flip(0);
            case OFFSET -> spread(0, 1).tensorOf(dtype).slice(0, 1, 1 + size(0));
            case VIEW_OF_VIEW -> {
                int[] rotated = new int[rank];
                Arrays.setAll(rotated, i -> (i + 1) % rank);
                int[] back = new int[rank];
                Arrays.setAll(back, i -> (i + rank - 1) % rank);
                HostArray turned = permute(rotated).reversed(rank - 1);
                yield turned.spread(rank - 1, 2)
                        .tensorOf(dtype)
                        .slice(rank - 1, 0, 2 * turned.size(rank - 1), 2)
                        .flip(rank - 1)
                        .permute(back);
            }
        };
    }

    private Tensor tensorOf(DType dtype) {
        return dense(this, dtype);
    }

    private HostArray reversed(int along) {
        return generate(sizes, index -> {
            long[] source = index.clone();
            source[along] = sizes[along] - 1 - index[along];
            return at(source);
        });
    }

    /** A larger array that holds these elements at every step-th place, or after one strange element if the step is 1. */
    private HostArray spread(int axis, int step) {
        long[] larger = sizes.clone();
        larger[axis] = step == 1 ? sizes[axis] + 2 : sizes[axis] * step;
        int shift = step == 1 ? 1 : 0;
        return generate(larger, index -> {
            long place = index[axis] - shift;
            if (place < 0 || place % step != 0 || place / step >= sizes[axis]) {
                return 77;
            }
            long[] source = index.clone();
            source[axis] = place / step;
            return at(source);
        });
    }

    /**
     * Compares a tensor.
     *
     * @param given the tensor
     * @param tolerance largest difference relative to max(1, |expected|)
     */
    void assertEqualTo(Tensor given, double tolerance) {
        if (!Arrays.equals(sizes, given.shape().sizes())) {
            throw new AssertionError("shape: expected " + Arrays.toString(sizes) + ", given " + given.shape());
        }
        double[] read = given.toDoubleArray();
        for (int i = 0; i < read.length; i++) {
            double difference = Math.abs(read[i] - values[i]);
            boolean same = Double.compare(read[i] + 0.0, values[i] + 0.0) == 0
                    || difference <= tolerance * Math.max(1, Math.abs(values[i]));
            if (!same) {
                throw new AssertionError("element " + i + " of " + given.dtype() + " " + given.shape() + ": expected "
                        + values[i] + ", given " + read[i]);
            }
        }
    }

    static double tolerance(DType dtype) {
        return dtype == DType.F64 ? 1e-11 : dtype == DType.F32 ? 2e-5 : 0;
    }
}
