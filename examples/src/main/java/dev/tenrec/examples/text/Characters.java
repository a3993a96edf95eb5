package dev.tenrec.examples.text;

import java.util.Arrays;
import java.util.OptionalInt;

/** The characters of a text, numbered from 0 in their order in Unicode. */
public final class Characters {
    private final char[] symbols;

    /**
     * Collects the characters.
     *
     * @param text every character that will be asked for
     */
    public Characters(String text) {
        int[] distinct = text.chars().distinct().sorted().toArray();
        symbols = new char[distinct.length];
        for (int i = 0; i < symbols.length; i++) {
            symbols[i] = (char) distinct[i];
        }
    }

    /** {@return how many there are} */
    public int count() {
        return symbols.length;
    }

    /**
     * Replaces characters by their numbers.
     *
     * @param text characters of this collection alone
     * @return the numbers
     * @throws IllegalArgumentException if another one occurs
     */
    public int[] encode(String text) {
        int[] numbers = new int[text.length()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Arrays.binarySearch(symbols, text.charAt(i));
            if (numbers[i] < 0) {
                throw new IllegalArgumentException(
                        "character '" + text.charAt(i) + "' does not occur in the text that is learned");
            }
        }
        return numbers;
    }

    /**
     * Looks for a character that is not in this collection.
     *
     * @param text any text
     * @return the place of the first one
     */
    public OptionalInt firstUnknown(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Arrays.binarySearch(symbols, text.charAt(i)) < 0) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    /**
     * Replaces a number by its character.
     *
     * @param number 0 to {@code count() - 1}
     * @return the character
     */
    public char symbol(int number) {
        return symbols[number];
    }
}
