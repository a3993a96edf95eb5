package dev.tenrec.benchmarks.work;

import java.util.Locale;

/** Reads parameters. */
public final class Sizes {

    private Sizes() {}

    /**
     * Reads a size.
     *
     * @param name what it is, for the message
     * @param text the number
     * @return at least 1
     * @throws BadInput if it is not such a number
     */
    public static int positive(String name, String text) {
        try {
            int value = Integer.parseInt(text.strip());
            if (value > 0) {
                return value;
            }
        } catch (NumberFormatException _) {
            // Reported below, together with numbers out of range.
        }
        throw new BadInput(name + " is not a whole number from 1 to " + Integer.MAX_VALUE + ": \"" + text + '"');
    }

    /** Finds a constant by the name that {@link #label} gives it. */
    static <E extends Enum<E>> E constant(Class<E> type, String name, String text) {
        StringBuilder known = new StringBuilder();
        for (E constant : type.getEnumConstants()) {
            if (label(constant).equals(text.strip())) {
                return constant;
            }
            known.append(known.isEmpty() ? "" : ", ").append(label(constant));
        }
        throw new BadInput(name + " is not one of " + known + ": \"" + text + '"');
    }

    /**
     * Spells a constant as parameters and tables do.
     *
     * @param constant such as {@code SUM_AXIS_0}
     * @return such as {@code sum-axis-0}
     */
    public static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
