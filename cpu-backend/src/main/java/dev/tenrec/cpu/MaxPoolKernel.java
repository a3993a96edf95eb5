package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;

/** Runs {@link Kernel.MaxPool} and its gradient, image by image in arrays that stay in the first-level cache. */
final class MaxPoolKernel implements CompiledKernel {
    private static final int AXES = 3;

    /** Elements of images that one task takes. */
    private static final int TASK = 1 << 14;

    private final DType dtype;
    private final int axes;
    private final boolean gradient;
    private final Workers workers;

    MaxPoolKernel(DType dtype, int axes, boolean gradient, Workers workers) {
        this.dtype = dtype;
        this.axes = axes;
        this.gradient = gradient;
        this.workers = workers;
    }

    @Override
    public void run(Launch launch) {
        Layout x = launch.inputs().get(0).layout();
        Layout y = (gradient ? launch.inputs().get(1) : launch.outputs().get(0)).layout();
        int batch = ConvolutionSizes.size(x.shape().size(0));
        if (batch == 0) {
            return;
        }
        Images images = new Images(launch, x, y);
        int perTask = Math.max(1, TASK / Math.max(1, images.inCount));
        workers.parallel(Math.ceilDiv(batch, perTask), task -> {
            Workspace local = workers.workspaces().acquire();
            images.run(local, task * perTask, (int) Math.min(batch, (task + 1L) * perTask));
            workers.workspaces().release(local);
        });
    }

    /** Sizes of three spatial axes, the first ones 1 where there are fewer, and the memory of a launch. */
    private final class Images {
        private final Launch launch;
        private final int[] in = new int[AXES];
        private final int[] out = new int[AXES];
        private final int[] step = new int[AXES];
        private final int[] taps;

        /** Whether windows have 2 by 2 elements and lie side by side, without any gap or overlap along rows. */
        private final boolean pairs;

        final int inCount;
        final int outCount;

        Images(Launch launch, Layout x, Layout y) {
            this.launch = launch;
            int[] size = new int[AXES];
            int[] dilation = new int[AXES];
            for (int i = 0; i < AXES; i++) {
                int axis = i - (AXES - axes);
                boolean real = axis >= 0;
                in[i] = real ? ConvolutionSizes.size(x.shape().size(1 + axis)) : 1;
                out[i] = real ? ConvolutionSizes.size(y.shape().size(1 + axis)) : 1;
                size[i] = real ? ConvolutionSizes.size(launch.params()[axis]) : 1;
                step[i] = real ? ConvolutionSizes.size(launch.params()[axes + axis]) : 1;
                dilation[i] = real ? ConvolutionSizes.size(launch.params()[2 * axes + axis]) : 1;
            }
            inCount = ConvolutionSizes.product(in);
            outCount = ConvolutionSizes.product(out);
            pairs = size[0] == 1
                    && size[1] == 2
                    && size[2] == 2
                    && dilation[1] == 1
                    && dilation[2] == 1
                    && step[1] >= 2
                    && step[2] == 2;
            taps = new int[ConvolutionSizes.product(size)];
            int[] k = new int[AXES];
            for (int t = 0; t < taps.length; t++) {
                ConvolutionColumns.unflatten(t, size, k);
                taps[t] = (k[0] * dilation[0] * in[1] + k[1] * dilation[1]) * in[2] + k[2] * dilation[2];
            }
        }

        void run(Workspace local, int start, int end) {
            MaxPoolArrays arrays = dtype == DType.F32 ? new FloatMaxPool() : new DoubleMaxPool();
            arrays.reserve(local, inCount, outCount);
            Operand output = launch.outputs().get(0);
            MemorySegment memory = Binding.memory(output);
            for (int image = start; image < end; image++) {
                read(arrays, MaxPoolArrays.X, launch.inputs().get(0), image, in);
                if (gradient) {
                    read(arrays, MaxPoolArrays.Y, launch.inputs().get(1), image, out);
                    read(arrays, MaxPoolArrays.G, launch.inputs().get(2), image, out);
                    arrays.clear(inCount);
                }
                windows(arrays);
                int count = gradient ? inCount : outCount;
                arrays.write(gradient, memory, output.layout().offset() + (long) image * count, count);
            }
        }

        private void windows(MaxPoolArrays arrays) {
            for (int i = 0; i < out[0]; i++) {
                for (int j = 0; j < out[1]; j++) {
                    int from = (i * step[0] * in[1] + j * step[1]) * in[2];
                    int to = (i * out[1] + j) * out[2];
                    if (pairs && gradient) {
                        arrays.backwardPairs(from, in[2], out[2], taps, to);
                    } else if (pairs) {
                        arrays.forwardPairs(from, in[2], out[2], taps, to);
                    } else if (gradient) {
                        arrays.backward(from, step[2], out[2], taps, to);
                    } else {
                        arrays.forward(from, step[2], out[2], taps, to);
                    }
                }
            }
        }

        /** An image of an operand, at once where it is dense and row by row where it is not. */
        private void read(MaxPoolArrays arrays, int array, Operand operand, int image, int[] sizes) {
            Layout layout = operand.layout();
            MemorySegment memory = Binding.memory(operand);
            long[] strides = new long[AXES];
            boolean dense = true;
            long expected = 1;
            for (int i = AXES - 1; i >= 0; i--) {
                int axis = i - (AXES - axes);
                strides[i] = axis >= 0 ? layout.stride(1 + axis) : 0;
                dense &= sizes[i] == 1 || strides[i] == expected;
                expected *= sizes[i];
            }
            long first = layout.offset() + image * layout.stride(0);
            if (dense) {
                arrays.read(array, memory, first, 1, (int) expected, 0);
                return;
            }
            for (int i = 0; i < sizes[0]; i++) {
                for (int j = 0; j < sizes[1]; j++) {
                    long row = first + i * strides[0] + j * strides[1];
                    arrays.read(array, memory, row, strides[2], sizes[2], (i * sizes[1] + j) * sizes[2]);
                }
            }
        }
    }
}
