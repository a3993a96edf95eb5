package dev.tenrec.cpu;

import java.util.function.Supplier;

/**
 * A program's way to fused loops: it runs with a loop per primitive until it has run often enough, then
 * {@link LoopWarmup} compiles and warms fused loops in the background, and later launches take them.
 */
final class Tiers {
    /** Launches before fused loops are thought of. */
    private static final int LAUNCHES = 3;

    /** Element operations before that: with fewer, the time spent is less than that of compiling. */
    private static final long WORK = 4_000_000;

    private final Program slow;
    private final Supplier<Program> compiler;
    private volatile Program current;
    private volatile boolean decided;
    // Counted without synchronisation: it does not matter if some are lost.
    private int launches;
    private long work;

    /**
     * Starts with the program that has a loop per primitive.
     *
     * @param slow that program
     * @param compiler makes the one with fused loops, or null if there is nothing to fuse
     */
    Tiers(Program slow, Supplier<Program> compiler) {
        this.slow = slow;
        this.compiler = compiler;
        this.current = slow;
        if (CodegenMode.CURRENT == CodegenMode.EAGER) {
            decided = true;
            Program fused = compiler.get();
            current = fused == null ? slow : fused;
        }
    }

    /** Counts a launch, and returns the program to run. */
    Program launch(long elements) {
        if (!decided) {
            launches++;
            work += elements * slow.weight();
            if (launches >= LAUNCHES && work >= WORK) {
                decided = true;
                LoopWarmup.request(this);
            }
        }
        return current;
    }

    /** The program with a loop per primitive. */
    Program slow() {
        return slow;
    }

    /** Compiles; null if there is nothing to fuse. */
    Program compile() {
        return compiler.get();
    }

    /** Lets later launches run another program. */
    void switchTo(Program program) {
        current = program;
    }

    /** Whether launches run fused loops now. */
    boolean isFused() {
        return current != slow;
    }
}
