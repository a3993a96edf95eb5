package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.testkit.device.DelayedBackend;
import dev.tenrec.type.DType;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A device that runs kernels some time after their launch gives the results of one that runs them at once. */
class AsynchronousBackendTest {

    static {
        System.setProperty("tenrec.backend", "reference");
    }

    private static float[] train() {
        Variable[] w = new Variable[1];
        Scope.run(() -> w[0] =
                Variable.parameter("w", Tensor.linspace(DType.F32, -1, 1, 12).reshape(4, 3)));
        for (int i = 0; i < 5; i++) {
            int step = i;
            Scope.run(() -> {
                // Operands are closed while kernels that read them are still queued.
                Tensor x = Scope.call(() -> Tensor.linspace(DType.F32, 0, 1 + step, 20)
                        .reshape(5, 4)
                        .flip(0));
                Tensor loss = Scope.call(
                        () -> x.matmul(w[0].value()).tanh().softmax(1).square().mean());
                Gradients gradients = loss.backward();
                Tensor next;
                try (Tensor value = w[0].value()) {
                    next = value.sub(gradients.get(w[0]).mul(0.5));
                }
                w[0].assign(next);
            });
        }
        float[] result = Scope.call(() -> w[0].value().toFloatArray());
        w[0].close();
        return result;
    }

    @Test
    void operandsLiveUntilTheirKernelsHaveRun() {
        float[] expected;
        try (MeasuredDevice device = MeasuredDevice.open(new ReferenceBackend())) {
            expected = train();
            assertEquals(0, device.liveBytes());
        }
        DelayedBackend delayed = new DelayedBackend(new ReferenceBackend(), Duration.ofNanos(300_000));
        try (MeasuredDevice device = MeasuredDevice.open(delayed)) {
            for (boolean cached : new boolean[] {true, false}) {
                device.context().pool().setLimit(cached ? 1 << 20 : 3000);
                assertArrayEquals(expected, train());
                assertEquals(0, device.liveBytes());
            }
            assertTrue(delayed.mostQueued() > 1, "kernels did not queue");
        }
    }

    @Test
    void asynchronousReadsWaitForTheKernelAndOutliveTheScope() throws Exception {
        DelayedBackend delayed = new DelayedBackend(new ReferenceBackend(), Duration.ZERO);
        try (MeasuredDevice device = MeasuredDevice.open(delayed)) {
            delayed.pause();
            var read = Scope.call(() -> Tensor.ones(3).add(1).toFloatArrayAsync());
            Thread.sleep(20);
            assertTrue(!read.isDone());
            delayed.resume();
            assertArrayEquals(new float[] {2, 2, 2}, read.get(10, TimeUnit.SECONDS));
            Scope.run(() -> {
                Tensor x = Tensor.ones(3).mul(4);
                assertEquals(4, x.materializeAsync().join().max().item());
            });
            assertEquals(0, device.liveBytes());
        }
    }
}
