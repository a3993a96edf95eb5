package dev.tenrec.nn;

import dev.tenrec.type.Shape;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Notes what shapes the modules put out while one thread runs a model. */
final class ForwardTrace {

    private static final ThreadLocal<ForwardTrace> CURRENT = new ThreadLocal<>();

    private final Map<Module, Deque<Shape>> outputs = new IdentityHashMap<>();

    private ForwardTrace() {}

    static ForwardTrace of(Supplier<?> body) {
        ForwardTrace before = CURRENT.get();
        ForwardTrace trace = new ForwardTrace();
        CURRENT.set(trace);
        try {
            body.get();
            return trace;
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    static void note(Module module, Shape output) {
        ForwardTrace trace = CURRENT.get();
        if (trace != null) {
            trace.outputs.computeIfAbsent(module, _ -> new ArrayDeque<>()).add(output);
        }
    }

    /** The next output of a module, which may run several times; null when it did not run again. */
    Shape next(Module module) {
        Deque<Shape> shapes = outputs.get(module);
        return shapes == null ? null : shapes.poll();
    }
}
