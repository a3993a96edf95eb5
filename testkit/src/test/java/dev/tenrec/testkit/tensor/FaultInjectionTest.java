package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lets every allocation, launch and compilation of a training step fail in turn: nothing leaks, and the next works. */
class FaultInjectionTest extends DeviceTest {

    private static final class Injected extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private Variable weight;
    private Variable bias;
    private Variable scale;

    @BeforeEach
    void variables() {
        Scope.run(() -> {
            weight = Variable.parameter(
                    "weight", Tensor.linspace(DType.F32, -1, 1, 20).reshape(5, 4));
            bias = Variable.parameter("bias", Tensor.linspace(DType.F32, -0.5, 0.5, 4));
            scale = Variable.parameter("scale", Tensor.ones(3, 1));
        });
    }

    @AfterEach
    void closeVariables() {
        List.of(weight, bias, scale).forEach(Variable::close);
    }

    /** A step with every kind of kernel: copies of views, products, reductions, gathers, scatters, second outputs. */
    private void step() {
        Scope.run(() -> {
            Tensor x = Tensor.linspace(DType.F32, 0, 1, 30)
                    .reshape(5, 6)
                    .slice(1, 0, 6, 2)
                    .transpose();
            Tensor hidden = x.matmul(weight.value()).add(bias.value()).gelu().mul(scale.value());
            Tensor picked = hidden.indexSelect(0, Tensor.of(new int[] {2, 0, 2}));
            Tensor joined = Tensor.concat(1, picked, hidden.flip(0)).logSoftmax(-1);
            Tensor top = joined.topK(2, 1).values();
            Tensor loss = top.mean()
                    .add(joined.max(1).square().sum())
                    .add(hidden.var())
                    .add(hidden.cumsum(0).prod(0).sum());
            Gradients gradients = loss.backward();
            Map<Variable, Tensor> next = new LinkedHashMap<>();
            for (Variable v : gradients.variables()) {
                try (Tensor value = v.value()) {
                    next.put(v, value.sub(gradients.get(v).mul(0.01)));
                }
            }
            assertEquals(3, next.size());
            Variable.assignAll(next);
        });
    }

    private float[] state() {
        return Scope.call(() -> Tensor.concat(
                        0, weight.value().flatten(), bias.value(), scale.value().flatten())
                .toFloatArray());
    }

    private interface Fault {
        void arm(long which);
    }

    /** Returns how many faults there were before a step came through. */
    private int failEach(Fault fault, Class<? extends RuntimeException> expected) {
        long baseline = device.liveBytes();
        for (int which = 1; ; which++) {
            float[] before = state();
            fault.arm(which);
            boolean failed = false;
            try {
                step();
            } catch (RuntimeException e) {
                failed = true;
                assertEquals(expected, e.getClass(), () -> "unexpected " + e);
            }
            fault.arm(Long.MAX_VALUE);
            assertEquals(baseline, device.liveBytes(), "bytes in use after fault " + which);
            if (!failed) {
                return which - 1;
            }
            assertArrayEquals(before, state(), "variables after fault " + which);
        }
    }

    @Test
    void everyLaunch() {
        assertTrue(failEach(which -> faults.failLaunch(which, Injected::new), Injected.class) > 30);
        step();
    }

    @Test
    void everyCompilation() {
        // What compiled before the fault is cached, so each step gets one kernel further.
        Fault second = which -> faults.failCompilation(which == Long.MAX_VALUE ? which : 2);
        assertTrue(failEach(second, KernelCompile.class) > 10);
    }

    @Test
    void everyAllocation() {
        // A single failure is mended by releasing the cache; the limit makes it last.
        long baseline = device.liveBytes();
        float[] before = state();
        int failures = 0;
        for (long room = 0; ; room += 64) {
            device.context().pool().releaseCache();
            device.context().pool().setLimit(baseline + room);
            boolean failed = false;
            try {
                step();
            } catch (OutOfDeviceMemory e) {
                failed = true;
                failures++;
            } finally {
                device.context().pool().setLimit(1 << 20);
            }
            assertEquals(baseline, device.liveBytes(), "bytes in use with room for " + room);
            if (!failed) {
                break;
            }
            assertArrayEquals(before, state(), "variables with room for " + room);
        }
        assertTrue(failures > 10, failures + " failures");
    }

    @Test
    void oneFailedAllocationIsMended() {
        device.context().pool().releaseCache();
        faults.failAllocation(3);
        step();
    }

    @Test
    void stepsAfterFaultsGiveTheSameBits() {
        float[] start = state();
        step();
        step();
        float[] undisturbed = state();
        restore(start);
        for (int i = 0; i < 2; i++) {
            for (int which = 1; which < 40; which += 5) {
                faults.failLaunch(which, Injected::new);
                try {
                    step();
                    throw new AssertionError("the fault did not come");
                } catch (Injected e) {
                    assertEquals(null, e.getMessage());
                }
            }
            step();
        }
        assertArrayEquals(undisturbed, state());
    }

    private void restore(float[] values) {
        Scope.run(() -> {
            Tensor all = Tensor.of(values);
            weight.assign(all.slice(0, 0, 20).reshape(5, 4));
            bias.assign(all.slice(0, 20, 24));
            scale.assign(all.slice(0, 24, 27).reshape(3, 1));
        });
    }
}
