package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What runs as one kernel, and what makes a pending computation run. */
class KernelCountTest extends DeviceTest {

    private final float[] six = {1, -2, 3, -4, 5, -6};

    @Test
    void elementwiseChainIsOneKernel() {
        Tensor a = Tensor.of(six, 2, 3);
        Tensor b = Tensor.of(six, 2, 3);
        Tensor c = Tensor.of(six, 2, 3);
        device.measure(() -> assertArrayEquals(
                        new float[] {1, 1, 6, 6, 15, 15},
                        a.mul(b).add(c).relu().mul(0.5).toFloatArray()))
                .assertKernels("Map 1");
    }

    @Test
    void elementwiseChainMovesEachOperandOnce() {
        Tensor a = Tensor.of(six);
        Tensor b = Tensor.of(six);
        device.measure(() -> a.mul(b).add(a).relu().materialize()).assertBytesMovedAtMost(3 * 24);
    }

    @Test
    void epilogueRunsInTheProduct() {
        Tensor x = Tensor.of(six, 2, 3);
        Tensor w = Tensor.of(six, 3, 2);
        Tensor bias = Tensor.of(new float[] {1, -100});
        device.measure(() -> assertArrayEquals(
                        new float[] {11, 0, 0, 0}, x.matmul(w).add(bias).relu().toFloatArray()))
                .assertKernels("MatMul 1");
    }

    @Test
    void valuesSavedForGradientsAreSecondOutputsOfTheProduct() {
        Tensor x = Tensor.of(six, 2, 3);
        try (Variable w = Variable.parameter("w", Tensor.of(six, 3, 2));
                Variable bias = Variable.parameter("b", Tensor.of(new float[] {1, 2}))) {
            Scope.run(() -> {
                Tensor weight = w.value();
                Tensor shift = bias.value();
                device.measure(() -> x.matmul(weight).add(shift).gelu().materialize())
                        .assertKernels("MatMul 1");
                // Of 2x2 outputs two were written: the activation and what its gradient reads.
                assertEquals(2 * 4 * 4, device.backend().bytesWritten());
            });
        }
    }

    @Test
    void prologueRunsInTheReduction() {
        Tensor a = Tensor.of(six, 2, 3);
        device.measure(() -> assertEquals(91, a.square().sum().item())).assertKernels("Map 1, Reduce 1");
        device.measure(() -> a.square().mul(a).sum(0).materialize()).assertKernels("Reduce 1");
    }

    @Test
    void interiorNodeWithAnotherUserBecomesAnOutput() {
        Tensor a = Tensor.of(six);
        Tensor shared = a.exp();
        Tensor first = shared.add(1);
        Tensor second = shared.mul(2);
        device.measure(first::materialize).assertKernels("Map 1");
        assertEquals(2 * 24, device.backend().bytesWritten());
        device.measure(second::materialize).assertKernels("Map 1");
        // Reads the stored exponential: nothing but a multiplication is left.
        assertEquals(24, device.backend().bytesWritten());
        device.measure(shared::materialize).assertKernels("");
    }

    @Test
    void readingStoresTheValue() {
        Tensor loss = Tensor.of(six).mul(2).select(0, 1).add(1);
        assertEquals(-3, loss.item());
        // The conversion to double is all that is left of the second read.
        Tensor again = loss;
        device.measure(() -> assertEquals(-3, again.item())).assertKernels("Map 1");
        assertEquals(4, device.backend().bytesRead());
        device.measure(() -> assertEquals(-3, again.toFloatArray()[0])).assertKernels("");
    }

    @Test
    void nonFusingKernelRunsItsOperands() {
        Tensor a = Tensor.of(six, 2, 3);
        Tensor index = Tensor.of(new int[] {1});
        device.measure(() -> a.neg().indexSelect(0, index)).assertKernels("Map 1, Gather 1");
        device.measure(() -> a.neg().transpose()).assertKernels("Map 1");
        device.measure(() -> Tensor.concat(0, a.neg(), a)).assertKernels("Map 1, Copy 2");
    }

    @Test
    void assignmentRuns() {
        try (Variable v = Variable.parameter("v", Tensor.of(six))) {
            Tensor next = Tensor.of(six).mul(2).add(1);
            device.measure(() -> v.assign(next)).assertKernels("Map 1");
        }
    }

    @Test
    void escapeRuns() {
        Tensor a = Tensor.of(six);
        device.measure(() -> {
                    Tensor kept = Scope.call(() -> a.mul(2).add(1));
                    device.measure(kept::materialize).assertKernels("");
                })
                .assertKernels("");
        device.measure(() -> Scope.call(() -> a.mul(3).add(1))).assertKernels("Map 1");
    }

    @Test
    void whatDoesNotEscapeIsDroppedUnrun() {
        Tensor a = Tensor.of(six);
        device.measure(() -> Scope.run(() -> a.mul(2).add(1))).assertKernels("");
    }

    @Test
    void moreThan64ExpressionNodesRun() {
        Tensor[] x = {Tensor.of(six)};
        device.measure(() -> {
                    for (int i = 0; i < 64; i++) {
                        x[0] = x[0].add(1);
                    }
                })
                .assertKernels("");
        device.measure(() -> x[0] = x[0].add(1)).assertKernels("Map 1");
        assertEquals(66, x[0].toFloatArray()[0]);
    }

    @Test
    void moreThan8InputsRun() {
        Tensor[] sum = {Tensor.of(six)};
        device.measure(() -> {
                    for (int i = 1; i < 8; i++) {
                        sum[0] = sum[0].add(Tensor.of(six));
                    }
                })
                .assertKernels("");
        device.measure(() -> sum[0] = sum[0].add(Tensor.of(six))).assertKernels("Map 1");
        assertEquals(9, sum[0].toFloatArray()[0]);
    }

    @Test
    void pinningMoreThanATenthOfTheMemoryRuns() {
        device.context().pool().setLimit(10_000);
        Tensor small = Tensor.zeros(200).materialize();
        Tensor large = Tensor.zeros(300).materialize();
        device.measure(() -> small.add(1)).assertKernels("");
        device.measure(() -> large.add(1)).assertKernels("Map 1");
    }

    @Test
    void productsThatPinMoreThanATenthOfTheMemoryRun() {
        device.context().pool().setLimit(40_000);
        Tensor small = Tensor.zeros(20, 20).materialize();
        Tensor large = Tensor.zeros(30, 30).materialize();
        device.measure(() -> small.matmul(small)).assertKernels("");
        device.measure(() -> large.matmul(large)).assertKernels("MatMul 1");
    }

    @Test
    void withoutFusionEveryOperationRunsAlone() {
        Tensor a = Tensor.of(six, 2, 3);
        Tensor w = Tensor.of(six, 3, 2);
        device.context().setFusion(false);
        device.measure(() -> a.mul(a).add(a).relu().mul(0.5)).assertKernels("Map 4");
        device.measure(() -> a.matmul(w).add(1).relu()).assertKernels("Map 2, MatMul 1");
    }

    @Test
    void constantsAreFolded() {
        Tensor a = Tensor.of(six, 2, 3);
        device.measure(() -> a.mul(Tensor.full(DType.F32, Shape.of(2, 3), 3))
                        .add(Tensor.ones(3))
                        .materialize())
                .assertKernels("Map 1");
        assertEquals(24, device.backend().bytesRead());
    }

    @Test
    void backwardOfAChainReadsInputsOnly() {
        try (Variable v = Variable.parameter("v", Tensor.of(six))) {
            Scope.run(() -> {
                Tensor loss = v.value().sigmoid().mul(2).square().sum();
                // The upstream gradient is a constant, and part of the kernel of the whole chain.
                device.measure(() -> Autograd.grad(loss, List.of(v)).get(v).materialize())
                        .assertKernels("Map 1");
            });
        }
    }

    @Test
    void smallConstantsAreLookedAtWithoutBeingStored() {
        Tensor a = Tensor.of(six, 2, 3);
        device.measure(() -> {
                    Tensor half = Tensor.scalar(1).div(2).reshape(1, 1).expand(2, 3);
                    assertEquals(0.5f * six[5], a.mul(half).toFloatArray()[5]);
                })
                .assertKernels("Map 1");
        // A part that was stored meanwhile is read.
        Tensor one = Tensor.ones(1);
        Tensor third = one.div(3);
        one.materialize();
        assertEquals(six[4] / 3, a.mul(third.reshape(1, 1).expand(2, 3)).toFloatArray()[4], 1e-6);
        // Many elements are one element with strides of 0: memory for all of them is not taken.
        Tensor large = Tensor.scalar(7).expand(1000, 1000);
        assertEquals(7, large.slice(0, 3, 4).toFloatArray()[999]);
        assertEquals(
                64,
                device.measure(() -> Tensor.scalar(7).expand(1000, 1000).materialize())
                        .peakBytes());
    }

    @Test
    void productThatOthersWaitForIsStoredOnce() {
        Tensor w = Tensor.of(six, 2, 3);
        Tensor product = w.matmul(w.transpose());
        Tensor first = product.relu();
        Tensor second = product.neg();
        device.measure(() -> assertEquals(14, product.toFloatArray()[0])).assertKernels("MatMul 1");
        device.measure(() -> assertEquals(14, first.add(second).add(product).toFloatArray()[0]))
                .assertKernels("Map 1");
    }
}
