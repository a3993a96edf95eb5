package dev.tenrec.type;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;

/**
 * Where a tensor lives: a backend's name and the index of one of its devices.
 *
 * @param backend the backend's name, such as {@code cpu} or {@code reference}
 * @param index the device's index within that backend, from 0
 */
public record Device(String backend, int index) {

    /** Checks the parts. */
    public Device {
        if (backend == null || backend.isBlank() || backend.indexOf(':') >= 0) {
            throw new InvalidArgument(Message.of("device", "not a backend name")
                    .line("expected", "a name such as cpu or reference")
                    .line("given", backend)
                    .toString());
        }
        if (index < 0) {
            throw new InvalidArgument(Message.of("device", "negative index")
                    .line("expected", "an index from 0")
                    .line("given", index)
                    .toString());
        }
    }

    /**
     * Parses {@code name} or {@code name:index}.
     *
     * @param text such as {@code cpu} or {@code cuda:1}
     * @return the device
     * @throws InvalidArgument if the text has another form
     */
    public static Device parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            return new Device(text.strip(), 0);
        }
        try {
            return new Device(
                    text.substring(0, colon).strip(),
                    Integer.parseInt(text.substring(colon + 1).strip()));
        } catch (NumberFormatException e) {
            throw new InvalidArgument(Message.of("device", "index is not a number")
                    .line("expected", "name or name:index, such as cpu:0")
                    .line("given", text)
                    .toString());
        }
    }

    /** Returns {@code name:index}. */
    @Override
    public String toString() {
        return backend + ":" + index;
    }
}
