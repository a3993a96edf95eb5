package dev.tenrec.testkit.tensor;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.engine.Devices;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Device;
import java.lang.reflect.Proxy;

/** The reference backend under another name. */
final class OtherDevice {

    private OtherDevice() {}

    /** Makes a scalar 1 on a device of the given name. */
    static Tensor tensor(Device name) {
        ReferenceBackend reference = new ReferenceBackend();
        Backend renamed = (Backend) Proxy.newProxyInstance(
                OtherDevice.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (_, method, args) -> method.getName().equals("device") ? name : method.invoke(reference, args));
        Devices.register(renamed);
        return Devices.with(name, () -> Tensor.scalar(1));
    }
}
