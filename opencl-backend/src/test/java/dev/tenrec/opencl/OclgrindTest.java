package dev.tenrec.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.gpu.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every family of kernels on Oclgrind, a simulator that finds data races, reads of what was never written, and accesses
 * out of bounds.
 */
class OclgrindTest {

    private static final Path LIBRARY = Path.of("/usr/lib/oclgrind/liboclgrind-rt.so");

    @TempDir
    private Path folder;

    /** What a run printed, and what Oclgrind found. */
    private record Outcome(String output, String findings) {}

    private Outcome run(String what) throws IOException, InterruptedException {
        if (!Files.exists(LIBRARY)) {
            System.err.println("SKIPPED: the check of kernels by Oclgrind: no " + LIBRARY + "; apt install oclgrind");
            Assumptions.abort("Oclgrind is not installed");
        }
        Path log = folder.resolve(what + ".log");
        Path output = folder.resolve(what + ".txt");
        ProcessBuilder builder = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.lwjgl.opencl.libname=" + LIBRARY,
                "-Dtenrec.gpu.cache=off",
                // Its interpreter does not know every instruction that the optimizer makes.
                "-Dtenrec.opencl.options=-cl-opt-disable",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                OclgrindProbe.class.getName(),
                what));
        builder.environment().put("OCLGRIND_LOG", log.toString());
        builder.environment().put("OCLGRIND_DATA_RACES", "1");
        if (!what.equals("staged")) {
            builder.environment().put("OCLGRIND_UNINITIALIZED", "1");
        }
        builder.environment().put("OCLGRIND_CHECK_API", "1");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(240, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("not done in time:\n" + Files.readString(output));
        }
        String text = Files.readString(output);
        assertEquals(0, process.exitValue(), text);
        return new Outcome(text, Files.exists(log) ? Files.readString(log) : "");
    }

    @Test
    void familiesAreClean() throws IOException, InterruptedException {
        clean("alone");
    }

    /** Without the check of uninitialised reads. */
    @Test
    void familiesOfSeveralKernelsAreClean() throws IOException, InterruptedException {
        clean("staged");
    }

    private void clean(String what) throws IOException, InterruptedException {
        Outcome outcome = run(what);
        assertEquals("", outcome.findings);
        long expected = Families.all().keySet().stream()
                .filter(name -> OclgrindProbe.runs(name, what.equals("staged")))
                .count();
        long ran =
                outcome.output.lines().filter(line -> line.startsWith("ran ")).count();
        assertEquals(expected, ran, outcome.output);
    }

    /** The check finds what it is there for. */
    @Test
    void aPlantedWriteOutOfBoundsIsFound() throws IOException, InterruptedException {
        Outcome outcome = run("planted");
        assertTrue(outcome.findings.contains("Invalid write of size 4"), outcome.findings);
        assertTrue(outcome.findings.contains("planted"), outcome.findings);
    }
}
