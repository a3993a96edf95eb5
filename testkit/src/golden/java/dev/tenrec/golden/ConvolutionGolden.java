package dev.tenrec.golden;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Convolutions, pooling, upsampling and normalisations with their gradients as libtorch computes them; run with
 * {@code -Dgolden=ConvolutionGolden}.
 */
public final class ConvolutionGolden {

    private static final String[] MODES = {"constant", "reflect", "replicate", "circular"};

    private final Libtorch golden = new Libtorch(4);
    private int count;

    private ConvolutionGolden() {}

    /**
     * Writes {@code convolution/convolution.npz}.
     *
     * @param args the folder of golden values
     * @throws IOException if it cannot be written
     */
    public static void main(String[] args) throws IOException {
        ConvolutionGolden program = new ConvolutionGolden();
        program.convolutions();
        program.transposed();
        program.pools();
        program.norms();
        program.golden.write(Path.of(args[0], "convolution", "convolution.npz"));
    }

    private static long[] n(long... numbers) {
        return numbers;
    }

    private void convolutions() {
        conv(n(2, 3, 7), n(4, 3, 3), n(1), n(0), n(1), 1, 0);
        conv(n(2, 3, 8), n(4, 3, 3), n(2), n(1), n(1), 1, 0);
        conv(n(1, 2, 11), n(3, 2, 4), n(3), n(2), n(2), 1, 0);
        conv(n(2, 4, 9), n(6, 2, 3), n(1), n(1), n(2), 2, 0);
        conv(n(2, 3, 9), n(3, 3, 5), n(1), n(3), n(1), 1, 1);
        conv(n(2, 3, 9), n(3, 3, 3), n(2), n(2), n(1), 1, 3);
        conv(n(2, 3, 5, 6), n(4, 3, 3, 3), n(1, 1), n(0, 0), n(1, 1), 1, 0);
        conv(n(2, 3, 5, 6), n(4, 3, 3, 3), n(1, 1), n(1, 1), n(1, 1), 1, 0);
        conv(n(2, 3, 9, 8), n(5, 3, 3, 3), n(2, 2), n(1, 1), n(1, 1), 1, 0);
        conv(n(2, 3, 9, 10), n(2, 3, 3, 2), n(2, 3), n(0, 2), n(1, 1), 1, 0);
        conv(n(1, 2, 11, 9), n(3, 2, 3, 3), n(1, 1), n(2, 2), n(2, 2), 1, 0);
        conv(n(2, 2, 12, 11), n(3, 2, 3, 2), n(2, 1), n(3, 0), n(3, 2), 1, 0);
        conv(n(2, 4, 6, 5), n(6, 2, 3, 3), n(1, 1), n(1, 1), n(1, 1), 2, 0);
        conv(n(2, 4, 6, 7), n(4, 1, 3, 3), n(1, 1), n(1, 1), n(1, 1), 4, 0);
        conv(n(2, 3, 7, 7), n(6, 1, 3, 3), n(2, 2), n(1, 1), n(1, 1), 3, 0);
        conv(n(2, 5, 4, 4), n(3, 5, 1, 1), n(1, 1), n(0, 0), n(1, 1), 1, 0);
        conv(n(2, 5, 5, 4), n(3, 5, 1, 1), n(2, 2), n(0, 0), n(1, 1), 1, 0);
        conv(n(1, 2, 4, 5), n(3, 2, 4, 5), n(1, 1), n(0, 0), n(1, 1), 1, 0);
        conv(n(2, 2, 3, 3), n(2, 2, 5, 5), n(1, 1), n(4, 4), n(1, 1), 1, 0);
        conv(n(2, 2, 6, 5), n(3, 2, 3, 3), n(1, 1), n(2, 1), n(1, 1), 1, 1);
        conv(n(2, 2, 6, 5), n(3, 2, 3, 3), n(2, 1), n(2, 2), n(1, 1), 1, 2);
        conv(n(2, 2, 6, 5), n(4, 1, 3, 3), n(1, 2), n(1, 3), n(2, 1), 2, 3);
        conv(n(2, 2, 6, 6), n(2, 2, 1, 1), n(3, 3), n(2, 2), n(1, 1), 1, 0);
        conv(n(2, 2, 4, 5, 6), n(3, 2, 2, 3, 3), n(1, 1, 1), n(0, 1, 1), n(1, 1, 1), 1, 0);
        conv(n(1, 4, 5, 5, 4), n(4, 2, 3, 2, 2), n(2, 1, 2), n(1, 0, 1), n(1, 2, 1), 2, 0);
        same(n(2, 2, 7), n(3, 2, 4), n(1));
        same(n(2, 2, 6, 7), n(3, 2, 4, 3), n(2, 3));
    }

    private void options(String name, long axes, long kind, long groups, long mode, long[]... perAxis) {
        long[] all = {axes, kind, groups, mode};
        for (long[] numbers : perAxis) {
            int length = all.length;
            all = Arrays.copyOf(all, length + numbers.length);
            System.arraycopy(numbers, 0, all, length, numbers.length);
        }
        golden.put(name + ".options", all, all.length);
    }

    private void conv(long[] input, long[] kernel, long[] stride, long[] padding, long[] dilation, long groups, int m) {
        String name = "conv" + count++;
        Tensor x = golden.leaf(input);
        Tensor w = golden.leaf(kernel);
        Tensor bias = golden.leaf(kernel[0]);
        long[] inside = padding;
        Tensor padded = x;
        if (m > 0) {
            inside = new long[padding.length];
            long[] pads = new long[2 * padding.length];
            for (int i = 0; i < pads.length; i++) {
                pads[i] = padding[padding.length - 1 - i / 2];
            }
            padded = torch.pad(x, pads, MODES[m], new DoubleOptional());
        }
        TensorOptional b = new TensorOptional(bias);
        Tensor y = switch (padding.length) {
            case 1 -> torch.conv1d(padded, w, b, stride, inside, dilation, groups);
            case 2 -> torch.conv2d(padded, w, b, stride, inside, dilation, groups);
            default -> torch.conv3d(padded, w, b, stride, inside, dilation, groups);
        };
        options(name, padding.length, 0, groups, m, stride, padding, dilation, new long[padding.length]);
        keep(name, y, x, w, bias);
    }

    private void same(long[] input, long[] kernel, long[] dilation) {
        String name = "conv" + count++;
        Tensor x = golden.leaf(input);
        Tensor w = golden.leaf(kernel);
        Tensor bias = golden.leaf(kernel[0]);
        int axes = dilation.length;
        long[] ones = new long[axes];
        Arrays.fill(ones, 1);
        TensorOptional b = new TensorOptional(bias);
        Tensor y = axes == 1
                ? torch.conv1d(x, w, b, ones, "same", dilation, 1)
                : torch.conv2d(x, w, b, ones, "same", dilation, 1);
        options(name, axes, 2, 1, 0, ones, new long[axes], dilation, new long[axes]);
        keep(name, y, x, w, bias);
    }

    private void transposed() {
        convTranspose(n(2, 3, 5), n(3, 4, 3), n(1), n(0), n(1), 1, n(0));
        convTranspose(n(2, 4, 5), n(4, 2, 4), n(3), n(1), n(1), 2, n(2));
        convTranspose(n(1, 2, 5), n(2, 3, 3), n(2), n(3), n(2), 1, n(1));
        convTranspose(n(2, 3, 4, 5), n(3, 2, 3, 3), n(1, 1), n(1, 1), n(1, 1), 1, n(0, 0));
        convTranspose(n(2, 3, 4, 3), n(3, 2, 3, 3), n(2, 2), n(1, 1), n(1, 1), 1, n(1, 1));
        convTranspose(n(2, 4, 4, 3), n(4, 1, 2, 3), n(2, 1), n(0, 2), n(1, 2), 4, n(0, 1));
        convTranspose(n(2, 4, 3, 3), n(4, 3, 2, 2), n(3, 3), n(0, 0), n(1, 1), 2, n(0, 2));
    }

    private void convTranspose(
            long[] input, long[] kernel, long[] stride, long[] padding, long[] dilation, long groups, long[] more) {
        String name = "conv" + count++;
        Tensor x = golden.leaf(input);
        Tensor w = golden.leaf(kernel);
        Tensor bias = golden.leaf(kernel[1] * groups);
        TensorOptional b = new TensorOptional(bias);
        Tensor y = padding.length == 1
                ? torch.conv_transpose1d(x, w, b, stride, padding, more, groups, dilation)
                : torch.conv_transpose2d(x, w, b, stride, padding, more, groups, dilation);
        options(name, padding.length, 1, groups, 0, stride, padding, dilation, more);
        keep(name, y, x, w, bias);
    }

    private void pools() {
        Tensor x = golden.leaf(2, 3, 9);
        keep("max1", torch.max_pool1d(x, n(3), n(2), n(1), n(1), false), x);
        x = golden.leaf(2, 3, 9);
        keep("average1", torch.avg_pool1d(x, n(3), n(2), n(1), false, true), x);
        x = golden.leaf(2, 3, 8, 7);
        keep("max2", torch.max_pool2d(x, n(2, 2), n(2, 2), n(0, 0), n(1, 1), false), x);
        x = golden.leaf(2, 3, 8, 9);
        keep("max2Overlap", torch.max_pool2d(x, n(3, 2), n(2, 1), n(1, 1), n(2, 1), false), x);
        x = golden.leaf(2, 3, 8, 7);
        keep("average2", torch.avg_pool2d(x, n(3, 2), n(2, 2), n(1, 1), false, true, new LongOptional()), x);
        x = golden.leaf(2, 3, 8, 7);
        keep("average2Inner", torch.avg_pool2d(x, n(3, 2), n(2, 2), n(1, 1), false, false, new LongOptional()), x);
        x = golden.leaf(2, 2, 5, 4, 6);
        keep("max3", torch.max_pool3d(x, n(2, 2, 3), n(2, 1, 2), n(1, 0, 1), n(1, 1, 1), false), x);
        x = golden.leaf(2, 3, 7);
        keep("adaptive1", torch.adaptive_avg_pool1d(x, 3), x);
        x = golden.leaf(2, 3, 7, 8);
        keep("adaptive2", torch.adaptive_avg_pool2d(x, 3, 4), x);
        x = golden.leaf(2, 3, 7, 8);
        keep("adaptiveMax2", torch.adaptive_max_pool2d(x, 3, 4).get0(), x);
        x = golden.leaf(2, 3, 4, 3);
        keep("nearest2", torch.upsample_nearest2d(x, 8, 9), x);
        x = golden.leaf(2, 3, 4, 3);
        keep("bilinear2", torch.upsample_bilinear2d(x, n(12, 6), false), x);
        x = golden.leaf(2, 3, 5);
        keep("linear1", torch.upsample_linear1d(x, n(20), false), x);
    }

    private void norms() {
        batchNorm("batch1", golden.leaf(5, 3, 4));
        batchNorm("batch2", golden.leaf(3, 3, 2, 4));
        Tensor x = golden.leaf(3, 6, 4);
        Tensor w = golden.leaf(6);
        Tensor b = golden.leaf(6);
        keep("group", torch.group_norm(x, 2, some(w), some(b), 1e-5, false), x, w, b);
        x = golden.leaf(3, 2, 4, 5);
        w = golden.leaf(4, 5);
        b = golden.leaf(4, 5);
        keep("layer", torch.layer_norm(x, n(4, 5), some(w), some(b), 1e-5, false), x, w, b);
        x = golden.leaf(3, 2, 6);
        w = golden.leaf(6);
        keep("rms", torch.rms_norm(x, n(6), some(w), new DoubleOptional(1e-5)), x, w);
        x = golden.leaf(3, 2, 3, 4);
        w = golden.leaf(2);
        b = golden.leaf(2);
        TensorOptional none = new TensorOptional();
        keep("instance", torch.instance_norm(x, some(w), some(b), none, none, true, 0.1, 1e-5, false), x, w, b);
        Tensor left = golden.leaf(4, 3);
        Tensor right = golden.leaf(4, 5);
        w = golden.leaf(2, 3, 5);
        b = golden.leaf(2);
        keep("bilinear", torch.bilinear(left, right, w, some(b)), left, right, w, b);
    }

    private void batchNorm(String name, Tensor x) {
        Tensor w = golden.leaf(3);
        Tensor b = golden.leaf(3);
        Tensor mean = Libtorch.of(new double[] {0.1, -0.2, 0.3}, 3);
        Tensor variance = Libtorch.of(new double[] {0.5, 1, 2}, 3);
        golden.put(
                name + ".evaluated",
                torch.batch_norm(x, some(w), some(b), some(mean), some(variance), false, 0.3, 1e-5, false));
        Tensor y = torch.batch_norm(x, some(w), some(b), some(mean), some(variance), true, 0.3, 1e-5, false);
        golden.put(name + ".mean", mean);
        golden.put(name + ".variance", variance);
        keep(name, y, x, w, b);
    }

    private static TensorOptional some(Tensor tensor) {
        return new TensorOptional(tensor);
    }

    /** Keeps inputs, the output, and the inputs' gradients of the output weighted by random numbers. */
    private void keep(String name, Tensor output, Tensor... inputs) {
        Tensor upstream = golden.leaf(output.sizes().vec().get()).detach();
        golden.put(name + ".output", output);
        golden.put(name + ".upstream", upstream);
        output.mul(upstream).sum().backward();
        for (int i = 0; i < inputs.length; i++) {
            golden.put(name + ".input" + i, inputs[i]);
            golden.put(name + ".gradient" + i, inputs[i].grad());
        }
    }
}
