package dev.tenrec.cpu;

/**
 * A product {@code result[row, position] = Σ weight[row, d] · image[position + shift[d]]} over all examples: a
 * convolution, or a part of the gradient of its input.
 *
 * @param groups groups of channels
 * @param rows channels of the result in a group
 * @param depth elements of the sum
 * @param shifts where a sum's elements lie in an image, beside its position; of the first group
 * @param groupShift what is added to that from one group to the next
 * @param weightAt where its factors lie in a row of the weight, in elements
 * @param rowStride distance of two rows of the weight
 * @param groupStride distance of two groups of the weight
 * @param counts positions along each axis
 * @param targetStart where the first position of the first row lies in the result
 * @param targetStrides distances of two examples, two rows, and two positions along each axis
 */
record ConvolutionColumns(
        int groups,
        int rows,
        int depth,
        int[] shifts,
        int groupShift,
        long[] weightAt,
        long rowStride,
        long groupStride,
        int[] counts,
        long targetStart,
        long[] targetStrides) {

    private static final int AXES = ConvolutionSizes.AXES;

    /** The whole convolution. */
    static ConvolutionColumns forward(
            ConvolutionSizes sizes, ImageLayout layout, ConvolutionSizes.Image w, ConvolutionSizes.Image y) {
        int taps = sizes.taps();
        int depth = ConvolutionSizes.size((long) sizes.channels() * taps);
        int[] shifts = new int[depth];
        long[] weightAt = new long[depth];
        int[] k = new int[AXES];
        for (int d = 0; d < depth; d++) {
            unflatten(d % taps, sizes.kernel(), k);
            shifts[d] = d / taps * layout.channel();
            weightAt[d] = d / taps * w.strides()[1];
            for (int i = 0; i < AXES; i++) {
                shifts[d] += layout.at(i, k[i] * sizes.dilation()[i]);
                weightAt[d] += k[i] * w.strides()[2 + i];
            }
        }
        return new ConvolutionColumns(
                sizes.groups(),
                sizes.outputs(),
                depth,
                shifts,
                sizes.channels() * layout.channel(),
                weightAt,
                w.strides()[0],
                sizes.outputs() * w.strides()[0],
                sizes.output(),
                y.offset(),
                y.strides());
    }

    /**
     * The gradient by those positions of the input whose remainders by the strides are given. They read the elements of
     * the kernel of one remainder each, so that nothing is multiplied by the zeros between the upstream's elements.
     */
    static ConvolutionColumns inputGradient(
            ConvolutionSizes sizes,
            int[] remainder,
            ImageLayout layout,
            ConvolutionSizes.Image w,
            ConvolutionSizes.Image x) {
        int taps = sizes.taps();
        int most = ConvolutionSizes.size((long) sizes.outputs() * taps);
        int[] shifts = new int[most];
        long[] weightAt = new long[most];
        int[] k = new int[AXES];
        int depth = 0;
        for (int d = 0; d < most; d++) {
            unflatten(d % taps, sizes.kernel(), k);
            shifts[depth] = d / taps * layout.channel();
            weightAt[depth] = d / taps * w.strides()[0];
            boolean reads = true;
            for (int i = 0; i < AXES; i++) {
                int stride = sizes.stride()[i];
                int distance = remainder[i] + sizes.before()[i] - k[i] * sizes.dilation()[i];
                reads &= distance % stride == 0;
                shifts[depth] += (distance / stride + layout.before()[i]) * layout.stride()[i];
                weightAt[depth] += k[i] * w.strides()[2 + i];
            }
            depth += reads ? 1 : 0;
        }
        int[] counts = new int[AXES];
        long[] strides = x.strides().clone();
        long start = x.offset();
        for (int i = 0; i < AXES; i++) {
            counts[i] = Math.max(0, Math.ceilDiv(sizes.input()[i] - remainder[i], sizes.stride()[i]));
            start += remainder[i] * strides[2 + i];
            strides[2 + i] *= sizes.stride()[i];
        }
        return new ConvolutionColumns(
                sizes.groups(),
                sizes.channels(),
                depth,
                shifts,
                sizes.outputs() * layout.channel(),
                weightAt,
                w.strides()[1],
                sizes.outputs() * w.strides()[0],
                counts,
                start,
                strides);
    }

    static void unflatten(int flat, int[] sizes, int[] index) {
        int rest = flat;
        for (int i = AXES - 1; i >= 0; i--) {
            index[i] = rest % sizes[i];
            rest /= sizes[i];
        }
    }

    /** Positions of an example. */
    int positions() {
        return ConvolutionSizes.product(counts);
    }

    /**
     * Says where the columns from {@code first} on read and write, columns being the positions of all examples.
     *
     * @param imageStride distance of two examples in the array of images
     * @param from takes where each column reads, without shifts
     * @param to takes where each column's first row lies in the result
     */
    void locate(int first, int count, ImageLayout layout, int imageStride, int[] from, long[] to) {
        int positions = positions();
        int[] at = new int[AXES];
        int image = first / positions;
        unflatten(first % positions, counts, at);
        for (int j = 0; j < count; j++) {
            int source = image * imageStride;
            long target = targetStart + image * targetStrides[0];
            for (int i = 0; i < AXES; i++) {
                source += at[i] * layout.stride()[i];
                target += at[i] * targetStrides[2 + i];
            }
            from[j] = source;
            to[j] = target;
            int axis = AXES - 1;
            while (axis >= 0 && ++at[axis] == counts[axis]) {
                at[axis--] = 0;
            }
            image += axis < 0 ? 1 : 0;
        }
    }
}
