package dev.tenrec.benchmarks.openblas;

import dev.tenrec.benchmarks.work.Library;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/** Matrix products by OpenBLAS, into memory that was allocated before: it pays for the arithmetic alone. */
public final class OpenBlasLibrary implements Library {

    /** For the service loader. Gives OpenBLAS as many threads as there are processors. */
    public OpenBlasLibrary() {
        Loader.load(openblas_nolapack.class);
        org.bytedeco.openblas.presets.openblas_nolapack.blas_set_num_threads(
                Runtime.getRuntime().availableProcessors());
    }

    @Override
    public String describe() {
        return text("openblas_get_config") + ", runs as " + text("openblas_get_corename") + ", "
                + org.bytedeco.openblas.presets.openblas_nolapack.blas_get_num_threads() + " threads";
    }

    /** Calls a function of OpenBLAS that the Java binding lacks: no arguments, returns a constant text. */
    @SuppressWarnings("restricted") // Native calls are what this class is for.
    private static String text(String function) {
        // The name under which the binding has loaded it, so this finds the same copy.
        SymbolLookup library = SymbolLookup.libraryLookup("libopenblas.so.0", Arena.global());
        try {
            MemorySegment text = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(library.findOrThrow(function), FunctionDescriptor.of(ValueLayout.ADDRESS))
                    .invokeExact();
            return text.reinterpret(Long.MAX_VALUE).getString(0).strip();
        } catch (Throwable e) {
            throw new IllegalStateException("OpenBLAS does not answer " + function, e);
        }
    }

    @Override
    public Task prepare(Problem problem) {
        if (problem instanceof MatMul product) {
            return new Product(product);
        }
        throw new UnsupportedOperationException("OpenBLAS multiplies matrices only: " + problem);
    }

    private static final class Product implements Task {
        private static final int ALIGNMENT = 64;

        private final MatMul sizes;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment result;
        private final FloatPointer[] lefts;
        private final FloatPointer[] rights;
        private final FloatPointer[] products;

        Product(MatMul sizes) {
            this.sizes = sizes;
            result = allocate(sizes.batch() * sizes.rows() * sizes.columns());
            lefts = pointers(copy(sizes.left()), sizes.rows() * sizes.inner());
            rights = pointers(copy(sizes.right()), sizes.inner() * sizes.columns());
            products = pointers(result, sizes.rows() * sizes.columns());
        }

        private MemorySegment allocate(int count) {
            return arena.allocate((long) Float.BYTES * count, ALIGNMENT);
        }

        private MemorySegment copy(float[] values) {
            return allocate(values.length).copyFrom(MemorySegment.ofArray(values));
        }

        private FloatPointer[] pointers(MemorySegment matrices, int elements) {
            FloatPointer[] pointers = new FloatPointer[sizes.batch()];
            long bytes = (long) Float.BYTES * elements;
            for (int i = 0; i < pointers.length; i++) {
                pointers[i] = new FloatPointer(matrices.asSlice(i * bytes, bytes)
                        .asByteBuffer()
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer());
            }
            return pointers;
        }

        @Override
        public void run() {
            int left = sizes.leftTransposed() ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans;
            int right = sizes.rightTransposed() ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans;
            for (int i = 0; i < products.length; i++) {
                openblas_nolapack.cblas_sgemm(
                        openblas_nolapack.CblasRowMajor,
                        left,
                        right,
                        sizes.rows(),
                        sizes.columns(),
                        sizes.inner(),
                        1,
                        lefts[i],
                        sizes.leftTransposed() ? sizes.rows() : sizes.inner(),
                        rights[i],
                        sizes.rightTransposed() ? sizes.inner() : sizes.columns(),
                        0,
                        products[i],
                        sizes.columns());
            }
        }

        @Override
        public float[] result() {
            return result.toArray(ValueLayout.JAVA_FLOAT);
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
