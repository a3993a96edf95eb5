package dev.tenrec.benchmarks;

/** Something the user asked for that cannot be done; the message is one line that says what to ask for instead. */
final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadInput(String message) {
        super(message);
    }
}
