/** Runs Tenrec on OpenCL devices through LWJGL. */
module dev.tenrec.opencl {
    requires transitive dev.tenrec.gpu;
    requires org.lwjgl;
    requires org.lwjgl.opencl;

    exports dev.tenrec.opencl;

    provides dev.tenrec.backend.BackendProvider with
            dev.tenrec.opencl.OpenClProvider;
}
