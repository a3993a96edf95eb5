package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;

/** Checks of numbers that steer an optimizer. */
final class Rates {

    private Rates() {}

    static double notNegative(String what, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw wrong(what, "a finite number, 0 or more", value);
        }
        return value;
    }

    static double positive(String what, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw wrong(what, "a finite number above 0", value);
        }
        return value;
    }

    static double belowOne(String what, double value) {
        if (!(value >= 0 && value < 1)) {
            throw wrong(what, "at least 0 and below 1", value);
        }
        return value;
    }

    private static InvalidArgument wrong(String what, String expected, double value) {
        return new InvalidArgument(Message.of("optimizer", what + " out of range")
                .line("expected", expected)
                .line("given", value)
                .toString());
    }
}
