package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.gpu.Arguments;
import dev.tenrec.gpu.DeviceFailure;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.Grid;
import dev.tenrec.gpu.ProgramSource;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** The emulator finds what it is there for: each kernel here has one fault, and one that has none. */
@Isolated("the emulator's settings and the state of its context are the process's")
class EmulatorTest {

    private static final int ITEMS = 64;

    private long order;
    private long timeout;

    @BeforeEach
    void keepSettings() {
        TestDevice.requireEmulator();
        order = Emulator.get("order");
        timeout = Emulator.get("timeout");
    }

    @AfterEach
    void restore() {
        if (Emulator.isPresent()) {
            Emulator.set("order", order);
            Emulator.set("timeout", timeout);
            CUdevice device = new CUdevice();
            JCudaDriver.cuDeviceGet(device, 0);
            JCudaDriver.cuDevicePrimaryCtxReset(device);
        }
    }

    /** Runs a kernel on one block and returns {@link #ITEMS} numbers that it wrote. */
    private static float[] run(String body) {
        String text = "extern \"C\" __global__ void probe(float *out) {\n" + body + "\n}\n";
        try (GpuDevice device = TestDevice.openDevice(false)) {
            GpuDevice.Memory memory = device.allocate(4 * ITEMS);
            GpuDevice.Pinned host = device.allocatePinned(4 * ITEMS);
            GpuDevice.Function function = device.function(device.build(new ProgramSource("probe", text)), "probe");
            device.launch(function, Grid.linear(ITEMS, ITEMS), new Arguments().buffer(memory));
            device.download(memory, 0, host, 4 * ITEMS);
            device.synchronize();
            float[] values = host.segment().asSlice(0, 4 * ITEMS).toArray(ValueLayout.JAVA_FLOAT);
            device.freePinned(host);
            device.free(memory);
            return values;
        }
    }

    private static void fails(String code, String body) {
        DeviceFailure e = assertThrows(DeviceFailure.class, () -> run(body));
        assertTrue(e.getMessage().contains(code), e.getMessage());
    }

    private static float[] filled(float value) {
        float[] all = new float[ITEMS];
        Arrays.fill(all, value);
        return all;
    }

    @Test
    void aSoundKernelRuns() {
        String body = "__shared__ float s[64]; s[threadIdx.x] = threadIdx.x; __syncthreads();"
                + " out[threadIdx.x] = s[threadIdx.x] + s[63 - threadIdx.x];";
        assertArrayEquals(filled(63), run(body));
    }

    @Test
    void aWriteBehindTheMemoryIsFound() {
        fails("CUDA_ERROR_ILLEGAL_ADDRESS", "out[threadIdx.x + 1] = 1;");
    }

    @Test
    void aReadFarOutsideIsFound() {
        fails("CUDA_ERROR_ILLEGAL_ADDRESS", "out[threadIdx.x] = out[(long long)threadIdx.x + (1ll << 34)];");
    }

    @Test
    void anIndexOutsideOfAnArrayIsFound() {
        assertThrows(
                DeviceFailure.class,
                () -> run(
                        "float own[4]; for (int i = 0; i < 4; i++) own[i] = i; out[threadIdx.x] = own[threadIdx.x];"));
    }

    /** Fresh memory is NaN, which goes through any arithmetic. */
    @Test
    void whatWasNeverWrittenIsNoNumber() {
        for (float value : run("out[threadIdx.x] = out[threadIdx.x] + 1;")) {
            assertTrue(Float.isNaN(value));
        }
    }

    @Test
    void threadsThatWaitForEachOtherEndTheKernel() {
        fails(
                "CUDA_ERROR",
                "float v = threadIdx.x; if (threadIdx.x < 7) __syncthreads(); else v = __shfl_sync(0xffffffffu, v, 0);"
                        + " out[threadIdx.x] = v;");
    }

    @Test
    void aKernelThatNeverEndsIsStopped() {
        Emulator.set("timeout", 1);
        fails("CUDA_ERROR_LAUNCH_TIMEOUT", "while (((volatile float *)out)[0] != 5); out[threadIdx.x] = 1;");
    }

    /** Threads take their turns in another order for each seed, so what lacks a barrier gives something else. */
    @Test
    void aMissingBarrierShowsInSomeOrder() {
        String body = "__shared__ float s[64]; s[threadIdx.x] = 1; %s"
                + " float sum = 0; for (int i = 0; i < 64; i++) sum += s[i]; out[threadIdx.x] = sum;";
        boolean found = false;
        for (int seed : new int[] {0, 1, 7}) {
            Emulator.set("order", seed);
            assertArrayEquals(filled(64), run(body.formatted("__syncthreads();")), "seed " + seed);
            found |= !Arrays.equals(filled(64), run(body.formatted("")));
        }
        assertTrue(found, "some thread ran before the others had written");
    }

    @Test
    void whatIsNotFreedIsCounted() {
        try (GpuDevice device = TestDevice.openDevice(false)) {
            long before = Emulator.get("live_allocations");
            GpuDevice.Memory memory = device.allocate(1 << 20);
            assertTrue(Emulator.get("live_allocations") > before);
            assertFalse(Emulator.get("live_bytes") < 1 << 20);
            device.free(memory);
            device.synchronize();
        }
        assertEquals(0, Emulator.get("live_allocations"));
    }
}
