package dev.tenrec.nn;

import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;

/**
 * Adds what a module makes of its input to the input: x + f(x), or s(x) + f(x) with a shortcut s that brings x to f(x)'s
 * shape (He et al., "Deep residual learning for image recognition", 2016). Children: {@code inner}, {@code shortcut}.
 */
public final class Residual extends Module {

    private final Module inner;
    private final Module shortcut;

    /**
     * Makes a block that adds the input itself.
     *
     * @param inner f
     */
    public Residual(Module inner) {
        this(inner, null);
    }

    /**
     * Makes a block.
     *
     * @param inner f
     * @param shortcut s; null for the input itself
     */
    public Residual(Module inner, Module shortcut) {
        this.inner = child("inner", inner);
        this.shortcut = shortcut == null ? null : child("shortcut", shortcut);
    }

    @Override
    protected Tensor compute(Tensor input) {
        Tensor output = inner.forward(input);
        Tensor direct = shortcut == null ? input : shortcut.forward(input);
        if (!direct.shape().equals(output.shape())) {
            throw new ShapeMismatch(Message.of("Residual", "shapes differ")
                    .line("inner", output.shape())
                    .line(shortcut == null ? "input" : "shortcut", direct.shape())
                    .hint("give a shortcut that brings the input to the inner module's shape")
                    .toString());
        }
        return direct.add(output);
    }
}
