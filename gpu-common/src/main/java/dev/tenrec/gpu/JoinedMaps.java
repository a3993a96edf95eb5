package dev.tenrec.gpu;

import dev.tenrec.backend.Launch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Maps of one kernel that become one launch, while a backend is told that what it is given belongs together, such as the
 * updates of a model's parameters. They wait until another kernel, or anything else, is asked of the device: so the order
 * of all that can be seen stays. A map that touches what a waiting one writes, or writes what that one reads, does not
 * join it.
 */
final class JoinedMaps {

    private final GpuContext context;
    private final Arguments arguments = new Arguments();
    private final List<Launch> launches = new ArrayList<>();
    private final Set<GpuDevice.Memory> read = new HashSet<>();
    private final Set<GpuDevice.Memory> written = new HashSet<>();
    private volatile Thread owner;
    private GpuMap map;
    // Read without the lock, so that launches outside of all this cost nothing.
    private volatile boolean waiting;

    JoinedMaps(GpuContext context) {
        this.context = context;
    }

    /** Runs a body whose maps may be joined, in the calling thread. */
    void together(Runnable body) {
        boolean begins = begin();
        try {
            body.run();
        } finally {
            if (begins) {
                end();
            }
        }
    }

    /** False where another thread has its turn, or this is a part of a larger whole. */
    private synchronized boolean begin() {
        if (owner != null || !context.gpu().hasAddresses()) {
            return false;
        }
        owner = Thread.currentThread();
        return true;
    }

    private void end() {
        synchronized (this) {
            owner = null;
        }
        flush();
    }

    /** Whether the calling thread may have its maps joined. */
    boolean isOpen() {
        return owner == Thread.currentThread();
    }

    /** Takes a map of dense operands to be launched later; false if it is to be launched now. */
    synchronized boolean take(GpuMap taken, Launch launch) {
        if (!isOpen()) {
            return false;
        }
        List<GpuDevice.Memory> reads = taken.memoryRead(launch);
        List<GpuDevice.Memory> writes =
                launch.outputs().stream().map(context::memory).toList();
        boolean apart = Collections.disjoint(reads, written)
                && Collections.disjoint(writes, written)
                && Collections.disjoint(writes, read);
        if (map != taken || launches.size() >= taken.mostJoined() || !apart) {
            flush();
        }
        if (!launches.isEmpty()) {
            // What may fail fails here, before the launch is promised.
            taken.prepareJoined();
        }
        map = taken;
        launches.add(launch);
        read.addAll(reads);
        written.addAll(writes);
        waiting = true;
        return true;
    }

    /** Launches what waits. */
    void flush() {
        if (waiting) {
            launchAll();
        }
    }

    // Under the lock until all is issued: what another thread issues next may read the results.
    private synchronized void launchAll() {
        if (launches.isEmpty()) {
            return;
        }
        List<Launch> all = List.copyOf(launches);
        GpuMap of = map;
        launches.clear();
        read.clear();
        written.clear();
        map = null;
        try {
            // The thread may be between the arguments of another kernel and its launch.
            context.withArguments(arguments, () -> {
                if (all.size() == 1) {
                    of.runAlone(all.get(0));
                } else {
                    of.runJoined(all);
                }
            });
        } finally {
            waiting = false;
        }
    }
}
