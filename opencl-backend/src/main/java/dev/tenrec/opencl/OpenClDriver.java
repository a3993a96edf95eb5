package dev.tenrec.opencl;

import static org.lwjgl.opencl.CL10.*;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.Message;
import dev.tenrec.gpu.DeviceInfo;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.GpuDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.lwjgl.PointerBuffer;
import org.lwjgl.system.MemoryStack;

/**
 * OpenCL as a driver. GPUs come before CPUs, otherwise devices have the order in which OpenCL lists them. The system
 * property {@value #DEVICE_PROPERTY} leaves those whose name contains it, or that are of the type it names: {@code gpu},
 * {@code cpu} or {@code accelerator}.
 */
public final class OpenClDriver implements GpuDriver {

    /** The name of the backend. */
    public static final String NAME = "opencl";

    /** The system property that chooses among devices by name or type. */
    public static final String DEVICE_PROPERTY = "tenrec.opencl.device";

    /** The system property that adds options to each build of a program, for those who look for a driver's fault. */
    public static final String OPTIONS_PROPERTY = "tenrec.opencl.options";

    private static final int PLATFORM_NOT_FOUND = -1001;

    /** A device that was found. */
    private record Found(long platform, long device, DeviceInfo info) {}

    private final String wanted;
    private final String options;

    /** Creates the driver; devices are chosen by the system property. */
    public OpenClDriver() {
        this(System.getProperty(DEVICE_PROPERTY, ""));
    }

    /**
     * Creates the driver.
     *
     * @param wanted part of a device's name, or a type, or empty for all
     */
    public OpenClDriver(String wanted) {
        this(wanted, System.getProperty(OPTIONS_PROPERTY, ""));
    }

    OpenClDriver(String wanted, String options) {
        this.options = options;
        this.wanted = wanted.strip().toLowerCase(Locale.ROOT);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<DeviceInfo> devices() {
        return find().stream().map(Found::info).toList();
    }

    @Override
    public GpuDevice open(int index) {
        List<Found> found = find();
        if (index < 0 || index >= found.size()) {
            throw new BackendUnavailable(Message.of(NAME, "no such device")
                    .line("expected", found.size() == 1 ? "0, the only one" : "0 to " + (found.size() - 1))
                    .line("given", index)
                    .line("devices", found.stream().map(one -> one.info.name()).collect(Collectors.joining("; ")))
                    .toString());
        }
        Found one = found.get(index);
        return new OpenClDevice(one.platform, one.device, one.info, options);
    }

    private List<Found> find() {
        try {
            OpenClLibrary.load();
        } catch (LinkageError e) {
            throw unavailable(
                    "OpenCL's library cannot be loaded: " + e.getMessage(),
                    "install an OpenCL driver (Debian: apt install ocl-icd-libopencl1 pocl-opencl-icd), and have"
                            + " org.lwjgl:lwjgl with the natives of this system (classifier natives-linux,"
                            + " natives-windows or natives-macos-arm64) on the class path");
        }
        List<Found> all = usable();
        if (all.isEmpty()) {
            throw unavailable(
                    "OpenCL has no usable device",
                    "install a driver for one, of OpenCL 1.2 or newer (Debian: pocl-opencl-icd runs on any CPU);"
                            + " clinfo lists what OpenCL sees");
        }
        List<Found> chosen = new ArrayList<>(all.stream().filter(this::isWanted).toList());
        if (chosen.isEmpty()) {
            throw unavailable(
                    "no device is called \"" + wanted + "\"; there are "
                            + all.stream().map(one -> one.info.name()).collect(Collectors.joining("; ")),
                    "correct or leave out -D" + DEVICE_PROPERTY);
        }
        chosen.sort((a, b) -> b.info.kind().compareTo(a.info.kind()));
        return chosen;
    }

    /** One thread at a time: drivers start with the first question, and tell a second thread that there is nothing yet. */
    private static synchronized List<Found> usable() {
        List<Found> all = new ArrayList<>();
        try {
            for (long platform : platforms()) {
                for (long device : devices(platform)) {
                    if (ClInfo.usable(device)) {
                        all.add(new Found(platform, device, ClInfo.device(platform, device)));
                    }
                }
            }
        } finally {
            // PoCL starts LLVM with the first question, even where its device is then not used.
            JvmSignals.restore();
        }
        return all;
    }

    private boolean isWanted(Found one) {
        return switch (wanted) {
            case "" -> true;
            case "gpu" -> ClInfo.isKind(one.device, CL_DEVICE_TYPE_GPU);
            case "cpu" -> ClInfo.isKind(one.device, CL_DEVICE_TYPE_CPU);
            case "accelerator" -> ClInfo.isKind(one.device, CL_DEVICE_TYPE_ACCELERATOR);
            default -> one.info.name().toLowerCase(Locale.ROOT).contains(wanted);
        };
    }

    private static BackendUnavailable unavailable(String reason, String remedy) {
        return new BackendUnavailable(
                Message.of(NAME, reason.strip()).hint(remedy).toString());
    }

    private static long[] platforms() {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            int[] count = new int[1];
            int code = clGetPlatformIDs(null, count);
            if (code == PLATFORM_NOT_FOUND || count[0] == 0) {
                return new long[0];
            }
            ClError.check("clGetPlatformIDs", code);
            PointerBuffer ids = stack.mallocPointer(count[0]);
            ClError.check("clGetPlatformIDs", clGetPlatformIDs(ids, (int[]) null));
            long[] all = new long[count[0]];
            ids.get(all);
            return all;
        }
    }

    private static long[] devices(long platform) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            int[] count = new int[1];
            int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, null, count);
            if (code == CL_DEVICE_NOT_FOUND || count[0] == 0) {
                return new long[0];
            }
            ClError.check("clGetDeviceIDs", code);
            PointerBuffer ids = stack.mallocPointer(count[0]);
            ClError.check("clGetDeviceIDs", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, ids, (int[]) null));
            long[] all = new long[count[0]];
            ids.get(all);
            return all;
        }
    }
}
