package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.tenrec.testkit.MeasuredDevice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** The same seed gives the same weights bit for bit: for any number of threads, interpreted or compiled, cold or warm. */
class DeterminismTest {

    private static final int STEPS = 4;

    /** Each JVM spends much of its time on one core, starting and compiling: they run side by side. */
    private static Future<String> start(int steps, String... flags) {
        FutureTask<String> task = new FutureTask<>(() -> weights(steps, flags));
        Thread.ofVirtual().start(task);
        return task;
    }

    private static String weights(int steps, String... flags) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.add("-Dtenrec.backend=cpu");
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(TrainingProbe.class.getName(), Integer.toString(steps)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines()
                .filter(line -> line.startsWith("weights "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(output));
    }

    /** In this JVM, which need not get warm for each number anew. */
    private static String weights(int steps, int threads) {
        String[] weights = new String[1];
        try (MeasuredDevice device = MeasuredDevice.open(CpuBackend.withThreads(threads))) {
            device.run(() -> weights[0] = TrainingProbe.train(steps));
        }
        return weights[0];
    }

    @Test
    void sameWeightsForAnyNumberOfThreads() {
        String one = weights(STEPS, 1);
        assertEquals(one, weights(STEPS, 2));
        assertEquals(one, weights(STEPS, 8));
        assertNotEquals(one, weights(STEPS / 2, 1), "the hash depends on the training");
    }

    @Test
    void sameWeightsWhateverWasCompiled() throws Exception {
        Future<String> client = start(STEPS, "-XX:TieredStopAtLevel=1");
        String cold = TrainingProbe.train(STEPS);
        assertEquals("weights " + cold, client.get(), "client compiler alone");
        TrainingProbe.train(5 * STEPS);
        assertEquals(cold, TrainingProbe.train(STEPS), "cold and warm");
    }
}
