package dev.tenrec.memory;

/** Something whose life a {@link Scope} may end. */
public abstract class Scoped {

    /** The scope that owns this, or null; guarded by that scope's monitor while set. */
    private volatile Scope owner;

    private int slot;

    /** Creates something that no scope owns. */
    protected Scoped() {}

    /** Releases what this holds. Called once, when its scope ends or it is closed. */
    protected abstract void release();

    /** Prepares to outlive the current scope: computes what would otherwise be computed from things that end with it. */
    protected abstract void prepareToEscape();

    /** Called when this leaves the outermost scope of its thread, so that no scope will end its life. */
    protected abstract void onUnscoped();

    /**
     * Hands this to the calling thread's current scope.
     *
     * @return false if there is no current scope
     */
    protected final boolean enterCurrentScope() {
        Scope scope = Scope.current();
        if (scope == null) {
            return false;
        }
        scope.add(this);
        return true;
    }

    /** Takes this out of the scope that owns it, if any. */
    protected final void leaveScope() {
        Scope scope = owner;
        if (scope != null) {
            scope.remove(this);
        }
    }

    final Scope owner() {
        return owner;
    }

    final void owner(Scope scope, int newSlot) {
        owner = scope;
        slot = newSlot;
    }

    final int slot() {
        return slot;
    }
}
