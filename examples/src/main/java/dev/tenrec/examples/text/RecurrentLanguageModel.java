package dev.tenrec.examples.text;

import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Gru;
import dev.tenrec.nn.Lstm;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Recurrent;
import dev.tenrec.nn.RecurrentState;
import dev.tenrec.nn.Rnn;
import dev.tenrec.tensor.Tensor;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Predicts the next character or word from all before: they are looked up in a table, read by recurrent layers, and what
 * those remember is mapped to a score of each.
 */
final class RecurrentLanguageModel extends Module {
    private final Embedding embedding;
    private final Recurrent recurrent;
    private final Dense head;

    /** The kind of the recurrent layers. */
    enum Cell {
        RNN,
        LSTM,
        GRU;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Scores and states.
     *
     * @param logits [batch · time, characters]
     * @param state after the last character
     */
    record Result(Tensor logits, RecurrentState state) implements Scope.Group {
        @Override
        public void forEachScoped(Consumer<Scoped> action) {
            action.accept(logits);
            state.forEachScoped(action);
        }
    }

    RecurrentLanguageModel(Cell cell, int characters, int embeddingSize, int units, int layers) {
        embedding = child("embedding", new Embedding(characters, embeddingSize));
        recurrent = child(
                "recurrent",
                switch (cell) {
                    case RNN -> Rnn.builder(embeddingSize, units).layers(layers).build();
                    case LSTM ->
                        Lstm.builder(embeddingSize, units).layers(layers).build();
                    case GRU -> Gru.builder(embeddingSize, units).layers(layers).build();
                });
        head = child("head", new Dense(units, characters));
    }

    /** The vectors of the characters or words. */
    Embedding table() {
        return embedding;
    }

    @Override
    protected Tensor compute(Tensor input) {
        return forward(input, null).logits;
    }

    /**
     * Reads characters.
     *
     * @param input I64 [batch, time]
     * @param state what is remembered of those before; null for nothing
     * @return scores of what follows each of them
     */
    Result forward(Tensor input, RecurrentState state) {
        Recurrent.Result read = recurrent.forward(embedding.forward(input), state);
        return new Result(head.forward(read.output().reshape(-1, recurrent.outputSize())), read.state());
    }
}
