package dev.tenrec.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.engine.Devices;
import dev.tenrec.memory.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A matrix product that is read while others wait for it, or that a gradient will read too. */
@Isolated("compares the bytes in use of the whole device")
class WaitingProductTest {

    @Test
    void aProductWithWaitingConsumersCanBeRead() {
        Scope.run(() -> {
            Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
            Tensor product = x.matmul(x);
            Tensor waiting = product.add(1);
            Tensor twice = product.mul(product);
            assertArrayEquals(new float[] {7, 10, 15, 22}, product.toFloatArray());
            assertArrayEquals(new float[] {8, 11, 16, 23}, waiting.toFloatArray());
            assertArrayEquals(new float[] {49, 100, 225, 484}, twice.toFloatArray());
        });
    }

    @Test
    void aProductThatIsReadAndSavedIsStoredOnce() {
        try (Variable w = Variable.parameter("w", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2))) {
            long before = liveBytes();
            Scope.run(() -> {
                Tensor product = w.value().matmul(w.value());
                Tensor loss = product.square().sum();
                assertArrayEquals(new float[] {7, 10, 15, 22}, product.toFloatArray());
                Autograd.grad(loss, List.of(w)).get(w).materialize();
                Tensor second = w.value().matmul(w.value());
                Tensor squared = second.square();
                second.materialize();
                squared.materialize();
            });
            assertEquals(before, liveBytes());
        }
    }

    private static long liveBytes() {
        return Devices.context(Devices.current()).pool().statistics().liveBytes();
    }
}
