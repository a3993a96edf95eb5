package dev.tenrec.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Settings and counters of the emulator, if it is what stands in for the driver of CUDA. */
@SuppressWarnings("restricted")
final class Emulator {

    private static final SymbolLookup LIBRARY = library();
    private static final Optional<MethodHandle> CONTROL = function(
            "fakecuda_control",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private static final Optional<MethodHandle> QUERY =
            function("fakecuda_query", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));

    private Emulator() {}

    private static SymbolLookup library() {
        try {
            return SymbolLookup.libraryLookup("libcuda.so.1", Arena.global());
        } catch (IllegalArgumentException _) {
            return _ -> Optional.empty();
        }
    }

    private static Optional<MethodHandle> function(String name, FunctionDescriptor type) {
        return LIBRARY.find(name).map(address -> Linker.nativeLinker().downcallHandle(address, type));
    }

    static boolean isPresent() {
        return CONTROL.isPresent();
    }

    /** Changes a setting: the name of its environment variable in lower case, without {@code FAKECUDA_}. */
    static void set(String key, long value) {
        try (Arena arena = Arena.ofConfined()) {
            int code = (int) CONTROL.orElseThrow().invokeExact(arena.allocateFrom(key), value);
            if (code != 0) {
                throw new IllegalArgumentException("the emulator has no setting " + key);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Reads a counter or a setting. */
    static long get(String key) {
        try (Arena arena = Arena.ofConfined()) {
            return (long) QUERY.orElseThrow().invokeExact(arena.allocateFrom(key));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
