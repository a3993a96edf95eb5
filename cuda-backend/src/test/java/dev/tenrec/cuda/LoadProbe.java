package dev.tenrec.cuda;

import dev.tenrec.backend.Probe;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/** Says what the provider finds, and multiplies if it is told so: the program that {@link LoadTest} starts. */
final class LoadProbe {

    private LoadProbe() {}

    public static void main(String[] args) {
        String before = System.getProperty("java.io.tmpdir");
        switch (new CudaProvider().probe()) {
            case Probe.Available found -> System.out.println("available: " + found.version());
            case Probe.Unavailable no -> System.out.println("unavailable: " + no.reason() + "\n" + no.remedy());
        }
        if (!before.equals(System.getProperty("java.io.tmpdir"))) {
            System.out.println("java.io.tmpdir was not put back");
        }
        if (args.length > 0) {
            multiply();
        }
    }

    /** A product by cuBLAS and a sum by a kernel that NVRTC compiles. */
    private static void multiply() {
        try (MeasuredDevice device = MeasuredDevice.open(new CudaProvider().open(0))) {
            device.run(() -> {
                try (Scope _ = Scope.open()) {
                    Tensor x = Tensor.full(DType.F32, Shape.of(64, 64), 2);
                    System.out.println("sum " + x.matmul(x).sum().item());
                }
            });
        }
    }
}
