package dev.tenrec.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.benchmarks.ColdStart.Outcome;
import dev.tenrec.benchmarks.ColdStart.Rates;
import dev.tenrec.benchmarks.work.BadInput;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColdStartTest {

    private static Outcome judge(int count, Rates... starts) throws Exception {
        Iterator<Rates> next = List.of(starts).iterator();
        Outcome outcome = ColdStart.judge(count, next::next);
        assertFalse(next.hasNext(), "not all were started");
        return outcome;
    }

    private static Rates quiet(double median, double best) {
        return new Rates(median, best, median / 100, 0);
    }

    private static Rates busy(double median, double best) {
        return new Rates(median, best, median / 100, 0.3);
    }

    @Test
    void equalStartsPass() throws Exception {
        assertTrue(judge(3, quiet(100, 110), quiet(90, 110), quiet(105, 110)).passed());
    }

    @Test
    void aColdStartFailsAtOnceHoweverBusyTheMachine() throws Exception {
        Outcome outcome = judge(4, busy(100, 110), busy(100, 110), busy(100, 110), busy(1, 1.2));
        assertFalse(outcome.passed());
        assertEquals(0, outcome.retried());
    }

    @Test
    void aSlowStartOnAQuietMachineFails() throws Exception {
        assertFalse(judge(3, quiet(100, 110), quiet(100, 110), quiet(79, 86)).passed());
    }

    @Test
    void aSlowMachineIsNoSlowStart() throws Exception {
        assertTrue(judge(3, quiet(100, 110), quiet(100, 110), new Rates(60, 65, 0.95, 0))
                .passed());
    }

    @Test
    void aFastMachineDoesNotHideASlowStart() throws Exception {
        assertFalse(judge(3, quiet(100, 110), quiet(100, 110), new Rates(100, 110, 0.6, 0))
                .passed());
    }

    @Test
    void fastCallsDoNotMakeUpForSlowOnes() throws Exception {
        assertFalse(judge(3, quiet(100, 110), quiet(100, 110), quiet(60, 105)).passed());
    }

    @Test
    void aSlowStartOnABusyMachineIsTriedAgain() throws Exception {
        Outcome cured = judge(3, quiet(100, 110), quiet(100, 110), busy(70, 80), busy(75, 80), busy(99, 105));
        assertTrue(cured.passed());
        assertEquals(2, cured.retried());
        assertFalse(judge(3, quiet(100, 110), quiet(100, 110), busy(70, 80), busy(70, 80), busy(70, 80))
                .passed());
    }

    @Test
    void allStandsForEveryKernel() {
        List<ColdStart.Settings> all = ColdStart.Settings.parseAll("--count", "5", "--kernel", "all");
        assertEquals(
                List.of(ColdStartProbe.Work.values()),
                all.stream().map(ColdStart.Settings::kernel).toList());
        assertTrue(all.stream().allMatch(one -> one.count() == 5));
        assertEquals(1, ColdStart.Settings.parseAll("--kernel", "train").size());
    }

    @ParameterizedTest
    @CsvSource({
        "--kernel conv, --kernel is not one of",
        "--count 2, --count is below 3",
        "--count many, --count is not a whole number",
        "--seconds 0, --seconds is not a number from",
        "--backend, --backend lacks a value",
        "--frobnicate 1, unknown option --frobnicate"
    })
    void badOptionsAreNamed(String args, String message) {
        BadInput error = assertThrows(BadInput.class, () -> ColdStart.Settings.parse(args.split(" ")));
        assertTrue(error.getMessage().startsWith(message), error.getMessage());
    }

    /**
     * The check itself, shortened to about twenty seconds. One thread and products of about a millisecond, unlike the full
     * run: then the fastest calls of a JVM escape other load on the machine, while a method that is not compiled slows
     * every call. The kernels are the same.
     *
     * <p>Fails below half of the median: it finds cliffs, where a method that stays in the client compiler is five to a
     * hundred times slower. It does not show that every JVM reaches 80 %, as its measuring is too short for that.
     */
    @Test
    @Tag("cold-start")
    void noJvmStaysSlow() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Outcome outcome = ColdStart.run(
                ColdStart.Settings.parse("--count", "10", "--seconds", "1.5", "--size", "256", "--threads", "1"),
                new PrintStream(out, true, StandardCharsets.UTF_8));
        String report = out.toString(StandardCharsets.UTF_8);
        assertTrue(outcome.leastShare() >= ColdStart.HOPELESS, report);
        assertEquals(12 + outcome.retried(), report.lines().count(), report);
    }
}
