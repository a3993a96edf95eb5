package dev.tenrec.nn;

/** Batch normalisation of [N, C, H, W]. */
public final class BatchNorm2d extends BatchNorm {

    /**
     * Makes a layer with {@link NormOptions#DEFAULT}.
     *
     * @param channels C, 1 or more
     * @throws dev.tenrec.error.InvalidArgument if there are no channels
     */
    public BatchNorm2d(long channels) {
        this(channels, NormOptions.DEFAULT);
    }

    /**
     * Makes a layer.
     *
     * @param channels C, 1 or more
     * @param options everything else
     * @throws dev.tenrec.error.InvalidArgument if there are no channels
     */
    public BatchNorm2d(long channels, NormOptions options) {
        super(channels, 4, 4, options);
    }
}
