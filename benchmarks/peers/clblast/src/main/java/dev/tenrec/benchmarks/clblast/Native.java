package dev.tenrec.benchmarks.clblast;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Functions of a shared library, of which each returns an error code or an object. */
@SuppressWarnings("restricted") // Native calls are what this class is for.
final class Native {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    private final String name;
    private final SymbolLookup library;

    Native(String name) {
        this.name = name;
        try {
            library = SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(name + " is not installed: apt install libclblast1 pocl-opencl-icd", e);
        }
    }

    /** A function that returns an int. */
    Function function(String function, MemoryLayout... parameters) {
        return new Function(function, link(function, FunctionDescriptor.of(INT, parameters)));
    }

    /** A function that returns a pointer, and takes one to an error code last. */
    Function maker(String function, MemoryLayout... parameters) {
        FunctionDescriptor type = FunctionDescriptor.of(ValueLayout.ADDRESS, parameters);
        return new Function(function, link(function, type.appendArgumentLayouts(POINTER)));
    }

    private MethodHandle link(String function, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(function), type);
    }

    @Override
    public String toString() {
        return name;
    }

    /** A function with its name. */
    record Function(String name, MethodHandle handle) {

        /** Calls it; a code other than 0 is an error. */
        void call(Object... arguments) {
            int code = (int) invoke(arguments);
            if (code != 0) {
                throw new IllegalStateException(name + " failed with code " + code);
            }
        }

        /** Calls it for an object. */
        MemorySegment make(Object... arguments) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment error = arena.allocate(INT);
                Object[] all = java.util.Arrays.copyOf(arguments, arguments.length + 1);
                all[arguments.length] = error;
                MemorySegment made = (MemorySegment) invoke(all);
                int code = error.get(INT, 0);
                if (code != 0) {
                    throw new IllegalStateException(name + " failed with code " + code);
                }
                return made;
            }
        }

        private Object invoke(Object[] arguments) {
            try {
                return handle.invokeWithArguments(arguments);
            } catch (Throwable e) {
                throw new IllegalStateException(name, e);
            }
        }
    }
}
