package dev.tenrec.benchmarks;

import java.util.Map;

/** What another library needs to run at its best here; made by its constructor without arguments. */
public interface PeerSetup {

    /**
     * Returns what the library should find in the environment, which a running JVM cannot change: benchmarks then run in
     * a new one. What the user has set is left alone.
     *
     * @return names and values
     */
    Map<String, String> environment();

    /**
     * Says how the library runs in this JVM.
     *
     * @return name, version, instruction set, threads
     */
    String describe();
}
