package dev.tenrec.examples.text;

import dev.tenrec.tensor.Tensor;
import java.util.Arrays;

/**
 * A text cut into as many streams as there are rows in a batch, each read from left to right, part by part: what a
 * network remembers of one part of a row is what it needs for the next one. For truncated backpropagation through time.
 */
final class CharacterStreams {
    private final int[] text;
    private final int batch;
    private final int length;
    private final int streamLength;
    private int at;

    /**
     * Cuts a text.
     *
     * @param text numbers of characters, more than {@code batch · length}; the end that does not fill the rows is left
     *     out
     * @param batch number of streams
     * @param length characters of a part
     */
    CharacterStreams(int[] text, int batch, int length) {
        this.text = text;
        this.batch = batch;
        this.length = length;
        // One more than what is read, since the last character of a row has a next one, too.
        streamLength = (text.length - 1) / batch;
        if (streamLength < length) {
            throw new IllegalArgumentException("expected a text of more than " + batch * (long) length
                    + " characters for " + batch + " rows of " + length + ", given " + text.length);
        }
    }

    /** {@return the parts of a pass over the text} */
    int parts() {
        return streamLength / length;
    }

    /** {@return whether the next part is the first one, to which nothing leads} */
    boolean atStart() {
        return at == 0;
    }

    /** {@return the next part [batch, length], I64} */
    Tensor inputs() {
        return part(0);
    }

    /** {@return what follows each of its characters [batch · length], I64} */
    Tensor targets() {
        return part(1).reshape(-1);
    }

    /** Goes on to the next part, after the last one to the first. */
    void advance() {
        at = at + 2 * length <= streamLength ? at + length : 0;
    }

    private Tensor part(int shift) {
        long[] values = new long[batch * length];
        Arrays.setAll(values, i -> text[i / length * streamLength + at + i % length + shift]);
        return Tensor.of(values, batch, length);
    }
}
