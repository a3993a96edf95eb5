package dev.tenrec.engine;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Backends;
import dev.tenrec.type.Device;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The open devices, and which of them new tensors are made on. */
public final class Devices {

    private static final Map<Device, DeviceContext> CONTEXTS = new ConcurrentHashMap<>();
    private static final ThreadLocal<Device> OVERRIDE = new ThreadLocal<>();
    private static volatile Device chosen;

    private Devices() {}

    /**
     * Returns an open device, opening it if need be.
     *
     * @param device which
     * @return its context
     * @throws dev.tenrec.error.BackendUnavailable if it cannot be used
     */
    public static DeviceContext context(Device device) {
        DeviceContext context = CONTEXTS.get(device);
        return context != null
                ? context
                : CONTEXTS.computeIfAbsent(device, key -> new DeviceContext(Backends.open(key)));
    }

    /**
     * Returns the device on which the calling thread makes new tensors: that of {@link #with}, or else the one chosen by
     * {@code -Dtenrec.backend}.
     *
     * @return the device
     */
    public static Device current() {
        Device device = OVERRIDE.get();
        if (device == null) {
            device = chosen;
        }
        return device != null ? device : choose();
    }

    /** Not in a static initializer: a choice that fails must fail with its own exception, each time. */
    private static synchronized Device choose() {
        if (chosen == null) {
            chosen = Backends.choose();
        }
        return chosen;
    }

    /**
     * Makes new tensors on another device while something runs in the calling thread.
     *
     * @param device where
     * @param body what runs
     * @param <T> the result's type
     * @return what the body returned
     */
    public static <T> T with(Device device, Supplier<T> body) {
        Device before = OVERRIDE.get();
        OVERRIDE.set(device);
        try {
            return body.get();
        } finally {
            if (before == null) {
                OVERRIDE.remove();
            } else {
                OVERRIDE.set(before);
            }
        }
    }

    /**
     * Adds a backend that was opened by other means, such as an instrumented one in a test. It replaces a context of the
     * same device.
     *
     * @param backend the open backend
     * @return its context
     */
    public static DeviceContext register(Backend backend) {
        DeviceContext context = new DeviceContext(backend);
        CONTEXTS.put(backend.device(), context);
        return context;
    }
}
