package dev.tenrec.random;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.List;

/**
 * A source of random tensors without state: the same key gives the same numbers, always and everywhere. For independent
 * numbers use independent keys, from {@link #split} or a {@link RandomStream}.
 *
 * @param high one half of the key
 * @param low the other half
 */
public record RandomKey(int high, int low) {

    private static final int BERNOULLI_BITS = 24;

    private static final ElementwiseOp UNIFORM_F32 = generator("uniform", DType.F32);
    private static final ElementwiseOp UNIFORM_F64 = generator("uniform", DType.F64);
    private static final ElementwiseOp NORMAL_F32 = generator("normal", DType.F32);
    private static final ElementwiseOp NORMAL_F64 = generator("normal", DType.F64);
    private static final ElementwiseOp BITS = generator("bits", DType.I32);

    /** Compares bits as whole numbers, so that a mask is one kernel and its numbers are never stored. */
    private static final ElementwiseOp BERNOULLI = ElementwiseOp.generator(
            "bernoulli",
            DType.I32,
            3,
            args -> Threefry.upperBits(Threefry.words(args.get(0), args.get(1))[0], BERNOULLI_BITS, DType.I32)
                    .lt(args.get(2)));

    private static ElementwiseOp generator(String name, DType dtype) {
        return ElementwiseOp.generator(name, DType.I32, 2, key -> {
            Expr[] words = Threefry.words(key.get(0), key.get(1));
            return switch (name) {
                case "uniform" -> uniform(words, dtype);
                case "normal" -> normal(words, dtype);
                default -> words[0];
            };
        });
    }

    /** As many random bits as the type's significand has, as a multiple of its spacing below 1: in [0, 1). */
    private static Expr uniform(Expr[] words, DType dtype) {
        if (dtype == DType.F32) {
            return Threefry.upperBits(words[0], 24, dtype).mul(0x1p-24);
        }
        Expr upper = Threefry.upperBits(words[0], 27, dtype).mul(0x1p-27);
        return upper.add(Threefry.upperBits(words[1], 26, dtype).mul(0x1p-53));
    }

    /** One of the two numbers of Box and Muller (1958): √(−2 ln u₁) · cos(2π u₂), with u₁ in (0, 1]. */
    private static Expr normal(Expr[] words, DType dtype) {
        int bits = dtype == DType.F32 ? 24 : 31;
        double unit = Math.scalb(1.0, -bits);
        Expr radius = Threefry.upperBits(words[0], bits, dtype)
                .add(1)
                .mul(unit)
                .log()
                .mul(-2)
                .sqrt();
        Expr angle = Threefry.upperBits(words[1], bits, dtype).mul(2 * Math.PI * unit);
        return radius.mul(Expr.apply(ScalarOp.COS, List.of(angle)));
    }

    /**
     * Makes a key of a seed.
     *
     * @param seed any number
     * @return the key
     */
    public static RandomKey of(long seed) {
        return new RandomKey((int) (seed >>> 32), (int) seed);
    }

    /**
     * Derives a key that is independent of this one and of those for other numbers.
     *
     * @param number any number, such as that of a step or a layer
     * @return the key
     */
    public RandomKey fold(long number) {
        // Tensors count up from 0; the top bit keeps the counters of keys out of their way.
        int upper = (int) (number >>> 32) ^ Integer.MIN_VALUE;
        long words = Threefry.words(high, low, upper, (int) number);
        return new RandomKey((int) (words >>> 32), (int) words);
    }

    /**
     * Derives independent keys.
     *
     * @param count how many
     * @return the keys
     */
    public RandomKey[] split(int count) {
        RandomKey[] keys = new RandomKey[count];
        for (int i = 0; i < count; i++) {
            keys[i] = fold(i);
        }
        return keys;
    }

    /**
     * Makes numbers that are equally likely in [0, 1).
     *
     * @param dtype F32 or F64
     * @param shape the sizes
     * @return the tensor, on the current device
     */
    public Tensor uniform(DType dtype, Shape shape) {
        checkFloating("uniform", dtype);
        return Tensor.generate(dtype == DType.F32 ? UNIFORM_F32 : UNIFORM_F64, dtype, shape, high, low);
    }

    /**
     * Makes numbers that are equally likely in [low, high).
     *
     * @param dtype F32 or F64
     * @param shape the sizes
     * @param lowest the least number
     * @param bound the bound, above the least number
     * @return the tensor, on the current device
     */
    public Tensor uniform(DType dtype, Shape shape, double lowest, double bound) {
        if (!(bound - lowest > 0 && Double.isFinite(bound - lowest))) {
            throw new InvalidArgument(Message.of("uniform", "no such interval")
                    .line("expected", "finite bounds, the second above the first")
                    .line("given", lowest + " to " + bound)
                    .toString());
        }
        double below = dtype == DType.F32 ? Math.nextDown((float) bound) : Math.nextDown(bound);
        // Rounding would let the largest numbers reach the bound.
        return uniform(dtype, shape).mul(bound - lowest).add(lowest).minimum(Math.max(below, lowest));
    }

    /**
     * Makes numbers of the standard normal distribution.
     *
     * @param dtype F32 or F64
     * @param shape the sizes
     * @return the tensor, on the current device
     */
    public Tensor normal(DType dtype, Shape shape) {
        checkFloating("normal", dtype);
        return Tensor.generate(dtype == DType.F32 ? NORMAL_F32 : NORMAL_F64, dtype, shape, high, low);
    }

    /**
     * Makes numbers of a normal distribution.
     *
     * @param dtype F32 or F64
     * @param shape the sizes
     * @param mean their mean
     * @param deviation their standard deviation, 0 or more
     * @return the tensor, on the current device
     */
    public Tensor normal(DType dtype, Shape shape, double mean, double deviation) {
        if (!(deviation >= 0)) {
            throw new InvalidArgument(Message.of("normal", "deviation out of range")
                    .line("expected", "0 or more")
                    .line("given", deviation)
                    .toString());
        }
        return normal(dtype, shape).mul(deviation).add(mean);
    }

    /**
     * Makes truth values that hold with a probability.
     *
     * @param shape the sizes
     * @param probability in [0, 1], rounded up to a multiple of 2⁻²⁴
     * @return BOOL, on the current device
     */
    public Tensor bernoulli(Shape shape, double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new InvalidArgument(Message.of("bernoulli", "probability out of range")
                    .line("expected", "0 to 1")
                    .line("given", probability)
                    .toString());
        }
        double bound = Math.ceil(Math.scalb(probability, BERNOULLI_BITS));
        return Tensor.generate(BERNOULLI, DType.BOOL, shape, high, low, bound);
    }

    /**
     * Makes random 32-bit words.
     *
     * @param shape the sizes
     * @return I32, on the current device
     */
    public Tensor bits(Shape shape) {
        return Tensor.generate(BITS, DType.I32, shape, high, low);
    }

    /**
     * Returns the numbers 0 … n−1 in random order, on the host (Fisher and Yates 1938).
     *
     * @param count n
     * @return a new array
     */
    public int[] permutation(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            // 64 random bits: the bias of the remainder is below 2^-32 for any array.
            int other = (int) Long.remainderUnsigned(Threefry.words(high, low, i, 0), i + 1L);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }

    private static void checkFloating(String operation, DType dtype) {
        if (dtype != DType.F32 && dtype != DType.F64) {
            throw new InvalidArgument(Message.of(operation, "element type does not fit")
                    .line("expected", "F32 or F64")
                    .line("given", dtype)
                    .toString());
        }
    }
}
