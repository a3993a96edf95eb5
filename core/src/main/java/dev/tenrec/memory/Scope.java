package dev.tenrec.memory;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A region of a thread's work. Every tensor made by the thread belongs to its innermost open scope and is closed when
 * that scope ends, unless it was kept. Scopes nest; each thread has its own.
 *
 * <pre>{@code
 * Tensor mean = Scope.call(() -> batch.sub(batch.mean()).square().mean());   // only the result lives on
 * }</pre>
 *
 * <p>What leaves a scope is computed before the scope ends, since its inputs go with the scope; what stays and was never
 * needed is dropped without being computed.
 */
public final class Scope implements AutoCloseable {

    /** Something that holds several scoped things, such as the gradients of a model. */
    public interface Group {
        /**
         * Visits what this holds.
         *
         * @param action called for each
         */
        void forEachScoped(Consumer<Scoped> action);
    }

    private static final ThreadLocal<Scope> CURRENT = new ThreadLocal<>();

    private final Scope parent;
    private final Thread thread;
    private Scoped[] members = new Scoped[16];
    private int size;
    private boolean closed;

    private Scope(Scope parent) {
        this.parent = parent;
        this.thread = Thread.currentThread();
    }

    /**
     * Opens a scope in the calling thread; to be closed by the same thread, innermost first.
     *
     * @return the scope, for try-with-resources
     */
    public static Scope open() {
        Scope scope = new Scope(CURRENT.get());
        CURRENT.set(scope);
        return scope;
    }

    /**
     * Returns the calling thread's innermost open scope.
     *
     * @return null if none is open
     */
    public static Scope current() {
        return CURRENT.get();
    }

    /**
     * Runs something in a scope of its own.
     *
     * @param body what to run
     */
    public static void run(Runnable body) {
        try (Scope _ = open()) {
            body.run();
        }
    }

    /**
     * Runs something in a scope of its own and keeps its result: a tensor, an array, collection or map of tensors, or a
     * {@link Group}. Anything else is returned as it is.
     *
     * @param body what to run
     * @param <T> the result's type
     * @return the result, which belongs to the scope around
     */
    public static <T> T call(Supplier<T> body) {
        try (Scope scope = open()) {
            T result = body.get();
            scope.keep(result);
            return result;
        }
    }

    /**
     * Lets something outlive this scope: it is computed now and handed to the scope around, or to nobody if there is
     * none. What does not belong to this scope is left alone.
     *
     * @param value a tensor, an array, collection or map of tensors, or a {@link Group}
     */
    public void keep(Object value) {
        switch (value) {
            case Scoped scoped -> keepOne(scoped);
            case Group group -> group.forEachScoped(this::keepOne);
            case Object[] array -> Arrays.stream(array).forEach(this::keep);
            case Collection<?> collection -> collection.forEach(this::keep);
            case Map<?, ?> map -> map.values().forEach(this::keep);
            case null, default -> {
                // Nothing in it that a scope could own.
            }
        }
    }

    private void keepOne(Scoped scoped) {
        if (scoped.owner() == this) {
            scoped.prepareToEscape();
            handToParent(scoped);
        }
    }

    /**
     * Hands something to the scope around without computing it first. Only for callers that know its inputs live on.
     *
     * @param scoped something of this scope
     */
    public void handToParent(Scoped scoped) {
        if (scoped.owner() != this) {
            return;
        }
        remove(scoped);
        if (parent != null) {
            parent.add(scoped);
        } else {
            scoped.onUnscoped();
        }
    }

    synchronized void add(Scoped scoped) {
        if (closed) {
            throw new IllegalStateException("the scope has ended");
        }
        if (size == members.length) {
            members = Arrays.copyOf(members, size * 2);
        }
        scoped.owner(this, size);
        members[size++] = scoped;
    }

    synchronized void remove(Scoped scoped) {
        if (scoped.owner() != this) {
            return;
        }
        int slot = scoped.slot();
        Scoped last = members[--size];
        members[size] = null;
        if (last != scoped) {
            members[slot] = last;
            last.owner(this, slot);
        }
        scoped.owner(null, 0);
    }

    /** Ends the scope: closes what belongs to it. Scopes opened inside and left open are ended first. */
    @Override
    public void close() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("a scope is closed by the thread that opened it: opened by "
                    + thread.getName() + ", closed by " + Thread.currentThread().getName());
        }
        if (closed) {
            return;
        }
        for (Scope open = CURRENT.get(); open != this && open != null; open = CURRENT.get()) {
            open.close();
        }
        if (parent == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(parent);
        }
        Scoped[] ended;
        synchronized (this) {
            closed = true;
            ended = Arrays.copyOf(members, size);
            size = 0;
            members = new Scoped[0];
            for (Scoped scoped : ended) {
                scoped.owner(null, 0);
            }
        }
        // Last made first: a tensor is released before what it was computed from.
        for (int i = ended.length - 1; i >= 0; i--) {
            ended[i].release();
        }
    }
}
