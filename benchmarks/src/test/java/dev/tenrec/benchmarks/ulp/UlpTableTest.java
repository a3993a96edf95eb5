package dev.tenrec.benchmarks.ulp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class UlpTableTest {

    private static String[] run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = UlpTable.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new String[] {
            Integer.toString(code), out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8)
        };
    }

    @Test
    void everyFunctionKeepsItsBoundOnSamples() {
        // A prime, so that samples meet all low bits.
        String[] result = run("--step", "10007");
        assertEquals("0", result[0], result[1]);
        assertEquals(UlpTable.LINES.size() + 2, result[1].lines().count());
    }

    @Test
    void badOptionsAreExplained() {
        assertEquals("2", run("--what")[0]);
        assertTrue(run("--op", "nothing")[2].startsWith("ulp: "));
        assertTrue(run("--step", "x")[2].contains("expected ulp [--step N] [--op NAME]"));
    }

    @Test
    void errorsCountInUnitsOfTheExactValue() {
        assertEquals(1, UlpTable.ulps(1, 1 + Math.ulp(1f)));
        assertEquals(0.25, UlpTable.ulps(1 + 0x1p-25, 1f), 1e-9);
        assertEquals(0, UlpTable.ulps(Double.NaN, Float.NaN));
        assertEquals(Double.POSITIVE_INFINITY, UlpTable.ulps(0, -0f));
        assertEquals(Double.POSITIVE_INFINITY, UlpTable.ulps(1, Float.NaN));
    }
}
