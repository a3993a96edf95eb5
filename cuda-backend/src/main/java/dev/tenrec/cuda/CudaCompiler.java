package dev.tenrec.cuda;

import dev.tenrec.gpu.BuildFailure;
import dev.tenrec.gpu.ProgramSource;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/** NVRTC: CUDA C in, code for one architecture out. */
final class CudaCompiler {

    /** What is compiled for. */
    private final int architecture;

    /** Whether that is the device itself; otherwise it gets PTX of an older one, which its driver translates. */
    private final boolean exact;

    /**
     * Creates a compiler for devices of a compute capability.
     *
     * @throws dev.tenrec.error.BackendUnavailable if NVRTC no longer knows devices as old as that
     */
    CudaCompiler(int major, int minor) {
        int own = 10 * major + minor;
        int[] count = new int[1];
        check(JNvrtc.nvrtcGetNumSupportedArchs(count));
        int[] all = new int[count[0]];
        check(JNvrtc.nvrtcGetSupportedArchs(all));
        architecture = Arrays.stream(all)
                .filter(one -> one <= own)
                .max()
                .orElseThrow(() -> CudaLibrary.unavailable(
                        "NVRTC " + version() + " does not compile for a device of compute capability " + major + "."
                                + minor,
                        "use a GPU of compute capability "
                                + Arrays.stream(all).min().orElse(0) / 10.0
                                + " or more, or a toolkit that still knows this one"));
        exact = architecture == own;
    }

    static String version() {
        int[] major = new int[1];
        int[] minor = new int[1];
        JNvrtc.nvrtcVersion(major, minor);
        return major[0] + "." + minor[0];
    }

    /**
     * Compiles a program without contraction of products and sums, so that results are those of every other backend.
     *
     * @return a cubin, or PTX with a zero at its end
     * @throws BuildFailure with the log
     */
    byte[] compile(ProgramSource source) {
        String[] options = {"--gpu-architecture=" + (exact ? "sm_" : "compute_") + architecture, "--fmad=false", "-w"};
        nvrtcProgram program = new nvrtcProgram();
        String name = source.name().replace(' ', '_') + ".cu";
        check(JNvrtc.nvrtcCreateProgram(program, source.text(), name, 0, null, null));
        try {
            int code = JNvrtc.nvrtcCompileProgram(program, options.length, options);
            if (code != nvrtcResult.NVRTC_SUCCESS) {
                String[] log = new String[1];
                JNvrtc.nvrtcGetProgramLog(program, log);
                boolean silent = log[0] == null || log[0].isBlank();
                throw new BuildFailure(nvrtcResult.stringFor(code) + "\n" + (silent ? "no log" : log[0]));
            }
            long[] size = new long[1];
            if (exact) {
                check(JNvrtc.nvrtcGetCUBINSize(program, size));
                byte[] cubin = new byte[Math.toIntExact(size[0])];
                check(JNvrtc.nvrtcGetCUBIN(program, cubin));
                return cubin;
            }
            String[] ptx = new String[1];
            check(JNvrtc.nvrtcGetPTX(program, ptx));
            return (ptx[0] + "\0").getBytes(StandardCharsets.US_ASCII);
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
    }

    private static void check(int code) {
        if (code != nvrtcResult.NVRTC_SUCCESS) {
            throw new BuildFailure("NVRTC: " + nvrtcResult.stringFor(code));
        }
    }
}
