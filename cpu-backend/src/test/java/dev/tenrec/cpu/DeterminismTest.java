package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same seed gives the same weights bit for bit: for any number of threads, interpreted or compiled, cold or warm. */
class DeterminismTest {

    private static final int STEPS = 8;

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

    @Test
    void sameWeightsForAnyNumberOfThreads() throws Exception {
        String one = weights(STEPS, "-Dtenrec.cpu.threads=1");
        assertEquals(one, weights(STEPS, "-Dtenrec.cpu.threads=2"));
        assertEquals(one, weights(STEPS, "-Dtenrec.cpu.threads=8"));
        assertNotEquals(one, weights(STEPS + 1, "-Dtenrec.cpu.threads=1"), "the hash depends on the training");
    }

    @Test
    void sameWeightsWhateverWasCompiled() throws Exception {
        String tiered = weights(STEPS);
        assertEquals(tiered, weights(STEPS, "-XX:TieredStopAtLevel=1"), "client compiler alone");
        String cold = TrainingProbe.train(STEPS);
        TrainingProbe.train(5 * STEPS);
        assertEquals(cold, TrainingProbe.train(STEPS), "cold and warm");
    }
}
