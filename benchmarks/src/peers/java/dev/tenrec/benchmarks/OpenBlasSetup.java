package dev.tenrec.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * Gives OpenBLAS all processors and the kernels that the processor can run: it takes some processors with AVX-512 for
 * older ones and then runs at half its speed. With {@code -XX:UseAVX=2} it is held to AVX2 like Java.
 */
public final class OpenBlasSetup implements PeerSetup {
    /** How results name the library. */
    static final String NAME = "openblas";

    private static final String CORE = "OPENBLAS_CORETYPE";
    private static final String AVX_512_CORE = "SKYLAKEX";
    private static final String AVX_2_CORE = "HASWELL";

    /** What OpenBLAS calls the processors it runs AVX-512 kernels on. */
    private static final Set<String> AVX_512_CORES = Set.of("SKYLAKEX", "COOPERLAKE", "SAPPHIRERAPIDS");

    /** What the kernels for {@link #AVX_512_CORE} use. */
    private static final Set<String> AVX_512_FLAGS = Set.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");

    /** For {@link Workload#setup}. */
    public OpenBlasSetup() {}

    /** Lets OpenBLAS use as many threads as there are processors. */
    static void useAllProcessors() {
        Loader.load(openblas_nolapack.class);
        org.bytedeco.openblas.presets.openblas_nolapack.blas_set_num_threads(
                Runtime.getRuntime().availableProcessors());
    }

    @Override
    public Map<String, String> environment() {
        List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
        String wanted = coreType(processorFlags(), core(), flags.contains("-XX:UseAVX=2"));
        return wanted.isEmpty() ? Map.of() : Map.of(CORE, wanted);
    }

    /** {@return the core type to force, empty to leave the choice to OpenBLAS} */
    static String coreType(Set<String> processorFlags, String detected, boolean avx2Only) {
        boolean avx512 = processorFlags.containsAll(AVX_512_FLAGS);
        boolean uses512 = AVX_512_CORES.contains(detected.toUpperCase(Locale.ROOT));
        if (avx2Only) {
            return uses512 ? AVX_2_CORE : "";
        }
        return avx512 && !uses512 ? AVX_512_CORE : "";
    }

    private static Set<String> processorFlags() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .map(line -> Set.copyOf(List.of(line.split("\\s+"))))
                    .orElse(Set.of());
        } catch (IOException _) {
            // Elsewhere than on Linux OpenBLAS's own choice has to do.
            return Set.of();
        }
    }

    @Override
    public String describe() {
        useAllProcessors();
        return "OpenBLAS: " + text("openblas_get_config") + ", runs as " + core() + ", "
                + org.bytedeco.openblas.presets.openblas_nolapack.blas_get_num_threads() + " threads";
    }

    private static String core() {
        return text("openblas_get_corename");
    }

    /** Calls a function of OpenBLAS that the Java binding lacks: no arguments, returns a constant text. */
    @SuppressWarnings("restricted") // Native calls are what this class is for.
    private static String text(String function) {
        Loader.load(openblas_nolapack.class);
        Linker linker = Linker.nativeLinker();
        // The name under which the binding has loaded it, so this finds the same copy.
        SymbolLookup library = SymbolLookup.libraryLookup("libopenblas.so.0", Arena.global());
        try {
            MemorySegment text = (MemorySegment)
                    linker.downcallHandle(library.findOrThrow(function), FunctionDescriptor.of(ValueLayout.ADDRESS))
                            .invokeExact();
            return text.reinterpret(Long.MAX_VALUE).getString(0).strip();
        } catch (Throwable e) {
            throw new IllegalStateException("OpenBLAS does not answer " + function, e);
        }
    }
}
