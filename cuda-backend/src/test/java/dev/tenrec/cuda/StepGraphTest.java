package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.gpu.Arguments;
import dev.tenrec.gpu.DeviceFailure;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.Grid;
import dev.tenrec.gpu.ProgramSource;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Work that is held back and replayed as graphs does what it does one by one; uploads beside it are in order. */
@Isolated("counters of the emulator, and its context, are the process's")
class StepGraphTest {

    private static final int ITEMS = 64;
    private static final String ADD = "extern \"C\" __global__ void probe(float *x, float by, int at) {\n"
            + "x[threadIdx.x + at] = x[threadIdx.x] + by;\n}\n";

    @BeforeEach
    void needsTheEmulator() {
        TestDevice.requireEmulator();
    }

    @AfterEach
    void restore() {
        if (Emulator.isPresent()) {
            jcuda.driver.CUdevice device = new jcuda.driver.CUdevice();
            JCudaDriver.cuDeviceGet(device, 0);
            JCudaDriver.cuDevicePrimaryCtxReset(device);
        }
    }

    private static GpuDevice device() {
        return new CudaDriver("", new CudaDriver.Options(64L << 20, false, 1, 1024, true)).open(0);
    }

    private static GpuDevice.Function probe(GpuDevice device) {
        return device.function(device.build(new ProgramSource("probe", ADD)), "probe");
    }

    /** All weights after some steps on batches of the sizes given. */
    private static List<float[]> weights(boolean graphs, int... batches) {
        List<float[]> all = new ArrayList<>();
        try (MeasuredDevice device = MeasuredDevice.open(TestDevice.open(graphs))) {
            device.run(() -> {
                Sequential network = Sequential.of(new Dense(24, 16), Activation.TANH, new Dense(16, 5));
                network.initialize(3);
                try (network;
                        Adam adam = new Adam(network.parameters(), 1e-2)) {
                    for (int i = 0; i < batches.length; i++) {
                        RandomKey key = RandomKey.of(i);
                        Shape shape = Shape.of(batches[i], 24);
                        Scope.run(() -> {
                            float[] values = key.normal(DType.F32, shape).toFloatArray();
                            Tensor inputs = Tensor.of(values, shape.size(0), 24);
                            Tensor labels = inputs.slice(1, 0, 5).argmax(1);
                            adam.step(Losses.crossEntropy(network.forward(inputs), labels)
                                    .backward());
                        });
                    }
                    for (Variable variable : network.variables()) {
                        all.add(Scope.call(() -> variable.value().toFloatArray()));
                    }
                }
            });
        }
        return all;
    }

    private static void assertSameWeights(int... batches) {
        List<float[]> expected = weights(false, batches);
        long graphs = Emulator.get("graphs");
        List<float[]> given = weights(true, batches);
        assertTrue(Emulator.get("graphs") - graphs >= 3, "steps were replayed");
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), given.get(i), "variable " + i);
        }
    }

    @Test
    void theSameBitsAsOneByOne() {
        assertSameWeights(8, 8, 8, 8, 8, 8);
    }

    @Test
    void aBatchOfAnotherSizeIsIssuedOneByOne() {
        assertSameWeights(8, 8, 8, 8, 5, 8, 3, 8, 8);
    }

    @Test
    void argumentsThatChangeAreReplaced() {
        try (GpuDevice device = device()) {
            GpuDevice.Function probe = probe(device);
            GpuDevice.Memory memory = device.allocate(4 * ITEMS);
            GpuDevice.Pinned host = device.allocatePinned(4 * ITEMS);
            long graphs = Emulator.get("graphs");
            long updates = Emulator.get("updates");
            device.clear(memory, 0, 4 * ITEMS);
            float expected = 0;
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < 4; i++) {
                    // Of four launches one changes.
                    float by = i == 2 ? round : i + 1;
                    expected += by;
                    device.launch(
                            probe,
                            Grid.linear(ITEMS, ITEMS),
                            new Arguments().buffer(memory).f32(by).i32(0));
                }
                device.submit();
            }
            device.download(memory, 0, host, 4 * ITEMS);
            device.synchronize();
            for (float value : host.segment().asSlice(0, 4 * ITEMS).toArray(ValueLayout.JAVA_FLOAT)) {
                assertEquals(expected, value);
            }
            // The first round has the zeros, too; the second is remembered, the third becomes a graph.
            assertEquals(3, Emulator.get("graphs") - graphs);
            assertEquals(2, Emulator.get("updates") - updates);
            device.freePinned(host);
        }
    }

    @Test
    void aFaultInAGraphNamesTheLaunch() {
        try (GpuDevice device = device()) {
            GpuDevice.Function probe = probe(device);
            GpuDevice.Memory memory = device.allocate(4 * ITEMS);
            device.clear(memory, 0, 4 * ITEMS);
            device.submit();
            DeviceFailure e = assertThrows(DeviceFailure.class, () -> {
                for (int round = 0; round < 4; round++) {
                    for (int i = 0; i < 4; i++) {
                        int at = round == 3 && i == 1 ? 1 << 28 : 0;
                        device.launch(
                                probe,
                                Grid.linear(ITEMS, ITEMS),
                                new Arguments().buffer(memory).f32(1).i32(at));
                    }
                    device.submit();
                }
                device.synchronize();
            });
            assertTrue(e.getMessage().contains("CUDA_ERROR_ILLEGAL_ADDRESS"), e.getMessage());
            assertTrue(e.getMessage().contains("probe"), e.getMessage());
        }
    }

    /** Each round uploads over what the launches before still read, and launches read what was uploaded. */
    @Test
    void uploadsKeepTheirOrder() {
        try (GpuDevice device = device()) {
            GpuDevice.Function probe = probe(device);
            GpuDevice.Memory source = device.allocate(4 * ITEMS);
            GpuDevice.Memory other = device.allocate(4 * ITEMS);
            GpuDevice.Memory sums = device.allocate(4 * 8 * ITEMS);
            GpuDevice.Pinned up = device.allocatePinned(4 * ITEMS);
            GpuDevice.Pinned beside = device.allocatePinned(4 * ITEMS);
            GpuDevice.Pinned down = device.allocatePinned(4 * 8 * ITEMS);
            for (int round = 0; round < 8; round++) {
                up.segment().fill((byte) 0);
                up.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, round + 1);
                device.upload(up, 4 * ITEMS, source, 0);
                GpuDevice.Event copied = device.recordUpload();
                for (int i = 0; i < 4; i++) {
                    device.launch(
                            probe,
                            Grid.linear(ITEMS, ITEMS),
                            new Arguments().buffer(source).f32(1).i32(0));
                }
                // Beside work that is held back and does not use it.
                device.upload(beside, 4 * ITEMS, other, 0);
                device.copy(source, 0, sums, 4L * ITEMS * round, 4 * ITEMS);
                device.submit();
                device.await(copied);
                device.release(copied);
            }
            device.download(sums, 0, down, 4 * 8 * ITEMS);
            device.synchronize();
            for (int round = 0; round < 8; round++) {
                assertEquals(round + 5f, down.segment().getAtIndex(ValueLayout.JAVA_FLOAT, (long) ITEMS * round));
            }
        }
    }

    /** The emulator itself: nodes that do not depend on each other run in another order than they were made in. */
    @Test
    void aMissingDependencyIsFound() {
        for (boolean dependent : new boolean[] {true, false}) {
            try (CudaDevice device = (CudaDevice) device()) {
                CudaFunction probe = (CudaFunction) probe(device);
                GpuDevice.Memory memory = device.allocate(4 * 2 * ITEMS);
                GpuDevice.Pinned host = device.allocatePinned(4 * 2 * ITEMS);
                device.clear(memory, 0, 4 * 2 * ITEMS);
                device.synchronize();
                CUgraph graph = new CUgraph();
                JCudaDriver.cuGraphCreate(graph, 0);
                CUgraphNode[] nodes = new CUgraphNode[2];
                for (int i = 0; i < 2; i++) {
                    Issue issue = new Issue();
                    // The first adds one in place; the second reads that and writes elsewhere.
                    Arguments arguments = new Arguments().buffer(memory).f32(1).i32(i * ITEMS);
                    issue.set(probe, Grid.linear(ITEMS, ITEMS), arguments, 0);
                    nodes[i] = new CUgraphNode();
                    CUgraphNode[] before = i == 1 && dependent ? new CUgraphNode[] {nodes[0]} : new CUgraphNode[0];
                    int code = JCudaDriver.cuGraphAddKernelNode(nodes[i], graph, before, before.length, issue.node());
                    assertEquals(CUresult.CUDA_SUCCESS, code);
                }
                CUgraphExec executable = new CUgraphExec();
                assertEquals(CUresult.CUDA_SUCCESS, JCudaDriver.cuGraphInstantiate(executable, graph, 0));
                assertEquals(CUresult.CUDA_SUCCESS, JCudaDriver.cuGraphLaunch(executable, device.stream()));
                device.download(memory, 0, host, 4 * 2 * ITEMS);
                device.synchronize();
                assertEquals(dependent ? 2f : 1f, host.segment().getAtIndex(ValueLayout.JAVA_FLOAT, ITEMS));
            }
        }
    }

    /** The emulator itself: a copy in another stream that nothing waits for comes too late. */
    @Test
    void aMissingWaitIsFound() {
        try (CudaDevice device = (CudaDevice) device()) {
            GpuDevice.Function probe = probe(device);
            CudaMemory memory = (CudaMemory) device.allocate(4 * ITEMS);
            GpuDevice.Pinned host = device.allocatePinned(4 * ITEMS);
            host.segment().fill((byte) 0);
            device.clear(memory, 0, 4 * ITEMS);
            device.synchronize();
            host.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, 7);
            JCudaDriver.cuMemcpyHtoDAsync(memory, (Pointer) host, 4 * ITEMS, device.spare());
            device.launch(
                    probe,
                    Grid.linear(ITEMS, ITEMS),
                    new Arguments().buffer(memory).f32(1).i32(0));
            GpuDevice.Pinned down = device.allocatePinned(4 * ITEMS);
            device.download(memory, 0, down, 4 * ITEMS);
            device.synchronize();
            assertEquals(1f, down.segment().getAtIndex(ValueLayout.JAVA_FLOAT, 0), "8 had it been waited for");
            JCudaDriver.cuStreamSynchronize(device.spare());
        }
    }
}
