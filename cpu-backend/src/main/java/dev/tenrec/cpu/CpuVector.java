package dev.tenrec.cpu;

import java.util.Locale;
import jdk.incubator.vector.FloatVector;

/** Decides once, at start, how wide vectors are. This class itself loads nothing of the incubator module. */
final class CpuVector {
    /** System property: {@code auto}, {@code 128}, {@code 256}, {@code 512} or {@code scalar}. */
    static final String PROPERTY = "tenrec.cpu.vector";

    private static final String MODULE = "jdk.incubator.vector";

    /** Whether the vector module is part of this run. */
    static final boolean MODULE_PRESENT = ModuleLayer.boot().findModule(MODULE).isPresent();

    /** Width of the vectors in bits; 0 for the scalar kernels. */
    static final int BITS = bits(System.getProperty(PROPERTY, "auto"));

    /** Whether the machine has 32 vector registers of the chosen width, rather than 16. */
    static final boolean MANY_REGISTERS = BITS == 512 || "aarch64".equals(System.getProperty("os.arch"));

    private CpuVector() {}

    /** Whether the scalar kernels are used. */
    static boolean scalar() {
        return BITS == 0;
    }

    private static int bits(String setting) {
        String value = setting.strip().toLowerCase(Locale.ROOT);
        switch (value) {
            case "scalar":
                return 0;
            case "auto", "":
                return MODULE_PRESENT ? Preferred.bits() : 0;
            case "128", "256", "512":
                if (!MODULE_PRESENT) {
                    throw new IllegalArgumentException("-D" + PROPERTY + "=" + value + ": the module " + MODULE
                            + " is missing; add --add-modules " + MODULE + " or use scalar");
                }
                return Integer.parseInt(value);
            default:
                throw new IllegalArgumentException("-D" + PROPERTY
                        + ": expected auto, 128, 256, 512 or scalar, given \"" + setting + "\"; leave it out for auto");
        }
    }

    /** Apart, so that the vector classes load only where the module is present. */
    private static final class Preferred {
        static int bits() {
            int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
            // 64 bits means that this JVM has no vector instructions to offer.
            return preferred < 128 ? 0 : Math.min(512, preferred);
        }
    }
}
