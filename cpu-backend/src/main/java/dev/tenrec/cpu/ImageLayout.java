package dev.tenrec.cpu;

/**
 * How padded examples lie in an array, so that neighbouring results of a convolution read neighbouring elements.
 *
 * <p>An axis of which every {@code step}-th position is read is dealt to {@code step} planes: padded position u is
 * element {@code u / step} of plane {@code u % step}. What a kernel's element contributes to all results then is the
 * image moved by one number, whatever the stride and the dilation are.
 *
 * @param size sizes of the image as it is in memory
 * @param before zeros before it
 * @param limit positions that are read, with padding; the image is cut there
 * @param step planes of each axis
 * @param stride distance of two neighbours in a plane
 * @param planeStride distance of two planes of an axis
 * @param channel elements of a channel
 */
record ImageLayout(int[] size, int[] before, int[] limit, int[] step, int[] stride, int[] planeStride, int channel) {

    private static final int AXES = ConvolutionSizes.AXES;

    /** Vectors that begin inside of a channel end before the next one's image. */
    static final int SLACK = 16;

    static ImageLayout of(int[] size, int[] before, int[] limit, int[] step) {
        int[] stride = new int[AXES];
        int[] planeStride = new int[AXES];
        long at = 1;
        for (int i = AXES - 1; i >= 0; i--) {
            stride[i] = ConvolutionSizes.size(at);
            at *= Math.ceilDiv(limit[i], step[i]);
        }
        for (int i = AXES - 1; i >= 0; i--) {
            planeStride[i] = ConvolutionSizes.size(at);
            at *= step[i];
        }
        return new ImageLayout(size, before, limit, step, stride, planeStride, ConvolutionSizes.size(at + SLACK));
    }

    /** What a convolution reads of its input. */
    static ImageLayout ofInput(ConvolutionSizes sizes) {
        int[] limit = new int[AXES];
        for (int i = 0; i < AXES; i++) {
            long last = (sizes.output()[i] - 1L) * sizes.stride()[i] + (sizes.kernel()[i] - 1L) * sizes.dilation()[i];
            limit[i] = ConvolutionSizes.size(Math.max(0, last + 1));
        }
        return of(sizes.input(), sizes.before(), limit, sizes.stride());
    }

    /** What the gradient of the input reads of the output's gradient. */
    static ImageLayout ofUpstream(ConvolutionSizes sizes) {
        int[] before = new int[AXES];
        int[] limit = new int[AXES];
        int[] step = new int[AXES];
        for (int i = 0; i < AXES; i++) {
            int stride = sizes.stride()[i];
            before[i] = ConvolutionSizes.size((sizes.kernel()[i] - 1L) * sizes.dilation()[i] / stride);
            long last = (sizes.input()[i] - 1L + sizes.before()[i]) / stride + before[i];
            limit[i] = ConvolutionSizes.size(Math.max(0, last + 1));
            step[i] = 1;
        }
        return of(sizes.output(), before, limit, step);
    }

    /** An image of that size, without padding, whose rows lie as far apart as in this layout. */
    ImageLayout beside(int[] size) {
        int[] none = new int[AXES];
        int[] single = {1, 1, 1};
        long length = 1;
        for (int i = 0; i < AXES; i++) {
            length += (size[i] - 1L) * stride[i];
        }
        int room = ConvolutionSizes.size(Math.ceilDiv(length, SLACK) * SLACK);
        return new ImageLayout(size, none, size, single, stride, planeStride, room);
    }

    /** Where a padded position of an axis lies. */
    int at(int axis, int position) {
        return position % step[axis] * planeStride[axis] + position / step[axis] * stride[axis];
    }
}
