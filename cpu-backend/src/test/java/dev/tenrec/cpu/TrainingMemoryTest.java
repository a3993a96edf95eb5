package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Devices;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Dropout;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Memory of training: constant over many steps, bounded by a limit, usable after it was reached. */
class TrainingMemoryTest {

    private static final int FEATURES = 24;
    private static final int CLASSES = 5;
    private static final long MEGABYTE = 1 << 20;

    private static void withDevice(Consumer<DeviceContext> body) {
        CpuBackend backend = CpuBackend.withThreads(2);
        DeviceContext context = Devices.register(backend);
        try {
            Devices.with(context.device(), () -> {
                body.accept(context);
                return null;
            });
        } finally {
            backend.close();
        }
    }

    private static double step(Sequential model, Adam adam, int batch, long number) {
        return Scope.call(() -> {
            Tensor inputs = RandomKey.of(3).fold(number).normal(DType.F32, Shape.of(batch, FEATURES));
            Tensor labels = inputs.slice(1, 0, CLASSES).argmax(1);
            Tensor loss = Losses.crossEntropy(model.forward(inputs), labels);
            adam.step(loss.backward());
            return loss.item();
        });
    }

    private static Sequential model() {
        Sequential model =
                Sequential.of(new Dense(FEATURES, 32), Activation.RELU, new Dropout(0.1), new Dense(32, CLASSES));
        model.initialize(1);
        return model;
    }

    @Test
    void tenThousandStepsKeepNothing() {
        withDevice(context -> {
            try (Sequential model = model();
                    Adam adam = new Adam(model.parameters(), 1e-3)) {
                long live = 0;
                long allocations = 0;
                double first = 0;
                double last = 0;
                for (int i = 0; i < 10_000; i++) {
                    last = step(model, adam, 8, i);
                    if (i == 0) {
                        first = last;
                    }
                    if (i == 9) {
                        live = context.pool().statistics().liveBytes();
                        allocations = context.pool().statistics().deviceAllocations();
                    } else if (i > 9) {
                        assertEquals(live, context.pool().statistics().liveBytes(), "live bytes after step " + i);
                    }
                }
                assertEquals(
                        allocations,
                        context.pool().statistics().deviceAllocations(),
                        "no step needs memory that is new");
                assertTrue(last < first / 2, "the network learned: " + first + " to " + last);
            }
            assertEquals(0, context.pool().statistics().liveBytes(), "bytes live after the model was closed");
        });
    }

    @Test
    void trainingGoesOnAfterMemoryRanOut() {
        withDevice(context -> {
            context.pool().setLimit(64 * MEGABYTE);
            try (Sequential model = model();
                    Adam adam = new Adam(model.parameters(), 1e-3)) {
                double first = step(model, adam, 64, 0);
                long live = context.pool().statistics().liveBytes();
                OutOfDeviceMemory error = assertThrows(OutOfDeviceMemory.class, () -> step(model, adam, 1_000_000, 1));
                assertTrue(error.getMessage().startsWith("allocate: out of memory on cpu:0"), error.getMessage());
                assertEquals(96_000_000, error.requestedBytes(), error.getMessage());
                assertEquals(live, context.pool().statistics().liveBytes(), "nothing is held after the failure");
                double last = 0;
                for (int i = 0; i < 300; i++) {
                    last = step(model, adam, 64, 2 + i);
                }
                assertTrue(last < first, "training went on: " + first + " to " + last);
                assertTrue(context.pool().statistics().peakBytes() <= 64 * MEGABYTE, "the limit was kept");
            }
        });
    }
}
