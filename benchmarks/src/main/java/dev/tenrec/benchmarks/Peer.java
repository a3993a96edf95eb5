package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.Sizes;
import dev.tenrec.benchmarks.work.Softmax;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The other libraries that a user could have picked, and what makes each of them fast: without it some are several times
 * slower. Their code is in modules of their own, see {@link PeerLaunch}.
 */
enum Peer {
    /** OpenBLAS: matrix products only. */
    OPENBLAS(EnumSet.of(Topic.MATMUL)) {
        @Override
        void tune(Tuning tuning) {
            tuning.forceCore();
        }
    },
    /** Intel's oneDNN: products, elementwise, reductions, softmax. */
    ONEDNN(EnumSet.of(Topic.MATMUL, Topic.MAP, Topic.REDUCE, Topic.SOFTMAX)) {
        @Override
        boolean supports(Topic topic, Problem problem) {
            // It has no negative log-likelihood.
            return super.supports(topic, problem)
                    && !(problem instanceof Softmax softmax && softmax.op() == Softmax.Op.LOG_SOFTMAX_NLL);
        }

        @Override
        void tune(Tuning tuning) {
            // Results go to memory that exists, and it takes the processor for what it is.
        }
    },
    /** CLBlast, on OpenCL's first device: products only. To be compared with the OpenCL backend. */
    CLBLAST(EnumSet.of(Topic.MATMUL)) {
        @Override
        void tune(Tuning tuning) {
            // Its database has the parameters of devices.
        }
    },
    /** PyTorch's C++ library through bytedeco's binding. */
    LIBTORCH(EnumSet.allOf(Topic.class)) {
        @Override
        void tune(Tuning tuning) {
            tuning.keepFreedPages();
            tuning.shareOpenMpThreads();
            tuning.forceCore();
        }
    },
    /** ND4J and Deeplearning4j: dense layers only; its recurrent ones are loops in Java, and it has no GRU. */
    ND4J(EnumSet.complementOf(EnumSet.of(Topic.CNN, Topic.LSTM, Topic.GRU))) {
        @Override
        void tune(Tuning tuning) {
            tuning.shareOpenMpThreads();
            tuning.forceCore();
            String wide = ProcessorFlags.avx512() && !tuning.avx2Only() ? "avx512" : "avx2";
            if (ProcessorFlags.all().contains("avx2")) {
                tuning.flag("-Dorg.bytedeco.javacpp.platform.extension=-onednn-" + wide);
            }
            tuning.flag("-Dtenrec.benchmarks.tuned=true");
        }
    },
    /** The Deep Java Library with its PyTorch engine. */
    DJL(EnumSet.allOf(Topic.class)) {
        @Override
        void tune(Tuning tuning) {
            tuning.keepFreedPages();
            tuning.flag("-Dai.djl.pytorch.num_interop_threads=1");
        }
    };

    /** Ends the name of a library that runs as it comes, for those that gain from tuning. */
    static final String PUBLISHED = "-published";

    private final Set<Topic> topics;

    Peer(Set<Topic> topics) {
        this.topics = topics;
    }

    /** Notes what makes the library fast. */
    abstract void tune(Tuning tuning);

    /** {@return whether the library can do the work} */
    boolean supports(Topic topic, Problem problem) {
        return topics.contains(topic);
    }

    /** {@return whether it has something for a topic} */
    boolean supports(Topic topic) {
        return topics.contains(topic);
    }

    /** {@return the name in options and tables} */
    String label() {
        return Sizes.label(this);
    }

    /**
     * Environment and flags of the JVM that a library runs in.
     *
     * @param environment variables; what the user has set is left alone
     * @param flags of the JVM
     * @param missing what would make the library faster but is not installed
     * @param avx2Only whether libraries are held to AVX2, like Java with -XX:UseAVX=2
     */
    record Tuning(Map<String, String> environment, List<String> flags, List<String> missing, boolean avx2Only) {

        private static final String PRELOAD = "LD_PRELOAD";

        Tuning(boolean avx2Only) {
            this(new LinkedHashMap<>(), new java.util.ArrayList<>(), new java.util.ArrayList<>(), avx2Only);
        }

        /** {@return whether another run would be the same} */
        boolean sameAs(Tuning other) {
            return environment.equals(other.environment) && flags.equals(other.flags);
        }

        void flag(String flag) {
            flags.add(flag);
        }

        /**
         * OpenBLAS takes AMD's processors with AVX-512 for older ones and runs at half its speed. With
         * {@code -XX:UseAVX=2} it is held to AVX2 like Java, also where it is right by itself.
         */
        void forceCore() {
            String core = coreType(ProcessorFlags.avx512(), ProcessorFlags.amd(), avx2Only);
            if (!core.isEmpty()) {
                environment.put("OPENBLAS_CORETYPE", core);
            }
        }

        /** {@return the core type to force, empty to leave the choice to OpenBLAS} */
        static String coreType(boolean avx512, boolean amd, boolean avx2Only) {
            if (!avx512) {
                return "";
            }
            if (avx2Only) {
                return "HASWELL";
            }
            return amd ? "SKYLAKEX" : "";
        }

        /** glibc gives large blocks back at once, so that each result starts with page faults. */
        void keepFreedPages() {
            preload("libjemalloc.so.2", "libjemalloc2", library -> {
                environment.put("MALLOC_CONF", "dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always");
            });
        }

        /** A BLAS with threads of its own spins against those of OpenMP; this one shares them. */
        void shareOpenMpThreads() {
            preload("openblas-openmp/libopenblas.so.0", "libopenblas0-openmp", _ -> {});
        }

        private void preload(String file, String debianPackage, Consumer<String> then) {
            NativeFiles.find(file)
                    .ifPresentOrElse(
                            library -> {
                                environment.merge(PRELOAD, library, (first, second) -> first + ":" + second);
                                then.accept(library);
                            },
                            () -> missing.add(file + " (Debian package " + debianPackage + ")"));
        }
    }
}
