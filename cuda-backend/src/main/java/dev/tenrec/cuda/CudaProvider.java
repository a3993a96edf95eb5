package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.BackendProvider;
import dev.tenrec.backend.Probe;
import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.gpu.DeviceInfo;
import dev.tenrec.gpu.GpuBackend;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.Device;
import java.util.List;
import java.util.Set;

/**
 * Offers NVIDIA's GPUs. An automatic choice of a backend takes CUDA before all others wherever there is one.
 *
 * <p>System properties: {@value CudaDriver#DEVICE_PROPERTY} chooses among devices by name,
 * {@value CublasProducts#TF32_PROPERTY} lets products and convolutions of F32 use TF32, {@value NativeFiles#PROPERTY} says where
 * libraries are unpacked.
 */
public final class CudaProvider implements BackendProvider {

    private static final int PRIORITY = 200;

    /** CUDA's own functions have other errors than the primitives; with these every backend gives the same bits. */
    static final Set<ScalarOp> LOWERED =
            Set.of(ScalarOp.EXP, ScalarOp.LOG, ScalarOp.TANH, ScalarOp.ERF, ScalarOp.SIN, ScalarOp.COS, ScalarOp.POW);

    private final CudaDriver driver = new CudaDriver();

    /** Creates the provider; for {@link java.util.ServiceLoader}. */
    public CudaProvider() {}

    @Override
    public String name() {
        return CudaDriver.NAME;
    }

    @Override
    public int priority() {
        return PRIORITY;
    }

    @Override
    public Probe probe() {
        try {
            List<DeviceInfo> devices = driver.devices();
            return new Probe.Available(
                    devices.get(0).version(),
                    devices.stream().map(DeviceInfo::name).toList());
        } catch (BackendUnavailable e) {
            String[] parts = e.getMessage().split("\\n  hint: ", 2);
            return new Probe.Unavailable(parts[0], parts.length > 1 ? parts[1] : "see the reason");
        } catch (RuntimeException | LinkageError e) {
            return new Probe.Unavailable(
                    "CUDA fails: " + e, "run nvidia-smi; if that fails too, repair or remove NVIDIA's driver");
        }
    }

    @Override
    public Backend open(int index) {
        GpuDevice device = driver.open(index);
        return new GpuBackend(new Device(CudaDriver.NAME, index), device, LOWERED);
    }
}
