package dev.tenrec.tensor;

/**
 * What {@link ReductionMethods#meanAndVariance} computes.
 *
 * @param mean Σx / n
 * @param variance Σ(x − mean)² / (n − correction)
 */
public record MeanAndVariance(Tensor mean, Tensor variance) {}
