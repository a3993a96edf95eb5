package dev.tenrec.cpu;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps a bounded number of workspaces for reuse, the one used last first. Belongs to a pool, not to a thread. */
final class WorkspacePool {
    private final int limit;
    private final ConcurrentLinkedDeque<Workspace> free = new ConcurrentLinkedDeque<>();
    private final AtomicInteger count = new AtomicInteger();

    WorkspacePool(int limit) {
        this.limit = limit;
    }

    Workspace acquire() {
        Workspace workspace = free.pollFirst();
        if (workspace == null) {
            return new Workspace();
        }
        count.decrementAndGet();
        return workspace;
    }

    void release(Workspace workspace) {
        if (count.incrementAndGet() > limit) {
            count.decrementAndGet();
        } else {
            free.offerFirst(workspace);
        }
    }
}
