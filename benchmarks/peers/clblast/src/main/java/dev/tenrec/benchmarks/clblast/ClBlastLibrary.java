package dev.tenrec.benchmarks.clblast;

import static dev.tenrec.benchmarks.clblast.Native.FLOAT;
import static dev.tenrec.benchmarks.clblast.Native.INT;
import static dev.tenrec.benchmarks.clblast.Native.LONG;
import static dev.tenrec.benchmarks.clblast.Native.POINTER;

import dev.tenrec.benchmarks.work.Library;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Matrix products by CLBlast on the first device of OpenCL, from and into its memory: the parameters are those that
 * CLBlast's database has for the device.
 */
public final class ClBlastLibrary implements Library {
    private static final long ALL_DEVICES = 0xFFFFFFFFL;
    private static final int DEVICE_NAME = 0x102B;
    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;

    /** The signals that the JVM lives on, as Linux numbers them; LLVM, with which PoCL compiles, takes them. */
    private static final int[] SIGNALS = {4, 5, 7, 8, 11, 12};

    private static final int ACTION_BYTES = 256;

    private final Map<Integer, MemorySegment> handlers = new LinkedHashMap<>();
    private final Native.Function sigaction = new Native("libc.so.6").function("sigaction", INT, POINTER, POINTER);

    private final Native opencl = new Native("libOpenCL.so.1");
    private final Native.Function write = transfer("clEnqueueWriteBuffer");
    private final Native.Function read = transfer("clEnqueueReadBuffer");
    private final Native.Function buffer = opencl.maker("clCreateBuffer", POINTER, LONG, LONG, POINTER);
    private final Native.Function release = opencl.function("clReleaseMemObject", POINTER);
    private final Native.Function finish = opencl.function("clFinish", POINTER);
    private final Native.Function gemm = new Native("libclblast.so.1")
            .function(
                    "CLBlastSgemm",
                    INT,
                    INT,
                    INT,
                    LONG,
                    LONG,
                    LONG,
                    FLOAT,
                    POINTER,
                    LONG,
                    LONG,
                    POINTER,
                    LONG,
                    LONG,
                    FLOAT,
                    POINTER,
                    LONG,
                    LONG,
                    POINTER,
                    POINTER);

    private final String device;
    private final MemorySegment context;
    private final MemorySegment queue;

    /** For the service loader. */
    public ClBlastLibrary() {
        for (int signal : SIGNALS) {
            MemorySegment action = Arena.global().allocate(ACTION_BYTES, 16);
            sigaction.call(signal, MemorySegment.NULL, action);
            handlers.put(signal, action);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(POINTER);
            MemorySegment none = MemorySegment.NULL;
            opencl.function("clGetPlatformIDs", INT, POINTER, POINTER).call(1, found, none);
            MemorySegment platform = found.get(ValueLayout.ADDRESS, 0);
            opencl.function("clGetDeviceIDs", POINTER, LONG, INT, POINTER, POINTER)
                    .call(platform, ALL_DEVICES, 1, found, none);
            MemorySegment id = found.get(ValueLayout.ADDRESS, 0);
            MemorySegment name = arena.allocate(256);
            opencl.function("clGetDeviceInfo", POINTER, INT, LONG, POINTER, POINTER)
                    .call(id, DEVICE_NAME, name.byteSize(), name, none);
            device = name.getString(0, StandardCharsets.UTF_8);
            context = opencl.maker("clCreateContext", POINTER, INT, POINTER, POINTER, POINTER)
                    .make(none, 1, found, none, none);
            queue = opencl.maker("clCreateCommandQueue", POINTER, POINTER, LONG).make(context, id, 0L);
        }
        keepSignals();
    }

    private Native.Function transfer(String name) {
        return opencl.function(name, POINTER, POINTER, INT, LONG, LONG, POINTER, INT, POINTER, POINTER);
    }

    private void keepSignals() {
        handlers.forEach((signal, action) -> sigaction.call(signal, action, MemorySegment.NULL));
    }

    @Override
    public String describe() {
        return "CLBlast on " + device;
    }

    @Override
    public Task prepare(Problem problem) {
        if (problem instanceof MatMul product) {
            return new Product(product);
        }
        throw new UnsupportedOperationException("CLBlast multiplies matrices only: " + problem);
    }

    private final class Product implements Task {
        private final MatMul sizes;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment left;
        private final MemorySegment right;
        private final MemorySegment product;
        private final MemorySegment queues = arena.allocate(POINTER);
        private final long count;
        private boolean compiled;

        Product(MatMul sizes) {
            this.sizes = sizes;
            count = (long) sizes.batch() * sizes.rows() * sizes.columns();
            queues.set(ValueLayout.ADDRESS, 0, queue);
            left = filled(sizes.left());
            right = filled(sizes.right());
            product = allocate(count);
        }

        private MemorySegment allocate(long elements) {
            return buffer.make(context, 1L, elements * Float.BYTES, MemorySegment.NULL);
        }

        private MemorySegment filled(float[] values) {
            MemorySegment made = allocate(values.length);
            try (Arena local = Arena.ofConfined()) {
                transfer(write, made, local.allocateFrom(FLOAT, values));
            }
            return made;
        }

        private void transfer(Native.Function how, MemorySegment memory, MemorySegment host) {
            how.call(queue, memory, 1, 0L, host.byteSize(), host, 0, MemorySegment.NULL, MemorySegment.NULL);
        }

        @Override
        public void run() {
            long rows = sizes.rows();
            long columns = sizes.columns();
            long inner = sizes.inner();
            for (long i = 0; i < sizes.batch(); i++) {
                gemm.call(
                        ROW_MAJOR,
                        sizes.leftTransposed() ? TRANSPOSED : PLAIN,
                        sizes.rightTransposed() ? TRANSPOSED : PLAIN,
                        rows,
                        columns,
                        inner,
                        1f,
                        left,
                        i * rows * inner,
                        sizes.leftTransposed() ? rows : inner,
                        right,
                        i * inner * columns,
                        sizes.rightTransposed() ? inner : columns,
                        0f,
                        product,
                        i * rows * columns,
                        columns,
                        queues,
                        MemorySegment.NULL);
            }
            finish.call(queue);
            if (!compiled) {
                // The first call has compiled its kernels.
                keepSignals();
                compiled = true;
            }
        }

        @Override
        public float[] result() {
            try (Arena local = Arena.ofConfined()) {
                MemorySegment host = local.allocate(count * Float.BYTES, Float.BYTES);
                transfer(read, product, host);
                return host.toArray(FLOAT);
            }
        }

        @Override
        public void close() {
            release.call(left);
            release.call(right);
            release.call(product);
            arena.close();
        }
    }
}
