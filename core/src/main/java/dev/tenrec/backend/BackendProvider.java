package dev.tenrec.backend;

/** How a backend is found: registered with {@link java.util.ServiceLoader}. */
public interface BackendProvider {

    /**
     * Returns the name users choose the backend by.
     *
     * @return lower case, such as {@code cpu}
     */
    String name();

    /**
     * Returns the rank in an automatic choice: the available backend of highest priority wins. The reference has 0.
     *
     * @return the higher the faster, usually
     */
    int priority();

    /**
     * Looks whether the backend can be used here. Never throws.
     *
     * @return what was found
     */
    Probe probe();

    /**
     * Opens a device.
     *
     * @param index which, from 0
     * @return the open backend
     * @throws dev.tenrec.error.BackendUnavailable if there is no such device or it cannot be used
     */
    Backend open(int index);
}
