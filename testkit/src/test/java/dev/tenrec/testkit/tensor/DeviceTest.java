package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.memory.Scope;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.testkit.device.FaultyBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A fresh, measured device per test, and a scope around each. */
abstract class DeviceTest {

    static {
        System.setProperty("tenrec.backend", "reference");
    }

    FaultyBackend faults;
    MeasuredDevice device;
    private Scope scope;

    @BeforeEach
    final void open() {
        faults = new FaultyBackend(new ReferenceBackend());
        device = MeasuredDevice.open(faults);
        device.context().setFusion(true);
        scope = Scope.open();
    }

    @AfterEach
    final void close() {
        scope.close();
        assertEquals(0, device.liveBytes(), "bytes in use after the test's scope");
        device.close();
    }
}
