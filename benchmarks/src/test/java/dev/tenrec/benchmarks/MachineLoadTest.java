package dev.tenrec.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MachineLoadTest {

    @Test
    void othersAreWhatIsBusyWithoutUs() {
        MachineLoad before = new MachineLoad(1000, 5000, 0, 0);
        // One second of two processors: 150 of 200 ticks busy, one of them ours.
        MachineLoad after = new MachineLoad(1150, 5200, 1_000_000_000L, 1_000_000_000L);
        assertEquals(0.25, before.othersUntil(after, 2), 1e-9);
        assertEquals(0, before.othersUntil(new MachineLoad(1050, 5200, 1_000_000_000L, 1_000_000_000L), 2));
    }

    @Test
    void unknownWithoutCounters() {
        MachineLoad nothing = new MachineLoad(0, 0, 0, 0);
        assertTrue(Double.isNaN(nothing.othersUntil(new MachineLoad(0, 0, 5, 5), 2)));
    }
}
