package dev.tenrec.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultTableTest {

    private static ResultTable.Row row(String library, boolean peer, double load, double... medians) {
        return new ResultTable.Row(
                "matmul", "shape=8", library, peer, medians, Double.NaN, 1, "GFLOP/s", "FMA peak", 0.25, 100, load);
    }

    private static List<String> print(ResultTable.Row... rows) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ResultTable(List.of(rows)).print(new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void ratioIsTheMedianOfRatiosOfNeighbours() {
        ResultTable.Row own = row("cpu", false, 0, 1, 10, 2);
        ResultTable.Row other = row("openblas", true, 0, 2, 20, 1);
        // The second round was ten times as slow for both and counts like the first.
        assertEquals(2, own.speedOver(other));
        assertEquals(0.5, other.speedOver(own));
        assertEquals(2, own.median());
    }

    @Test
    void otherLibrariesAreTheBase() {
        List<String> lines = print(row("cpu", false, 1, 0.5), row("openblas", true, 1, 0.25), row("djl", true, 1, 1));
        assertTrue(lines.get(0).endsWith("x openblas  x djl  x best   memory  other load"), lines.toString());
        assertTrue(
                lines.get(1)
                        .matches("matmul +shape=8 +cpu +500.0 ms +2.000 GFLOP/s +0.25 +0.50 +2.00 +0.50 +100 MiB +1 %"),
                lines.get(1));
        // Libraries are not compared with each other.
        assertTrue(lines.get(2).matches(".* openblas +250.0 ms +4.000 GFLOP/s +0.25 +100 MiB +1 %"), lines.get(2));
    }

    @Test
    void firstBackendIsTheBaseWithoutOtherLibraries() {
        List<String> lines = print(row("reference", false, 0, 4), row("cpu", false, 0, 1));
        assertTrue(lines.get(0).contains("x reference"), lines.toString());
        assertTrue(lines.get(2).matches(".* cpu .* 4.00 +100 MiB +0 %"), lines.get(2));
    }

    @Test
    void oneBackendHasNoRatio() {
        assertFalse(String.join("\n", print(row("cpu", false, 0, 4))).contains("x cpu"));
    }

    @Test
    void otherLoadIsToldAndUnknownLoadIsNot() {
        assertTrue(print(row("cpu", false, 7, 1)).getLast().startsWith("Other processes used the machine"));
        assertTrue(print(row("cpu", false, Double.NaN, 1)).get(1).endsWith("unknown"));
    }

    @Test
    void timesHaveFittingUnits() {
        assertEquals("1.500 s", ResultTable.time(1.5));
        assertEquals("12.35 ms", ResultTable.time(0.012345));
        assertEquals("999.0 us", ResultTable.time(999e-6));
        assertEquals("120.0 ns", ResultTable.time(120e-9));
    }
}
