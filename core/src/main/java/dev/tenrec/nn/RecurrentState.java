package dev.tenrec.nn;

import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import dev.tenrec.tensor.Tensor;
import java.util.function.Consumer;

/**
 * What a recurrent layer remembers between time steps, to be carried over to the next part of a sequence. A scope keeps
 * it as a whole.
 *
 * @param hidden of a layer [layers · directions, batch, output], the directions of a layer side by side, forward first;
 *     of a single cell [batch, output]
 * @param cell of an LSTM: as the hidden state, with the number of units in place of the outputs; null otherwise
 */
public record RecurrentState(Tensor hidden, Tensor cell) implements Scope.Group {

    /**
     * Returns the same values as constants: gradients stop here. Truncated backpropagation through time carries states
     * over like this (Williams and Peng, "An efficient gradient-based algorithm for on-line training of recurrent
     * network trajectories", 1990).
     *
     * @return tensors of the current scope
     */
    public RecurrentState detach() {
        return new RecurrentState(hidden.detach(), cell == null ? null : cell.detach());
    }

    @Override
    public void forEachScoped(Consumer<Scoped> action) {
        action.accept(hidden);
        if (cell != null) {
            action.accept(cell);
        }
    }
}
