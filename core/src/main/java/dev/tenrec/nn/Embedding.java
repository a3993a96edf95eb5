package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Differentiable;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * A table of vectors looked up by number: input I64 or I32 of any shape → output [input…, width], rows of
 * {@code weight} [count, width]. The gradient adds up in the rows that occurred. The weight starts from the standard
 * normal distribution.
 *
 * <p>Numbers are checked, which reads them on the host.
 */
public final class Embedding extends Module {

    private static final double TINY = 1e-7;

    private final long count;
    private final long width;
    private final long padding;
    private final double maxNorm;
    private final boolean sparse;
    private final Variable weight;

    /** Rows of a table; rows of the padding get no gradient. */
    private record Lookup(long padding, Shape table) implements Differentiable {
        @Override
        public Tensor forward(Tensor... inputs) {
            return inputs[0].indexSelect(0, inputs[1]);
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
            Tensor index = inputs[1].reshape(-1, 1);
            Tensor rows = upstream.reshape(index.size(0), table.size(1));
            if (padding >= 0) {
                rows = rows.maskedFill(index.eq(padding), 0);
            }
            Tensor zeros = Devices.with(upstream.device(), () -> Tensor.zeros(upstream.dtype(), table));
            return new Tensor[] {zeros.scatterAdd(0, index, rows), null};
        }
    }

    /**
     * Makes a table of F32 that starts from the process's stream of keys; see {@link Module}.
     *
     * @param count number of rows
     * @param width size of a row
     * @throws InvalidArgument if a size is below 1
     */
    public Embedding(long count, long width) {
        this(builder(count, width));
    }

    private Embedding(Builder builder) {
        count = builder.count;
        width = builder.width;
        padding = builder.padding;
        maxNorm = builder.maxNorm;
        sparse = builder.sparse;
        Initializer start = builder.initializer;
        long blank = padding;
        weight = parameter(
                "weight",
                builder.dtype,
                Shape.of(count, width),
                blank < 0
                        ? start
                        : (key, dtype, shape, fans) -> start.create(key, dtype, shape, fans)
                                .maskedFill(
                                        Tensor.arange(DType.I64, 0, shape.size(0), 1)
                                                .unsqueeze(-1)
                                                .eq(blank),
                                        0),
                new Fans(count, width),
                builder.key);
    }

    /**
     * Starts a table with options.
     *
     * @param count number of rows
     * @param width size of a row
     * @return the options, to be changed and built
     * @throws InvalidArgument if a size is below 1
     */
    public static Builder builder(long count, long width) {
        return new Builder(count, width);
    }

    /** Options of a table. */
    public static final class Builder {
        private final long count;
        private final long width;
        private long padding = -1;
        private double maxNorm = Double.POSITIVE_INFINITY;
        private boolean sparse;
        private DType dtype = DType.F32;
        private Initializer initializer = Initializers.normal(0, 1);
        private RandomKey key;

        private Builder(long count, long width) {
            this.count = RecurrentOptions.checkSize("Embedding", "rows", count);
            this.width = RecurrentOptions.checkSize("Embedding", "columns", width);
        }

        /**
         * Names a row that stands for nothing: it starts as zeros and gets no gradient.
         *
         * @param index which row
         * @return this
         * @throws InvalidArgument if there is no such row
         */
        public Builder padding(long index) {
            if (index < 0 || index >= count) {
                throw new InvalidArgument(Message.of("Embedding", "no such row for padding")
                        .line("expected", "0 to " + (count - 1))
                        .line("given", index)
                        .toString());
            }
            padding = index;
            return this;
        }

        /**
         * Bounds the Euclidean norm of the rows that are looked up: longer ones are scaled down, in training in the
         * table itself.
         *
         * @param bound above 0
         * @return this
         * @throws InvalidArgument if it is not
         */
        public Builder maxNorm(double bound) {
            if (!(bound > 0)) {
                throw new InvalidArgument(Message.of("Embedding", "bound of norms out of range")
                        .line("expected", "above 0")
                        .line("given", bound)
                        .toString());
            }
            maxNorm = bound;
            return this;
        }

        /**
         * Has a backward pass give the gradient of those rows only that were looked up, and optimizers change no others:
         * for large tables, of which a step touches little. See {@link dev.tenrec.optim.Optimizer#step} for what that
         * means for moments and weight decay.
         *
         * @return this
         */
        public Builder sparse() {
            sparse = true;
            return this;
        }

        /**
         * Sets the element type.
         *
         * @param newDtype F32 or F64
         * @return this
         */
        public Builder dtype(DType newDtype) {
            dtype = newDtype;
            return this;
        }

        /**
         * Sets how the rows start.
         *
         * @param newInitializer the initialiser
         * @return this
         */
        public Builder weight(Initializer newInitializer) {
            initializer = newInitializer;
            return this;
        }

        /**
         * Sets where the first values come from.
         *
         * @param newKey the key
         * @return this
         */
        public Builder key(RandomKey newKey) {
            key = newKey;
            return this;
        }

        /**
         * Makes the table.
         *
         * @return a new table
         */
        public Embedding build() {
            return new Embedding(this);
        }
    }

    @Override
    protected Tensor compute(Tensor input) {
        long[] indices = check(input);
        boolean bounded = !Double.isInfinite(maxNorm);
        if (bounded && isTraining()) {
            GradientMode.without(() -> {
                shorten(input);
                return null;
            });
        }
        Tensor rows = sparse
                ? some(input, indices)
                : Differentiable.apply(new Lookup(padding, weight.shape()), weight.value(), input);
        // In training the table itself was changed.
        return bounded && !isTraining() ? rows.mul(GradientMode.without(() -> factor(rows))) : rows;
    }

    /** Reads each row once; the places among those take the place of the indices. */
    private Tensor some(Tensor input, long[] indices) {
        long[] distinct = LongStream.of(indices).sorted().distinct().toArray();
        int[] places = new int[indices.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = Arrays.binarySearch(distinct, indices[i]);
        }
        Tensor index = Devices.with(input.device(), () -> Tensor.of(places)).reshape(input.shape());
        Tensor rows = weight.rows(distinct);
        int blank = padding < 0 ? -1 : Arrays.binarySearch(distinct, padding);
        return Differentiable.apply(new Lookup(blank, rows.shape()), rows, index);
    }

    private long[] check(Tensor input) {
        if (!input.dtype().isInteger()) {
            throw new DTypeMismatch(Message.of("Embedding", "indices are whole numbers")
                    .line("expected", "I64 or I32")
                    .line("given", input.dtype())
                    .hint("convert with .to(DType.I64)")
                    .toString());
        }
        long[] indices = input.toLongArray();
        for (int i = 0; i < indices.length; i++) {
            if (indices[i] < 0 || indices[i] >= count) {
                throw new InvalidArgument(Message.of("Embedding", "index out of range")
                        .line("expected", "0 to " + (count - 1), toString())
                        .line("given", indices[i], "element " + i + " of " + input.shape())
                        .toString());
            }
        }
        return indices;
    }

    /** 1 for rows within the bound. */
    private Tensor factor(Tensor rows) {
        Tensor norm = rows.detach().norm(2, true, -1);
        Tensor one = norm.mul(0).add(1);
        return norm.gt(maxNorm).where(norm.add(TINY).rdiv(maxNorm), one);
    }

    private void shorten(Tensor input) {
        Scope.run(() -> {
            Tensor table = weight.value();
            Tensor index = input.reshape(-1, 1);
            Tensor ones = Devices.with(table.device(), () -> Tensor.ones(table.dtype(), index.shape()));
            Tensor none = Devices.with(table.device(), () -> Tensor.zeros(table.dtype(), Shape.of(count, 1)));
            Tensor occurred = none.scatterAdd(0, index, ones).gt(0);
            weight.assign(table.mul(occurred.where(factor(table), none.add(1))));
        });
    }

    /**
     * Returns the table.
     *
     * @return [count, width]
     */
    public Variable weight() {
        return weight;
    }

    /** Returns the type, both sizes and the options. */
    @Override
    public String toString() {
        return "Embedding(" + count + ", " + width + (padding < 0 ? "" : ", padding " + padding)
                + (sparse ? ", sparse" : "")
                + (Double.isInfinite(maxNorm) ? "" : ", norm up to " + maxNorm) + ")";
    }
}
