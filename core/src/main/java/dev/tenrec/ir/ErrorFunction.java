package dev.tenrec.ir;

/** The error function in double precision, which the JDK lacks. */
public final class ErrorFunction {

    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126;
    private static final double ONE_OVER_SQRT_PI = 0.5641895835477563;
    private static final double SERIES_LIMIT = 2.5;

    private ErrorFunction() {}

    /**
     * Returns 2/√π ∫₀ˣ exp(−t²) dt.
     *
     * <p>Below 2.5 by Kummer's series exp(−x²)·2x/√π·Σ (2x²)ⁿ/(1·3·…·(2n+1)), whose terms are all positive
     * (Abramowitz and Stegun 7.1.6); above by the continued fraction of the complement (7.1.14).
     *
     * @param x any number
     * @return in [−1, 1]; NaN for NaN
     */
    public static double erf(double x) {
        double a = Math.abs(x);
        if (Double.isNaN(x) || a < 1e-300) {
            return x * TWO_OVER_SQRT_PI;
        }
        if (a > 6) {
            return Math.copySign(1, x);
        }
        // exp(-x²) with the rounding error of x² taken back, which would otherwise be multiplied by x².
        double square = a * a;
        double gaussian = Math.exp(-square) * (1 - Math.fma(a, a, -square));
        if (a < SERIES_LIMIT) {
            double term = 1;
            double sum = 1;
            for (int n = 1; term > sum * 1e-17; n++) {
                term *= 2 * square / (2 * n + 1);
                sum += term;
            }
            return TWO_OVER_SQRT_PI * x * (gaussian * sum);
        }
        double fraction = a;
        for (int n = 60; n >= 1; n--) {
            fraction = a + n / 2.0 / fraction;
        }
        return Math.copySign(1 - ONE_OVER_SQRT_PI * gaussian / fraction, x);
    }
}
