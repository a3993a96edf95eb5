package dev.tenrec.nn;

/** Batch normalisation of [N, C] or [N, C, L]. */
public final class BatchNorm1d extends BatchNorm {

    /**
     * Makes a layer with {@link NormOptions#DEFAULT}.
     *
     * @param channels C, 1 or more
     * @throws dev.tenrec.error.InvalidArgument if there are no channels
     */
    public BatchNorm1d(long channels) {
        this(channels, NormOptions.DEFAULT);
    }

    /**
     * Makes a layer.
     *
     * @param channels C, 1 or more
     * @param options everything else
     * @throws dev.tenrec.error.InvalidArgument if there are no channels
     */
    public BatchNorm1d(long channels, NormOptions options) {
        super(channels, 2, 3, options);
    }
}
