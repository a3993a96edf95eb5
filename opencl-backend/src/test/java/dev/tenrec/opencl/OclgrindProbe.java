package dev.tenrec.opencl;

import dev.tenrec.backend.Backend;
import dev.tenrec.gpu.Arguments;
import dev.tenrec.gpu.Families;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.Grid;
import dev.tenrec.gpu.ProgramSource;

/** What {@link OclgrindTest} runs in a JVM of its own, on Oclgrind's device. */
final class OclgrindProbe {

    private OclgrindProbe() {}

    /**
     * Whether a family is run: chunks of thousands of elements take an interpreter minutes, and so do the large tiles of
     * attention in F32; casts differ in types only.
     */
    static boolean runs(String name, boolean staged) {
        boolean small = !name.endsWith("-chunks")
                && !(name.startsWith("attention") && name.contains("F32"))
                && !(name.startsWith("map-cast") && !name.endsWith("F16"));
        return small && staged == isStaged(name);
    }

    /** Whether a kernel reads what another one wrote. Oclgrind 21.10 takes that for memory that was never written. */
    private static boolean isStaged(String name) {
        return name.equals("max-pool-gradient")
                || name.equals("matmul-BF16")
                || name.startsWith("attention-gradient")
                || name.startsWith("cross-entropy-") && !name.contains("gradient");
    }

    public static void main(String[] args) {
        if (args[0].equals("planted")) {
            planted();
            return;
        }
        try (Backend backend = new OpenClProvider().open(0)) {
            System.out.println("device " + backend.capabilities().description());
            Families.all().forEach((name, example) -> {
                if (runs(name, args[0].equals("staged"))) {
                    example.run(backend);
                    backend.synchronize();
                    System.out.println("ran " + name);
                }
            });
        }
    }

    /** A kernel that writes one element behind its buffer. */
    private static void planted() {
        try (GpuDevice device = new OpenClDriver().open(0)) {
            String text = "__kernel void planted(__global int *out) { out[get_global_id(0) + 1] = 7; }";
            GpuDevice.Memory memory = device.allocate(64);
            GpuDevice.Function function = device.function(device.build(new ProgramSource("planted", text)), "planted");
            device.launch(function, Grid.linear(16, 16), new Arguments().buffer(memory));
            device.synchronize();
            device.free(memory);
        }
    }
}
