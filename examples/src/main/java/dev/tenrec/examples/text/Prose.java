package dev.tenrec.examples.text;

/** Texts for people to read. */
final class Prose {
    private Prose() {}

    /** Breaks lines at spaces so that they have at most as many characters; longer words stay whole. */
    static String wrap(String text, int columns) {
        StringBuilder wrapped = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            if (!wrapped.isEmpty()) {
                wrapped.append('\n');
            }
            int column = 0;
            for (String word : line.split(" ")) {
                if (column > 0 && column + 1 + word.length() > columns) {
                    wrapped.append('\n');
                    column = 0;
                } else if (column > 0) {
                    wrapped.append(' ');
                    column++;
                }
                wrapped.append(word);
                column += word.length();
            }
        }
        return wrapped.toString();
    }
}
