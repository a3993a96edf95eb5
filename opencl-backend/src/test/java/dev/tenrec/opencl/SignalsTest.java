package dev.tenrec.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Looking for devices leaves the JVM's signal handlers alone, in a process that then computes on another backend. A
 * process of its own, as drivers set theirs once.
 */
class SignalsTest {

    /** What runs in that process. */
    static final class Main {

        public static void main(String[] args) {
            System.out.println(new OpenClProvider().probe());
            System.out.println("changed " + JvmSignals.changed());
        }
    }

    @Test
    void lookingForDevicesKeepsThem() throws Exception {
        TestDevice.require();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Main.class.getName())
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), text);
        assertTrue(text.contains("Available["), text);
        assertTrue(text.lines().anyMatch("changed 0"::equals), text);
    }
}
