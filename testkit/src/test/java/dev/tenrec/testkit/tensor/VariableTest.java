package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.ClosedTensor;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VariableTest extends DeviceTest {

    private final List<Variable> variables = new ArrayList<>();

    private Variable variable(float... values) {
        try (Tensor initial = Tensor.of(values)) {
            Variable v = Variable.parameter("v" + variables.size(), initial);
            variables.add(v);
            return v;
        }
    }

    @AfterEach
    void closeVariables() {
        variables.forEach(Variable::close);
    }

    private static float[] read(Variable v) {
        return Scope.call(() -> v.value().toFloatArray());
    }

    /** A pending function of the variable, to which nothing but the caller's tensor refers. */
    private static Tensor doubled(Variable v) {
        try (Tensor value = v.value()) {
            return value.mul(2);
        }
    }

    @Test
    void tensorsReadBeforeKeepTheirValue() {
        Variable v = variable(1, 2);
        Tensor before = v.value();
        Tensor pending = v.value().add(10);
        Tensor view = v.value().select(0, 1);
        v.assign(before.mul(2));
        assertArrayEquals(new float[] {1, 2}, before.toFloatArray());
        assertArrayEquals(new float[] {11, 12}, pending.toFloatArray());
        assertEquals(2, view.item());
        assertArrayEquals(new float[] {2, 4}, read(v));
        assertEquals(1, v.version());
    }

    @Test
    void writesOverItsOwnMemoryIfItIsAlone() {
        Variable v = variable(1, 2);
        Scope.run(() -> {
            Tensor next = doubled(v);
            long allocations = requests();
            v.assign(next);
            assertEquals(allocations, requests());
        });
        assertArrayEquals(new float[] {2, 4}, read(v));
    }

    private long requests() {
        return device.context().pool().statistics().requests();
    }

    @Test
    void writesElsewhereIfAnotherTensorSeesItsMemory() {
        Variable v = variable(1, 2, 3, 4);
        Tensor view = v.value().reshape(2, 2).transpose();
        Scope.run(() -> v.assign(doubled(v)));
        assertArrayEquals(new float[] {1, 3, 2, 4}, view.toFloatArray());
        Tensor pending;
        try (Tensor value = v.value()) {
            pending = value.add(1);
        }
        Scope.run(() -> v.assign(doubled(v)));
        assertArrayEquals(new float[] {3, 5, 7, 9}, pending.toFloatArray());
        assertArrayEquals(new float[] {4, 8, 12, 16}, read(v));
    }

    @Test
    void assignsItsOwnViewAndItself() {
        Variable v = variable(1, 2, 3, 4);
        Scope.run(() -> v.assign(v.value().flip()));
        assertArrayEquals(new float[] {4, 3, 2, 1}, read(v));
        Scope.run(() -> v.assign(v.value().flip().add(v.value())));
        assertArrayEquals(new float[] {5, 5, 5, 5}, read(v));
        Scope.run(() -> v.assign(v.value()));
        assertArrayEquals(new float[] {5, 5, 5, 5}, read(v));
    }

    @Test
    void assignsOfOneKernelReadOldValues() {
        Variable a = variable(1, 2);
        Variable b = variable(10, 20);
        Scope.run(() -> {
            Map<Variable, Tensor> next = new LinkedHashMap<>();
            try (Tensor x = a.value();
                    Tensor y = b.value()) {
                next.put(a, x.add(y));
                next.put(b, x.sub(y));
            }
            device.measure(() -> Variable.assignAll(next)).assertKernels("Map 1");
        });
        assertArrayEquals(new float[] {11, 22}, read(a));
        assertArrayEquals(new float[] {-9, -18}, read(b));
    }

    @Test
    void oneTensorMayGoToSeveralVariables() {
        Variable a = variable(1, 2);
        Variable b = variable(10, 20);
        Scope.run(() -> {
            Tensor next = doubled(a);
            Variable.assignAll(Map.of(a, next, b, next));
        });
        assertArrayEquals(new float[] {2, 4}, read(a));
        assertArrayEquals(new float[] {2, 4}, read(b));
        Scope.run(() -> a.assign(doubled(a)));
        assertArrayEquals(new float[] {2, 4}, read(b));
    }

    @Test
    void manyVariablesOfOneShapeRunInKernelsOfBoundedSize() {
        Map<Variable, Tensor> next = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            Variable v = variable(i, 2 * i);
            next.put(v, doubled(v));
        }
        device.measure(() -> Variable.assignAll(next)).assertKernels("Map 5");
        for (int i = 0; i < 20; i++) {
            assertArrayEquals(new float[] {2 * i, 4 * i}, read(variables.get(i)));
        }
    }

    private static Map<Variable, Tensor> failing(List<Variable> variables, Tensor last) {
        Map<Variable, Tensor> next = new LinkedHashMap<>();
        for (Variable v : variables.subList(0, variables.size() - 1)) {
            next.put(v, doubled(v));
        }
        next.put(variables.getLast(), last);
        return next;
    }

    @Test
    void eitherAllAreAssignedOrNone() {
        Variable a = variable(1, 2);
        Variable b = variable(3, 4, 5);
        Variable c = variable(6, 7, 8, 9);
        Variable d = variable(1);
        List<Variable> all = List.of(a, b, c, d);
        Tensor closed = Tensor.ones(1);
        closed.close();
        assertThrows(ShapeMismatch.class, () -> Variable.assignAll(failing(all, Tensor.ones(2))));
        assertThrows(ClosedTensor.class, () -> Variable.assignAll(failing(all, closed)));
        for (int i = 1; i <= 4; i++) {
            int which = i;
            assertThrows(
                    KernelCompile.class,
                    () -> Scope.run(() -> {
                        Map<Variable, Tensor> next = failing(all, doubled(d).add(3));
                        // Structures of their own, so that each is compiled.
                        int[] length = {which * 10};
                        next.replaceAll((_, t) -> {
                            length[0]++;
                            Tensor chain = t;
                            for (int k = 0; k < length[0]; k++) {
                                chain = chain.add(1);
                            }
                            return chain;
                        });
                        faults.failCompilation(which);
                        Variable.assignAll(next);
                    }));
            assertUnchanged(a, b, c, d);
        }
        for (int i = 1; i <= 3; i++) {
            int which = i;
            assertThrows(
                    OutOfDeviceMemory.class,
                    () -> Scope.run(() -> {
                        Map<Variable, Tensor> next = failing(
                                all,
                                Tensor.of(new float[] {1, 2}).slice(0, 1, 2).mul(3));
                        // A value that has to be copied: a view of several strides.
                        next.put(
                                c,
                                Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}).slice(0, 0, 8, 2));
                        device.context().pool().releaseCache();
                        // One failure is mended by trying again after the cache was released.
                        device.context().pool().setLimit(device.liveBytes() + 64L * (which - 1));
                        try {
                            Variable.assignAll(next);
                        } finally {
                            device.context().pool().setLimit(1 << 20);
                        }
                    }));
            assertUnchanged(a, b, c, d);
        }
        assertEquals(0, a.version());
    }

    private static void assertUnchanged(Variable a, Variable b, Variable c, Variable d) {
        assertArrayEquals(new float[] {1, 2}, read(a));
        assertArrayEquals(new float[] {3, 4, 5}, read(b));
        assertArrayEquals(new float[] {6, 7, 8, 9}, read(c));
        assertArrayEquals(new float[] {1}, read(d));
    }

    @Test
    void copiesAViewThatWouldKeepALargerBufferAlive() {
        long before = device.liveBytes();
        Scope.run(() -> {
            Tensor large = Tensor.zeros(100, 100).materialize();
            Variable row = new Variable("row", large.select(0, 3), false);
            variables.add(row);
        });
        assertEquals(before + 448, device.liveBytes());
    }

    @Test
    void closedVariablesSaySo() {
        Variable v = variable(1, 2);
        v.close();
        v.close();
        ClosedTensor error = assertThrows(ClosedTensor.class, v::value);
        assertEquals("variable: it was closed\n  variable v0 F32 [2]", error.getMessage());
        assertThrows(ClosedTensor.class, () -> v.assign(Tensor.ones(2)));
    }

    @Test
    void buffersAndFrozenParametersAreConstants() {
        Variable buffer = Variable.buffer("b", Tensor.ones(2));
        Variable parameter = variable(1, 2);
        Variable steps = Variable.parameter("steps", Tensor.of(new long[] {1}));
        variables.add(buffer);
        variables.add(steps);
        assertFalse(buffer.value().requiresGradient());
        assertTrue(parameter.value().requiresGradient());
        assertFalse(steps.value().requiresGradient());
        parameter.setTrainable(false);
        assertFalse(parameter.value().requiresGradient());
        assertFalse(parameter.isTrainable());
        assertEquals("b F32 [2]", buffer.toString());
        assertEquals(DType.F32, buffer.dtype());
        assertEquals(Shape.of(2), buffer.shape());
    }
}
