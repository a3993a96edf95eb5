package dev.tenrec.tensor;

import dev.tenrec.ir.Expr;
import dev.tenrec.op.Ops;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * The elementwise part of a {@link RecurrentCell} as expressions, forward and backward, each for one kernel with several
 * outputs. The gates are kept as they come out of their functions, so that the gradient computes one tanh and nothing
 * else that is costly.
 *
 * <p>A masked step's inputs may be anything, NaN too: its results are chosen, not multiplied by 0.
 */
final class CellKernels {

    private final RecurrentCell kind;
    private final DType dtype;
    private final boolean masked;

    CellKernels(RecurrentCell kind, DType dtype, boolean masked) {
        this.kind = kind;
        this.dtype = dtype;
        this.masked = masked;
    }

    /** Inputs are numbered in the order in which they are asked for. */
    private final class Inputs {
        private int next;

        Expr next() {
            return Expr.input(next++, dtype);
        }

        Expr mask() {
            return masked ? Expr.input(next++, DType.BOOL) : null;
        }
    }

    private static Expr sigmoid(Expr x) {
        return Ops.SIGMOID.build(List.of(x));
    }

    private static Expr choose(Expr mask, Expr valid, Expr masked) {
        return mask == null ? valid : mask.choose(valid, masked);
    }

    /** y·(1 − y), the slope of the logistic function. */
    private static Expr slope(Expr y) {
        return y.mul(y.like(1).sub(y));
    }

    /** 1 − y², the slope of tanh. */
    private static Expr tanhSlope(Expr y) {
        return y.like(1).sub(y.mul(y));
    }

    /**
     * The epilogue of the product h·weight. For cells of one block it is the whole cell: of (product, input's part, and,
     * if masked, h, mask) the new state. Otherwise the pre-activations: (product, input's part) where those are summed,
     * else (product, bias) or (product).
     */
    Expr epilogue(boolean bias) {
        Inputs in = new Inputs();
        Expr product = in.next();
        return switch (kind) {
            case RNN_TANH, RNN_RELU -> {
                Expr sum = product.add(in.next());
                Expr made = kind == RecurrentCell.RNN_TANH ? sum.tanh() : sum.max(sum.like(0));
                yield masked ? choose(Expr.input(3, DType.BOOL), made, in.next()) : made;
            }
            case LSTM -> product.add(in.next());
            case GRU -> bias ? product.add(in.next()) : product;
        };
    }

    /**
     * Of (four pre-activations, c) the gates, c' and h' of an LSTM; of (three parts of the state, three of the input, h)
     * the two gates and h' of a GRU. The mask comes last; an LSTM's is preceded by h.
     */
    List<Expr> forward() {
        Inputs in = new Inputs();
        if (kind == RecurrentCell.LSTM) {
            Expr i = sigmoid(in.next());
            Expr f = sigmoid(in.next());
            Expr g = in.next().tanh();
            Expr o = sigmoid(in.next());
            Expr cell = in.next();
            Expr next = f.mul(cell).add(i.mul(g));
            Expr made = o.mul(next.tanh());
            if (!masked) {
                return List.of(i, f, g, o, next, made);
            }
            Expr hidden = in.next();
            Expr mask = in.mask();
            return List.of(i, f, g, o, mask.choose(next, cell), mask.choose(made, hidden));
        }
        Expr[] state = {in.next(), in.next(), in.next()};
        Expr reset = sigmoid(in.next().add(state[0]));
        Expr update = sigmoid(in.next().add(state[1]));
        Expr candidate = in.next().add(reset.mul(state[2])).tanh();
        Expr hidden = in.next();
        Expr made = candidate.add(update.mul(hidden.sub(candidate)));
        return List.of(reset, update, choose(in.mask(), made, hidden));
    }

    /** Whether a part of the state's gradient does not pass through the product. */
    boolean passes() {
        return masked || kind == RecurrentCell.GRU;
    }

    /**
     * The gradients of one step. Inputs, with u and v the gradient of h' as it comes from later steps and from outside:
     *
     * <pre>
     * RNN   h', u, v                              → pre-activation
     * LSTM  i, f, g, o, c, c', u, v, c' gradient  → four pre-activations, c
     * GRU   r, z, sₙ, xₙ, h, u, v                 → three parts of the state, three of the input
     * </pre>
     *
     * then the mask; and last, where {@link #passes}, what goes to h directly.
     */
    List<Expr> backward() {
        Inputs in = new Inputs();
        return switch (kind) {
            case RNN_TANH, RNN_RELU -> {
                Expr made = in.next();
                Expr upstream = in.next().add(in.next());
                Expr local = kind == RecurrentCell.RNN_TANH
                        ? upstream.mul(tanhSlope(made))
                        : made.gt(0).choose(upstream, upstream.like(0));
                Expr mask = in.mask();
                Expr zero = upstream.like(0);
                yield masked ? List.of(mask.choose(local, zero), mask.choose(zero, upstream)) : List.of(local);
            }
            case LSTM -> lstm(in);
            case GRU -> gru(in);
        };
    }

    private List<Expr> lstm(Inputs in) {
        Expr i = in.next();
        Expr f = in.next();
        Expr g = in.next();
        Expr o = in.next();
        Expr cell = in.next();
        Expr squashed = in.next().tanh();
        Expr upstream = in.next().add(in.next());
        Expr ofCell = in.next();
        Expr total = ofCell.add(upstream.mul(o).mul(tanhSlope(squashed)));
        Expr mask = in.mask();
        Expr zero = ofCell.like(0);
        List<Expr> found = new ArrayList<>();
        found.add(choose(mask, total.mul(g).mul(slope(i)), zero));
        found.add(choose(mask, total.mul(cell).mul(slope(f)), zero));
        found.add(choose(mask, total.mul(i).mul(tanhSlope(g)), zero));
        found.add(choose(mask, upstream.mul(squashed).mul(slope(o)), zero));
        found.add(choose(mask, total.mul(f), ofCell));
        if (masked) {
            found.add(mask.choose(zero, upstream));
        }
        return found;
    }

    private List<Expr> gru(Inputs in) {
        Expr reset = in.next();
        Expr update = in.next();
        Expr state = in.next();
        Expr candidate = in.next().add(reset.mul(state)).tanh();
        Expr hidden = in.next();
        Expr upstream = in.next().add(in.next());
        Expr mask = in.mask();
        Expr zero = upstream.like(0);
        Expr ofCandidate = upstream.mul(update.like(1).sub(update)).mul(tanhSlope(candidate));
        Expr ofReset = choose(mask, ofCandidate.mul(state).mul(slope(reset)), zero);
        Expr ofUpdate = choose(mask, upstream.mul(hidden.sub(candidate)).mul(slope(update)), zero);
        Expr ofState = choose(mask, ofCandidate.mul(reset), zero);
        Expr ofInput = choose(mask, ofCandidate, zero);
        Expr passed = choose(mask, upstream.mul(update), upstream);
        return List.of(ofReset, ofUpdate, ofState, ofReset, ofUpdate, ofInput, passed);
    }
}
