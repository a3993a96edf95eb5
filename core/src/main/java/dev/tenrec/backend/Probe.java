package dev.tenrec.backend;

import java.util.List;

/** What a provider found when it looked whether its backend can be used. */
public sealed interface Probe {

    /**
     * It can be used.
     *
     * @param version of the backend and what it stands on
     * @param devices one description per device, in the order of their indexes
     */
    record Available(String version, List<String> devices) implements Probe {
        /** Makes the list immutable. */
        public Available {
            devices = List.copyOf(devices);
        }
    }

    /**
     * It cannot be used.
     *
     * @param reason what is missing
     * @param remedy what to do about it
     */
    record Unavailable(String reason, String remedy) implements Probe {}
}
