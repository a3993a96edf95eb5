package dev.tenrec.examples.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The most frequent words of a text, numbered from 2 by their frequency; 0 is padding, 1 stands for all others. */
final class Words {
    static final int PADDING = 0;
    static final int UNKNOWN = 1;
    private static final Pattern TOKEN = Pattern.compile("[\\p{L}']+|\\d+|[^\\s\\p{L}\\d]|\\n");

    private final List<String> words = new ArrayList<>(List.of("<none>", "<rare>"));
    private final Map<String, Integer> numbers = new HashMap<>();

    /**
     * Counts.
     *
     * @param tokens a text
     * @param most how many words there may be, padding and rare ones included
     */
    Words(List<String> tokens, int most) {
        Map<String, Integer> counts = new HashMap<>();
        tokens.forEach(token -> counts.merge(token, 1, Integer::sum));
        counts.entrySet().stream()
                .sorted(Comparator.<Map.Entry<String, Integer>>comparingInt(Map.Entry::getValue)
                        .reversed()
                        .thenComparing(Map.Entry::getKey))
                .limit(Math.max(0, most - 2))
                .forEach(entry -> {
                    numbers.put(entry.getKey(), words.size());
                    words.add(entry.getKey());
                });
    }

    /** Words in lower case, marks and line ends, in order. */
    static List<String> tokens(String text) {
        List<String> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(text);
        while (matcher.find()) {
            tokens.add(matcher.group().toLowerCase(Locale.ROOT));
        }
        return tokens;
    }

    int count() {
        return words.size();
    }

    String word(int number) {
        return words.get(number);
    }

    int[] encode(List<String> tokens) {
        return tokens.stream()
                .mapToInt(token -> numbers.getOrDefault(token, UNKNOWN))
                .toArray();
    }
}
