package dev.tenrec.ir;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Keeps one object per expression structure. Weak: an expression nobody holds is collected, so programs that make
 * kernels for ever do not grow.
 */
final class ExprTable {

    private static final ConcurrentMap<Entry, Entry> ENTRIES = new ConcurrentHashMap<>();
    private static final ReferenceQueue<Expr> COLLECTED = new ReferenceQueue<>();

    private ExprTable() {}

    private static final class Entry extends WeakReference<Expr> {
        private final int hash;

        Entry(Expr expr) {
            super(expr, COLLECTED);
            hash = expr.structuralHash();
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            if (this == other) {
                return true;
            }
            if (!(other instanceof Entry entry) || entry.hash != hash) {
                return false;
            }
            Expr mine = get();
            Expr theirs = entry.get();
            return mine != null && theirs != null && mine.sameAs(theirs);
        }
    }

    /** Returns the one expression of this structure; the children are interned already. */
    static Expr intern(Expr candidate) {
        for (Object gone = COLLECTED.poll(); gone != null; gone = COLLECTED.poll()) {
            ENTRIES.remove(gone);
        }
        Entry fresh = new Entry(candidate);
        while (true) {
            Entry present = ENTRIES.putIfAbsent(fresh, fresh);
            if (present == null) {
                return candidate;
            }
            Expr expr = present.get();
            if (expr != null) {
                return expr;
            }
            ENTRIES.remove(present, present);
        }
    }
}
