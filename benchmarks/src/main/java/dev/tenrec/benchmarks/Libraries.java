package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Library;
import java.util.ServiceLoader;

/** Opens what a benchmark's parameter names. */
final class Libraries {

    private Libraries() {}

    /**
     * {@return a backend of Tenrec, or the other library that is on this JVM's class path}
     *
     * @param name as the user wrote it
     */
    static Library open(String name) {
        if (PeerLaunch.find(name).isEmpty()) {
            return new TenrecLibrary(BackendNames.device(name));
        }
        return ServiceLoader.load(Library.class)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(name + " is not on the class path of this JVM"));
    }
}
