/** Runs Tenrec on NVIDIA GPUs through JCuda. */
@SuppressWarnings("requires-automatic")
module dev.tenrec.cuda {
    requires transitive dev.tenrec.gpu;
    requires jcuda;
    requires jcublas;

    exports dev.tenrec.cuda;

    provides dev.tenrec.backend.BackendProvider with
            dev.tenrec.cuda.CudaProvider;
}
