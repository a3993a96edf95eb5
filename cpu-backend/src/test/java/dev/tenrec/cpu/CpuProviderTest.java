package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Probe;
import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.OutOfDeviceMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Finding, opening and using the device; wrong settings in processes of their own. */
class CpuProviderTest {

    /** Prints what a probe finds and, if it can be used, what opening logs. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) {
            CpuProvider provider = new CpuProvider();
            for (int i = 0; i < 2; i++) {
                System.out.println(provider.probe());
            }
            if (provider.probe() instanceof Probe.Available) {
                provider.open(0);
                provider.open(0).close();
            }
        }
    }

    private static String run(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        String path = System.getProperty("jdk.module.path");
        String classes = System.getProperty("java.class.path");
        command.add("-cp");
        command.add(path == null ? classes : classes + java.io.File.pathSeparator + path);
        command.add(Main.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    void withoutTheModuleItWorksAndSaysSoOnce() throws Exception {
        String output = run("-Dtenrec.cpu.threads=3");
        assertTrue(output.contains("no vectors, 3 threads"), output);
        String flag = "Start Java with --add-modules jdk.incubator.vector";
        assertEquals(output.indexOf(flag), output.lastIndexOf(flag), output);
        assertTrue(output.contains(flag), output);
    }

    @Test
    void wrongSettingsAreExplained() throws Exception {
        String vector = run("-Dtenrec.cpu.vector=1024");
        assertTrue(vector.contains("expected auto, 128, 256, 512 or scalar, given \"1024\""), vector);
        String threads = run("-Dtenrec.cpu.threads=none");
        assertTrue(threads.contains("expected a whole number from 1 to"), threads);
        String missing = run("-Dtenrec.cpu.vector=256");
        assertTrue(missing.contains("add --add-modules jdk.incubator.vector"), missing);
    }

    @Test
    void opensOneDevice() {
        CpuProvider provider = new CpuProvider();
        assertInstanceOf(Probe.Available.class, provider.probe());
        BackendUnavailable e = assertThrows(BackendUnavailable.class, () -> provider.open(1));
        assertTrue(e.getMessage().startsWith("cpu: no such device"), e.getMessage());
        try (Backend backend = provider.open(0)) {
            assertEquals("cpu:0", backend.device().toString());
            assertTrue(backend.capabilities().memoryBytes() > 0);
        }
    }

    @Test
    void allocatesAlignedAndRefusesTheImpossible() {
        try (Backend backend = CpuBackend.withThreads(1)) {
            DeviceBuffer buffer = backend.allocate(100);
            assertEquals(100, buffer.byteSize());
            assertEquals(0, buffer.hostSegment().orElseThrow().address() % 64);
            assertEquals(128, buffer.hostSegment().orElseThrow().byteSize());
            buffer.close();
            buffer.close();
            assertThrows(InvalidArgument.class, () -> backend.allocate(0));
            assertEquals(
                    1L << 60,
                    assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(1L << 60))
                            .requestedBytes());
        }
    }
}
