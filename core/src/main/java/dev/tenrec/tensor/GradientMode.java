package dev.tenrec.tensor;

import java.util.function.Supplier;

/** Whether the calling thread records operations for gradients. It does by default. */
public final class GradientMode {

    private static final ThreadLocal<Boolean> OFF = new ThreadLocal<>();

    private GradientMode() {}

    /**
     * Says whether operations are recorded.
     *
     * @return false inside of {@link #without}
     */
    public static boolean isOn() {
        return OFF.get() == null;
    }

    /**
     * Runs something without recording.
     *
     * @param body what runs
     * @param <T> the result's type
     * @return what the body returned
     */
    public static <T> T without(Supplier<T> body) {
        return set(true, body);
    }

    static <T> T set(boolean off, Supplier<T> body) {
        Boolean before = OFF.get();
        assign(off ? Boolean.TRUE : null);
        try {
            return body.get();
        } finally {
            assign(before);
        }
    }

    private static void assign(Boolean off) {
        if (off == null) {
            OFF.remove();
        } else {
            OFF.set(off);
        }
    }
}
