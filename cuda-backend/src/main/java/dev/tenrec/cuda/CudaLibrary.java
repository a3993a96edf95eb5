package dev.tenrec.cuda;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.Message;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jcuda.JCudaVersion;
import jcuda.Pointer;

/**
 * Finds and loads, once in a process, the driver, CUDA's libraries and JCuda's, in this order: a library that is open
 * under its name satisfies those that need it, wherever it came from.
 *
 * <p>JCuda unpacks its libraries to a predictable name in the folder for temporary files and loads what it finds there.
 * Here they are unpacked to a private folder and checked, and while JCuda's classes are initialized the system property
 * {@code java.io.tmpdir} names that folder.
 */
final class CudaLibrary {

    /** The first driver that runs what CUDA 12 makes. */
    static final int OLDEST = 12000;

    /** Where libraries of CUDA are in the jar {@code org.bytedeco:cuda} of the classifier {@code linux-x86_64-redist}. */
    private static final String REDIST = "org/bytedeco/cuda/linux-x86_64/";

    private static final String TEMPORARY = "java.io.tmpdir";

    private static final Object LOCK = new Object();
    private static boolean loaded;
    private static BackendUnavailable failure;

    /** A library of the toolkit, and what it needs to have been opened before. */
    private record Toolkit(String name, List<String> before) {}

    private static final List<Toolkit> TOOLKIT = List.of(
            new Toolkit("libnvrtc.so.12", List.of("libnvrtc-builtins.so.12.6")),
            new Toolkit("libcublas.so.12", List.of("libcublasLt.so.12")));

    private CudaLibrary() {}

    /**
     * Loads everything, or fails as it did the first time.
     *
     * @throws BackendUnavailable saying what is missing and what to do
     */
    static void load() {
        synchronized (LOCK) {
            if (loaded) {
                return;
            }
            if (failure != null) {
                throw unavailable(failure);
            }
            try {
                loadAll();
                loaded = true;
            } catch (BackendUnavailable e) {
                failure = e;
                throw e;
            }
        }
    }

    private static BackendUnavailable unavailable(BackendUnavailable first) {
        BackendUnavailable again = new BackendUnavailable(first.getMessage());
        again.initCause(first);
        return again;
    }

    static BackendUnavailable unavailable(String reason, String remedy) {
        return new BackendUnavailable(
                Message.of(CudaDriver.NAME, reason.strip()).hint(remedy).toString());
    }

    /** A version as CUDA counts it, such as 12060, in words. */
    static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    private static void loadAll() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        boolean linux = system.contains("linux");
        if (!System.getProperty("os.arch").equals("amd64") || !linux && !system.contains("windows")) {
            throw unavailable(
                    "JCuda has no libraries for " + System.getProperty("os.name") + " on "
                            + System.getProperty("os.arch"),
                    "run on Linux or Windows on x86-64, or choose another backend");
        }
        checkDriver(linux ? "libcuda.so.1" : "nvcuda.dll");
        NativeFiles files;
        try {
            files = NativeFiles.standard();
            if (linux) {
                loadToolkit(files);
            }
            loadBinding(files, linux);
        } catch (IOException e) {
            throw unavailable(
                    "libraries cannot be unpacked: " + e,
                    "name a folder that only you may write, with -D" + NativeFiles.PROPERTY + "=FOLDER");
        }
    }

    @SuppressWarnings("restricted")
    private static void checkDriver(String name) {
        SymbolLookup driver;
        try {
            driver = SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException _) {
            throw unavailable(
                    "NVIDIA's driver is not installed: " + name + " cannot be loaded",
                    "install the driver, version 525 or newer, until nvidia-smi lists the GPU; a container needs"
                            + " --gpus all and NVIDIA's container toolkit");
        }
        int version =
                driver.find("cuDriverGetVersion").map(CudaLibrary::callVersion).orElse(0);
        if (version < OLDEST) {
            throw tooOld(version);
        }
    }

    static BackendUnavailable tooOld(int version) {
        return new BackendUnavailable(Message.of(CudaDriver.NAME, "NVIDIA's driver is too old")
                .line("expected", "a driver for CUDA " + version(OLDEST) + " or newer")
                .line("given", "CUDA " + version(version))
                .hint("install a driver of version 525 or newer; nvidia-smi shows what is installed")
                .toString());
    }

    @SuppressWarnings("restricted")
    private static int callVersion(MemorySegment function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(ValueLayout.JAVA_INT);
            int code = (int) Linker.nativeLinker()
                    .downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                    .invokeExact(version);
            return code == 0 ? version.get(ValueLayout.JAVA_INT, 0) : 0;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a function of C throws nothing", e);
        }
    }

    private static void loadToolkit(NativeFiles files) throws IOException {
        List<String> missing = new ArrayList<>();
        for (Toolkit library : TOOLKIT) {
            if (!open(library.name) && !openInstalled(library) && !openUnpacked(files, library)) {
                missing.add(library.name);
            }
        }
        if (!missing.isEmpty()) {
            throw unavailable(
                    "libraries of CUDA 12 are missing: " + String.join(", ", missing),
                    "install the CUDA toolkit 12 (https://developer.nvidia.com/cuda-12-6-0-download-archive), or have"
                            + " org.bytedeco:cuda:12.6-9.5-1.5.11 with the classifier linux-x86_64-redist on the class"
                            + " path");
        }
    }

    @SuppressWarnings("restricted")
    private static boolean open(String name) {
        try {
            SymbolLookup.libraryLookup(name, Arena.global());
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /** Opens a library of a toolkit that the system's loader was not told of. */
    private static boolean openInstalled(Toolkit library) {
        for (Path folder : installed()) {
            if (Files.isRegularFile(folder.resolve(library.name))) {
                library.before.forEach(name -> open(folder.resolve(name).toString()));
                if (open(folder.resolve(library.name).toString())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static List<Path> installed() {
        List<Path> folders = new ArrayList<>();
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            String root = System.getenv(variable);
            if (root != null && !root.isBlank()) {
                folders.add(Path.of(root, "lib64"));
            }
        }
        for (int minor = 9; minor >= 0; minor--) {
            folders.add(Path.of("/usr/local/cuda-12." + minor, "lib64"));
        }
        folders.add(Path.of("/usr/local/cuda-12", "lib64"));
        folders.add(Path.of("/usr/local/cuda", "lib64"));
        return folders;
    }

    private static boolean openUnpacked(NativeFiles files, Toolkit library) throws IOException {
        URL resource = resource(REDIST + library.name);
        if (resource == null) {
            return false;
        }
        for (String name : library.before) {
            URL needed = resource(REDIST + name);
            if (needed != null) {
                open(files.unpack(needed, name).toString());
            }
        }
        return open(files.unpack(resource, library.name).toString());
    }

    private static URL resource(String name) {
        URL own = Pointer.class.getClassLoader().getResource(name);
        return own != null || Thread.currentThread().getContextClassLoader() == null
                ? own
                : Thread.currentThread().getContextClassLoader().getResource(name);
    }

    private static void loadBinding(NativeFiles files, boolean linux) throws IOException {
        for (String name : List.of("JCudaDriver", "JNvrtc", "JCublas2")) {
            String full = name + "-" + JCudaVersion.get() + (linux ? "-linux" : "-windows") + "-x86_64";
            String file = linux ? "lib" + full + ".so" : full + ".dll";
            URL resource = resource("lib/" + file);
            if (resource != null) {
                files.unpack(resource, file);
            }
        }
        String before = System.getProperty(TEMPORARY);
        System.setProperty(TEMPORARY, files.folder().toString());
        try {
            for (String name : List.of("jcuda.driver.JCudaDriver", "jcuda.nvrtc.JNvrtc", "jcuda.jcublas.JCublas2")) {
                Class.forName(name);
            }
        } catch (ClassNotFoundException | LinkageError e) {
            throw unavailable(
                    "JCuda's libraries cannot be loaded: " + firstLine(e),
                    "have org.jcuda:jcuda-natives:" + JCudaVersion.get() + " and org.jcuda:jcublas-natives:"
                            + JCudaVersion.get() + " with the classifier of this system on the class path, such as"
                            + " linux-x86_64");
        } finally {
            System.setProperty(TEMPORARY, before);
        }
    }

    private static String firstLine(Throwable e) {
        return e.toString().lines().findFirst().orElse("");
    }
}
