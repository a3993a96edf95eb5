package dev.tenrec.backend;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.Message;
import java.util.List;

/** Provides the reference backend, which works everywhere and is chosen automatically only if nothing else does. */
public final class ReferenceProvider implements BackendProvider {

    /** The name of the backend. */
    static final String NAME = "reference";

    /** Makes the provider; for {@link java.util.ServiceLoader}. */
    public ReferenceProvider() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Probe probe() {
        return new Probe.Available(
                "specification, on Java " + Runtime.version().feature(), List.of(ReferenceBackend.DESCRIPTION));
    }

    @Override
    public Backend open(int index) {
        if (index != 0) {
            throw new BackendUnavailable(Message.of("backend", "no such device")
                    .line("expected", NAME + ":0, the only one")
                    .line("given", NAME + ":" + index)
                    .toString());
        }
        return new ReferenceBackend();
    }
}
