package dev.tenrec.opencl;

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
 * Offers OpenCL's devices.
 *
 * <p>The system property {@code tenrec.opencl.device} chooses among them by name or type. An automatic choice of a
 * backend takes OpenCL before the CPU backend only where it has a GPU.
 */
public final class OpenClProvider implements BackendProvider {

    private static final int GPU_PRIORITY = 150;
    private static final int CPU_PRIORITY = 50;

    /** OpenCL allows its own functions more error than the primitives have. */
    static final Set<ScalarOp> LOWERED =
            Set.of(ScalarOp.EXP, ScalarOp.LOG, ScalarOp.TANH, ScalarOp.ERF, ScalarOp.SIN, ScalarOp.COS, ScalarOp.POW);

    private final OpenClDriver driver = new OpenClDriver();

    /** Creates the provider; for {@link java.util.ServiceLoader}. */
    public OpenClProvider() {}

    @Override
    public String name() {
        return OpenClDriver.NAME;
    }

    @Override
    public int priority() {
        try {
            return driver.devices().get(0).kind() == DeviceInfo.Kind.GPU ? GPU_PRIORITY : CPU_PRIORITY;
        } catch (RuntimeException | LinkageError _) {
            return CPU_PRIORITY;
        }
    }

    @Override
    public Probe probe() {
        try {
            List<DeviceInfo> devices = driver.devices();
            return new Probe.Available(
                    "OpenCL, " + devices.get(0).version(),
                    devices.stream().map(DeviceInfo::name).toList());
        } catch (BackendUnavailable e) {
            String[] parts = e.getMessage().split("\\n  hint: ", 2);
            return new Probe.Unavailable(parts[0], parts.length > 1 ? parts[1] : "see the reason");
        } catch (RuntimeException | LinkageError e) {
            return new Probe.Unavailable(
                    "OpenCL fails: " + e, "run clinfo; if that fails too, repair or remove the driver it names");
        }
    }

    @Override
    public Backend open(int index) {
        GpuDevice device = driver.open(index);
        return new GpuBackend(new Device(OpenClDriver.NAME, index), device, LOWERED);
    }
}
