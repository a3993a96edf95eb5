package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * Attention in several heads (Vaswani et al., "Attention is all you need", 2017): [batch, time, width] → [batch, time,
 * width]. Queries, keys and values are projected by {@code in_proj_weight} [width, 3 · width] and
 * {@code in_proj_bias}, heads of width / heads each look for themselves, and {@code out_proj} joins them.
 *
 * <p>No more scores than those of a block of queries are in memory at a time, also for the gradient.
 */
public final class MultiHeadAttention extends Module {

    private static final String STREAM = "keys";

    private final long width;
    private final long heads;
    private final double dropout;
    private final Variable weight;
    private final Variable bias;
    private final Dense output;

    /**
     * Makes a layer of F32 without dropout that starts from the process's stream of keys; see {@link Module}.
     *
     * @param width size of a vector
     * @param heads number of heads, which divides the width
     * @throws InvalidArgument if it does not
     */
    public MultiHeadAttention(long width, long heads) {
        this(width, heads, 0, DType.F32, null);
    }

    /**
     * Makes a layer.
     *
     * @param width size of a vector
     * @param heads number of heads, which divides the width
     * @param dropout probability that a weight of the attention is dropped in training
     * @param dtype F32 or F64
     * @param key where its first values and masks come from; null for the process's stream
     * @throws InvalidArgument if the heads do not divide the width, or the probability is out of range
     */
    public MultiHeadAttention(long width, long heads, double dropout, DType dtype, RandomKey key) {
        if (width < 1 || heads < 1 || width % heads != 0) {
            throw new InvalidArgument(Message.of("MultiHeadAttention", "heads do not divide the width")
                    .line("expected", "a width that is a multiple of the number of heads")
                    .line("given", "width " + width + ", " + heads + " heads")
                    .toString());
        }
        this.width = width;
        this.heads = heads;
        this.dropout = new Dropout(dropout, RandomKey.of(0)).probability();
        RandomKey[] keys = key == null ? new RandomKey[3] : key.split(3);
        weight = parameter(
                "in_proj_weight",
                dtype,
                Shape.of(width, 3 * width),
                Initializers.xavierUniform(),
                new Fans(width, 3 * width),
                keys[0]);
        bias = parameter(
                "in_proj_bias", dtype, Shape.of(3 * width), Initializers.zeros(), new Fans(width, 3 * width), keys[1]);
        output = child(
                "out_proj",
                Dense.builder(width, width)
                        .dtype(dtype)
                        .bias(Initializers.zeros())
                        .key(keys[1])
                        .build());
        stream(STREAM, keys[2]);
    }

    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, AttentionMask.NONE);
    }

    /**
     * Lets each vector look at all others of its sequence.
     *
     * @param input [batch, time, width]
     * @param mask what it may not look at
     * @return [batch, time, width]
     * @throws ShapeMismatch if the input or a mask has another shape than expected
     */
    public Tensor forward(Tensor input, AttentionMask mask) {
        check("input", input);
        Tensor all = input.reshape(-1, width).matmul(weight.value()).add(bias.value());
        Tensor[] parts = all.reshape(input.size(0), input.size(1), 3 * width).split(-1, width);
        return attend(parts[0], parts[1], parts[2], mask);
    }

    /**
     * Lets vectors look at those of another sequence.
     *
     * @param query [batch, queries, width]
     * @param memory keys and values, [batch, keys, width]
     * @param mask what they may not look at
     * @return [batch, queries, width]
     * @throws ShapeMismatch if an input or a mask has another shape than expected
     */
    public Tensor forward(Tensor query, Tensor memory, AttentionMask mask) {
        check("query", query);
        check("memory", memory);
        if (query.size(0) != memory.size(0)) {
            throw new ShapeMismatch(Message.of("MultiHeadAttention", "batches differ")
                    .line("query", query.shape())
                    .line("memory", memory.shape())
                    .toString());
        }
        Tensor w = weight.value();
        Tensor b = bias.value();
        Tensor q = query.reshape(-1, width).matmul(w.slice(1, 0, width)).add(b.slice(0, 0, width));
        Tensor other =
                memory.reshape(-1, width).matmul(w.slice(1, width, 3 * width)).add(b.slice(0, width, 3 * width));
        Tensor[] parts =
                other.reshape(memory.size(0), memory.size(1), 2 * width).split(-1, width);
        return attend(q.reshape(query.shape()), parts[0], parts[1], mask);
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, AttentionMask mask) {
        boolean drops = isTraining() && dropout > 0;
        Tensor attended = Attention.apply(heads(q), heads(k), heads(v), mask, dropout, drops ? nextKey(STREAM) : null);
        return output.forward(attended.transpose(1, 2).reshape(q.size(0), q.size(1), width));
    }

    private Tensor heads(Tensor x) {
        return x.reshape(x.size(0), x.size(1), heads, width / heads).transpose(1, 2);
    }

    private void check(String what, Tensor given) {
        if (given.rank() != 3 || given.size(-1) != width || given.size(1) == 0) {
            throw new ShapeMismatch(Message.of("MultiHeadAttention", what + " does not fit")
                    .line("expected", "[batch, time, " + width + "]", "at least one time step")
                    .line("given", given.shape())
                    .toString());
        }
    }

    /** Returns the type, the width and the number of heads. */
    @Override
    public String toString() {
        return "MultiHeadAttention(" + width + ", heads " + heads + ")";
    }
}
