package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.tensor.Variable;
import java.util.List;
import java.util.Locale;

/**
 * What a network of the zoo reached.
 *
 * @param parameters how many numbers it learned
 * @param text its figure in words
 * @param value the figure
 */
public record Result(long parameters, String text, double value) {

    static Result of(List<Variable> parameters, String format, double value, Object... more) {
        Object[] all = new Object[more.length + 1];
        all[0] = value;
        System.arraycopy(more, 0, all, 1, more.length);
        long count =
                parameters.stream().mapToLong(v -> v.shape().elementCount()).sum();
        return new Result(count, String.format(Locale.ROOT, format, all), value);
    }
}
