package dev.tenrec.cpu;

import java.nio.ByteOrder;
import java.util.Locale;

/** When programs of elementwise primitives are compiled to fused loops. */
enum CodegenMode {
    /** Never. */
    OFF,
    /** In the background, once a program has run often enough. */
    ON,
    /** Before the first run; for tests. */
    EAGER;

    /** System property: {@code on}, {@code off} or {@code eager}. */
    static final String PROPERTY = "tenrec.cpu.codegen";

    /** The mode of this run. Fused loops need vectors, and pack truth values in little-endian order. */
    static final CodegenMode CURRENT = CpuVector.scalar() || ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
            ? OFF
            : of(System.getProperty(PROPERTY, "on"));

    private static CodegenMode of(String setting) {
        return switch (setting.strip().toLowerCase(Locale.ROOT)) {
            case "on", "" -> ON;
            case "off" -> OFF;
            case "eager" -> EAGER;
            default ->
                throw new IllegalArgumentException("-D" + PROPERTY + ": expected on, off or eager, given \"" + setting
                        + "\"; leave it out for on");
        };
    }
}
