package dev.tenrec.opencl;

import java.util.List;
import java.util.Locale;
import org.lwjgl.opencl.CL;
import org.lwjgl.system.Configuration;

/** Finds OpenCL's loader, once in a process. */
final class OpenClLibrary {

    private static Throwable failure;
    private static boolean loaded;

    private OpenClLibrary() {}

    /**
     * Loads the library, or fails as it did the first time.
     *
     * @throws UnsatisfiedLinkError if it is not there, or LWJGL's natives are not
     */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        if (failure == null) {
            failure = tryToLoad();
            loaded = failure == null;
        }
        if (failure != null) {
            throw new UnsatisfiedLinkError(failure.toString());
        }
    }

    private static Throwable tryToLoad() {
        Throwable first = null;
        try {
            JvmSignals.keep();
            Configuration.OPENCL_EXPLICIT_INIT.set(true);
            for (String name : names()) {
                try {
                    if (name.isEmpty()) {
                        CL.create();
                    } else {
                        CL.create(name);
                    }
                    return null;
                } catch (IllegalStateException e) {
                    // Another user of LWJGL in this process was first.
                    return CL.getFunctionProvider() == null ? e : null;
                } catch (UnsatisfiedLinkError e) {
                    first = first == null ? e : first;
                }
            }
            return first;
        } catch (LinkageError e) {
            return e;
        }
    }

    /** Names to try. Distributions ship the loader as .so.1 and add .so with their development packages only. */
    private static List<String> names() {
        String own = Configuration.OPENCL_LIBRARY_NAME.get();
        if (own != null) {
            return List.of(own);
        }
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return system.contains("linux") ? List.of("libOpenCL.so.1", "libOpenCL.so") : List.of("");
    }
}
