package dev.tenrec.tensor;

import dev.tenrec.engine.Operations;
import dev.tenrec.memory.Scope;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/** Reads with conversion. */
final class HostReads {

    /** Runs asynchronous reads; they mostly wait. */
    static final Executor READERS = Executors.newVirtualThreadPerTaskExecutor();

    private HostReads() {}

    static void read(Tensor tensor, DType wanted, MemorySegment target) {
        if (tensor.dtype() == wanted) {
            copy(tensor, target);
            return;
        }
        // A read is a use of the value: without this only the conversion would be stored, and the next read compute
        // again.
        tensor.materialize();
        Scope.run(() -> GradientMode.without(() -> {
            copy(tensor.to(wanted), target);
            return null;
        }));
    }

    static void copy(Tensor tensor, MemorySegment target) {
        try {
            Operations.toHost(tensor.node(), target);
        } finally {
            // Or the garbage collector could release a tensor without a scope while it is copied.
            Reference.reachabilityFence(tensor);
        }
    }
}
