package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.Expr;
import dev.tenrec.memory.Scope;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Differentiable;
import dev.tenrec.tensor.FusedAttention;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * softmax(q·kᵀ / √d + mask)·v in blocks of query rows (Vaswani et al., "Attention is all you need", 2017). Scores are
 * never there as a whole: a block's are made, used and dropped, and made again for the gradient (Dao, "FlashAttention-2",
 * 2023, without cutting rows, so that a block's softmax is exact in one pass). With a causal mask a block reads the keys
 * up to its last row alone.
 *
 * <p>A device that claims {@link dev.tenrec.ir.Kernel.Attention} does it by that kernel, without dropout and where no
 * gradient by the mask is wanted.
 */
final class Attention implements Differentiable {

    /** Scores of a block, of all batches and heads together; 4 MB of F32. */
    private static final long BLOCK_ELEMENTS = 1 << 20;

    private static final int QUERIES = 2;
    private static final int KEYS = 3;

    /** The score where the key is not behind the query, else −∞; the scalar is the number of the first query. */
    private static final ElementwiseOp CAUSAL =
            ElementwiseOp.of("causal", 1, Accepts.FLOATING, new double[] {1}, args -> {
                Expr x = args.get(0);
                Expr last = Expr.index(QUERIES).cast(x.dtype()).add(args.get(1));
                return Expr.index(KEYS).cast(x.dtype()).le(last).choose(x, x.like(Double.NEGATIVE_INFINITY));
            });

    private final boolean causal;
    private final boolean hasPadding;
    /** Noted beforehand: what is saved for a gradient has no record while that is computed. */
    private final boolean maskGradient;

    private final double dropout;
    private final RandomKey key;
    private final long blockElements;

    private Attention(AttentionMask mask, double dropout, RandomKey key, long blockElements) {
        causal = mask.causal();
        hasPadding = mask.padding() != null;
        maskGradient = mask.scores() != null && mask.scores().requiresGradient();
        this.dropout = dropout;
        this.key = key;
        this.blockElements = blockElements;
    }

    /** {@code q} [batch, heads, queries, d], {@code k} and {@code v} [batch, heads, keys, d]; a key turns dropout on. */
    static Tensor apply(Tensor q, Tensor k, Tensor v, AttentionMask mask, double dropout, RandomKey key) {
        Attention attention = new Attention(mask, key == null ? 0 : dropout, key, BLOCK_ELEMENTS);
        Tensor[] inputs = inputs(q, k, v, mask);
        return attention.dropout == 0 && !attention.maskGradient && FusedAttention.isClaimed(inputs)
                ? FusedAttention.apply(attention, attention.causal, inputs)
                : Differentiable.apply(attention, inputs);
    }

    /** Composed, in blocks of another size. */
    static Tensor composed(
            Tensor q, Tensor k, Tensor v, AttentionMask mask, double dropout, RandomKey key, long blockElements) {
        Attention attention = new Attention(mask, key == null ? 0 : dropout, key, blockElements);
        return Differentiable.apply(attention, inputs(q, k, v, mask));
    }

    /** Queries, keys, values, then the mask of scores and that of padding, both of rank 4. */
    private static Tensor[] inputs(Tensor q, Tensor k, Tensor v, AttentionMask mask) {
        check(q, k, mask);
        List<Tensor> inputs = new ArrayList<>(List.of(q, k, v));
        if (mask.scores() != null) {
            Shape shape = mask.scores().shape();
            while (shape.rank() < 4) {
                shape = shape.insert(0, 1);
            }
            inputs.add(mask.scores().reshape(shape));
        }
        if (mask.padding() != null) {
            inputs.add(mask.padding().reshape(k.size(0), 1, 1, k.size(2)));
        }
        return inputs.toArray(Tensor[]::new);
    }

    private static void check(Tensor q, Tensor k, AttentionMask mask) {
        Tensor padding = mask.padding();
        Shape keys = Shape.of(k.size(0), k.size(2));
        if (padding != null
                && (padding.dtype() != DType.BOOL || !padding.shape().equals(keys))) {
            throw new ShapeMismatch(Message.of("attention", "padding mask does not fit")
                    .line("expected", "BOOL " + keys, "[batch, keys], true for padding")
                    .line("given", padding.dtype() + " " + padding.shape())
                    .toString());
        }
        Tensor scores = mask.scores();
        Shape whole = Shape.of(q.size(0), q.size(1), q.size(2), k.size(2));
        if (scores != null && !scores.shape().broadcastsTo(whole)) {
            throw new ShapeMismatch(Message.of("attention", "mask of scores does not fit")
                    .line("expected", "what broadcasts to " + whole, "[batch, heads, queries, keys]")
                    .line("given", scores.shape())
                    .toString());
        }
        if (scores != null && scores.dtype() != DType.BOOL && scores.dtype() != q.dtype()) {
            throw new DTypeMismatch(Message.of("attention", "mask of scores has another element type")
                    .line("expected", "BOOL or " + q.dtype())
                    .line("given", scores.dtype())
                    .toString());
        }
    }

    /** A range of queries and the keys they may look at. */
    private record Block(int number, long from, long to, long keys) {}

    private List<Block> blocks(Tensor q, Tensor k) {
        long queries = q.size(QUERIES);
        long perRow = Math.max(1, q.size(0) * q.size(1) * k.size(QUERIES));
        long rows = Math.max(1, Math.min(queries, blockElements / perRow));
        List<Block> blocks = new ArrayList<>();
        for (long from = 0; from < queries; from += rows) {
            long to = Math.min(queries, from + rows);
            blocks.add(new Block(blocks.size(), from, to, causal ? Math.min(to, k.size(QUERIES)) : k.size(QUERIES)));
        }
        return blocks;
    }

    private Tensor scoreMask(Tensor[] inputs) {
        return inputs.length > (hasPadding ? 4 : 3) ? inputs[3] : null;
    }

    private static Tensor part(Tensor x, int axis, long from, long to) {
        return x.size(axis) == 1 ? x : x.slice(axis, from, to);
    }

    /** softmax of the block's scores; rows without any key are 0. */
    private Tensor weights(Block block, Tensor[] inputs) {
        Tensor q = inputs[0].slice(QUERIES, block.from, block.to);
        Tensor k = inputs[1].slice(QUERIES, 0, block.keys);
        Tensor scores = q.matmul(k.transpose()).mul(1 / Math.sqrt(q.size(-1)));
        Tensor mask = scoreMask(inputs);
        if (mask != null) {
            Tensor own = part(part(mask, QUERIES, block.from, block.to), KEYS, 0, block.keys);
            scores = mask.dtype() == DType.BOOL ? scores.maskedFill(own, Double.NEGATIVE_INFINITY) : scores.add(own);
        }
        if (hasPadding) {
            scores = scores.maskedFill(inputs[inputs.length - 1].slice(KEYS, 0, block.keys), Double.NEGATIVE_INFINITY);
        }
        if (causal) {
            scores = scores.apply(CAUSAL, (double) block.from);
        }
        Tensor all = scores;
        Tensor max = GradientMode.without(() -> {
            Tensor largest = all.max(true, KEYS);
            return largest.maskedFill(largest.isFinite().not(), 0);
        });
        Tensor raised = all.sub(max).exp();
        Tensor sum = raised.sum(true, KEYS);
        return raised.div(sum.maskedFill(sum.eq(0), 1));
    }

    private Tensor dropped(Block block, Tensor x) {
        if (dropout == 0) {
            return x;
        }
        if (dropout == 1) {
            return x.mul(0);
        }
        Tensor kept = Devices.with(x.device(), () -> key.fold(block.number).bernoulli(x.shape(), 1 - dropout));
        return x.maskedFill(kept.not(), 0).mul(1 / (1 - dropout));
    }

    @Override
    public Tensor forward(Tensor... inputs) {
        List<Tensor> parts = new ArrayList<>();
        for (Block block : blocks(inputs[0], inputs[1])) {
            parts.add(apart(
                    () -> dropped(block, weights(block, inputs)).matmul(inputs[2].slice(QUERIES, 0, block.keys))));
        }
        return joined(parts);
    }

    private static Tensor joined(List<Tensor> parts) {
        return parts.size() == 1 ? parts.get(0) : Tensor.concat(QUERIES, parts.toArray(Tensor[]::new));
    }

    /** What is recorded for second derivatives outlives its block anyway. */
    private static <T> T apart(Supplier<T> body) {
        return GradientMode.isOn() ? body.get() : Scope.call(body);
    }

    @Override
    public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
        Tensor q = inputs[0];
        Tensor[] sums = new Tensor[3];
        List<Tensor> ofQueries = new ArrayList<>();
        for (Block block : blocks(q, inputs[1])) {
            Tensor[] found = apart(() -> blockGradients(block, upstream, output, inputs));
            ofQueries.add(found[0]);
            for (int i = 0; i < sums.length; i++) {
                Tensor next = found[i + 1];
                Tensor before = sums[i];
                if (next != null && before != null) {
                    sums[i] = before.add(next);
                    if (!GradientMode.isOn()) {
                        sums[i].materialize();
                        before.close();
                        next.close();
                    }
                } else if (next != null) {
                    sums[i] = next;
                }
            }
        }
        Tensor[] gradients = new Tensor[inputs.length];
        gradients[0] = joined(ofQueries);
        gradients[1] = sums[0];
        gradients[2] = sums[1];
        if (maskGradient) {
            gradients[3] = sums[2];
        }
        return gradients;
    }

    /** The gradients by the block's queries, by all keys and values, and by the mask. */
    private Tensor[] blockGradients(Block block, Tensor upstream, Tensor output, Tensor[] inputs) {
        Tensor q = inputs[0].slice(QUERIES, block.from, block.to);
        Tensor k = inputs[1].slice(QUERIES, 0, block.keys);
        Tensor v = inputs[2].slice(QUERIES, 0, block.keys);
        Tensor ofOutput = upstream.slice(QUERIES, block.from, block.to);
        Tensor weights = weights(block, inputs);
        Tensor ofValues = dropped(block, weights).transpose().matmul(ofOutput);
        // Σ of each row's weights times their gradients, without having them (Dao et al., 2022, appendix B.4).
        Tensor share = ofOutput.mul(output.slice(QUERIES, block.from, block.to)).sum(true, KEYS);
        Tensor ofWeights = dropped(block, ofOutput.matmul(v.transpose()));
        Tensor ofScores = weights.mul(ofWeights.sub(share));
        Tensor ofProducts = ofScores.mul(1 / Math.sqrt(q.size(-1)));
        Tensor ofMask = null;
        if (maskGradient) {
            Tensor mask = scoreMask(inputs);
            Shape own = part(part(mask, QUERIES, block.from, block.to), KEYS, 0, block.keys)
                    .shape();
            ofMask = ofScores.sumTo(own);
            ofMask = mask.size(KEYS) == 1 ? ofMask : padded(ofMask, KEYS, 0, inputs[1].size(QUERIES));
            ofMask = mask.size(QUERIES) == 1 ? ofMask : padded(ofMask, QUERIES, block.from, inputs[0].size(QUERIES));
        }
        long keys = inputs[1].size(QUERIES);
        return new Tensor[] {
            ofProducts.matmul(k),
            padded(ofProducts.transpose().matmul(q), QUERIES, 0, keys),
            padded(ofValues, QUERIES, 0, keys),
            ofMask
        };
    }

    private static Tensor padded(Tensor x, int axis, long before, long size) {
        return x.size(axis) == size ? x : x.pad(axis, before, size - before - x.size(axis), 0);
    }

    /** Returns what is computed. */
    @Override
    public String toString() {
        return "attention" + Arrays.asList(causal, dropout);
    }
}
