package dev.tenrec.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuInit;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.Message;
import dev.tenrec.gpu.DeviceInfo;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.GpuDriver;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;

/**
 * CUDA as a driver. Devices have the order in which CUDA lists them, fastest first unless {@code CUDA_DEVICE_ORDER} says
 * otherwise. The system property {@value #DEVICE_PROPERTY} leaves those whose name contains it.
 */
public final class CudaDriver implements GpuDriver {

    /** The name of the backend. */
    public static final String NAME = "cuda";

    /** The system property that chooses among devices by name. */
    public static final String DEVICE_PROPERTY = "tenrec.cuda.device";

    /** The system property that says whether work is held back and replayed as graphs: {@code on} or {@code off}. */
    public static final String GRAPHS_PROPERTY = "tenrec.cuda.graphs";

    /** Bytes that all arguments of a launch may have. */
    private static final int ARGUMENT_BYTES = 4096;

    /** What CUDA says of a device that was found. */
    record Found(CUdevice device, int major, int minor, DeviceInfo info) {}

    /** What a device keeps of memory that was given back. */
    private static final long KEPT_BYTES = 256L << 20;

    /** Multiplications from which cuBLAS is asked. */
    private static final long SMALLEST_PRODUCT = 1 << 15;

    /**
     * How devices are opened.
     *
     * @param keptBytes memory given back that a device keeps for later
     * @param tf32 whether products and convolutions of F32 may use TF32
     * @param smallestProduct multiplications from which cuBLAS is asked
     * @param maxGroup threads of a block that are used at most
     * @param graphs whether work is held back until a step ends, and replayed as a graph
     */
    record Options(long keptBytes, boolean tf32, long smallestProduct, int maxGroup, boolean graphs) {}

    private final String wanted;
    private final Options options;

    /** Creates the driver; devices are chosen by the system property. */
    public CudaDriver() {
        this(System.getProperty(DEVICE_PROPERTY, ""));
    }

    /**
     * Creates the driver.
     *
     * @param wanted part of a device's name, in any case, or empty for all
     */
    public CudaDriver(String wanted) {
        this(
                wanted,
                new Options(
                        KEPT_BYTES,
                        Boolean.getBoolean(CublasProducts.TF32_PROPERTY),
                        SMALLEST_PRODUCT,
                        Integer.MAX_VALUE,
                        graphs(System.getProperty(GRAPHS_PROPERTY, "on"))));
    }

    private static boolean graphs(String setting) {
        return switch (setting.strip().toLowerCase(Locale.ROOT)) {
            case "on", "" -> true;
            case "off" -> false;
            default ->
                throw new IllegalArgumentException("-D" + GRAPHS_PROPERTY + ": expected on or off, given \"" + setting
                        + "\"; leave it out for on");
        };
    }

    CudaDriver(String wanted, Options options) {
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
                    .line("devices", names(found))
                    .hint("CUDA_VISIBLE_DEVICES hides devices; nvidia-smi -L lists all")
                    .toString());
        }
        return new CudaDevice(found.get(index), options);
    }

    private static String names(List<Found> found) {
        return found.stream().map(one -> one.info.name()).collect(Collectors.joining("; "));
    }

    private List<Found> find() {
        CudaLibrary.load();
        int code = cuInit(0);
        if (code == CUresult.CUDA_ERROR_NO_DEVICE) {
            throw CudaLibrary.unavailable(
                    "the driver finds no device",
                    "nvidia-smi -L lists devices; CUDA_VISIBLE_DEVICES hides some; a container needs --gpus all");
        }
        if (code != CUresult.CUDA_SUCCESS) {
            throw CudaLibrary.unavailable(
                    "the driver cannot start: " + CUresult.stringFor(code),
                    "run nvidia-smi; after an update of the driver the machine has to be started again");
        }
        int[] count = new int[1];
        CudaError.check("cuDeviceGetCount", cuDeviceGetCount(count));
        List<Found> all = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            all.add(describe(i));
        }
        if (all.isEmpty()) {
            throw CudaLibrary.unavailable(
                    "the driver has no device", "nvidia-smi -L lists devices; CUDA_VISIBLE_DEVICES hides some");
        }
        List<Found> chosen = all.stream()
                .filter(one -> one.info.name().toLowerCase(Locale.ROOT).contains(wanted))
                .toList();
        if (chosen.isEmpty()) {
            throw CudaLibrary.unavailable(
                    "no device is called \"" + wanted + "\"; there are " + names(all),
                    "correct or leave out -D" + DEVICE_PROPERTY);
        }
        return chosen;
    }

    private Found describe(int ordinal) {
        CUdevice device = new CUdevice();
        CudaError.check("cuDeviceGet", cuDeviceGet(device, ordinal));
        byte[] text = new byte[256];
        CudaError.check("cuDeviceGetName", cuDeviceGetName(text, text.length, device));
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        long[] memory = new long[1];
        CudaError.check("cuDeviceTotalMem", cuDeviceTotalMem(memory, device));
        int[] version = new int[1];
        CudaError.check("cuDriverGetVersion", cuDriverGetVersion(version));
        int major = attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        int minor = attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        String driver = "CUDA " + CudaLibrary.version(version[0]) + ", sm_" + major + minor + ", NVRTC "
                + CudaCompiler.version();
        return new Found(
                device,
                major,
                minor,
                new DeviceInfo(
                        new String(text, 0, length, StandardCharsets.UTF_8),
                        driver,
                        DeviceInfo.Kind.GPU,
                        memory[0],
                        memory[0],
                        attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK),
                        Math.min(options.maxGroup, attribute(device, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK)),
                        ARGUMENT_BYTES,
                        attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                        true,
                        false));
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        CudaError.check("cuDeviceGetAttribute", cuDeviceGetAttribute(value, attribute, device));
        return value[0];
    }
}
