/** Kernels on the processor with the Vector API and threads; scalar where the incubator module is absent. */
module dev.tenrec.cpu {
    requires dev.tenrec.core;
    requires static jdk.incubator.vector;

    provides dev.tenrec.backend.BackendProvider with
            dev.tenrec.cpu.CpuProvider;
}
