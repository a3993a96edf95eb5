package dev.tenrec.cuda;

import dev.tenrec.backend.Probe;

/** Says what the provider finds: the program that {@link LoadTest} starts with other libraries. */
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
    }
}
