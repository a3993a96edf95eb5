package dev.tenrec.ir;

/** The error function in double precision, which the JDK lacks. */
public final class ErrorFunction {

    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126;
    private static final double ONE_OVER_SQRT_PI = 0.5641895835477563;
    private static final double SERIES_LIMIT = 1;
    private static final int FRACTION_TERMS = 250;

    private ErrorFunction() {}

    /**
     * Returns 2/√π ∫₀ˣ exp(−t²) dt, within 2 ulp.
     *
     * <p>Below 1 by the Taylor series 2/√π·Σ (−1)ⁿ x²ⁿ⁺¹/(n!·(2n+1)) (Abramowitz and Stegun 7.1.5), whose later terms
     * are small beside the first; above by the continued fraction of the complement (7.1.14), which is small beside 1.
     * So in both, most of the rounding errors are of something small.
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
        double square = a * a;
        if (a < SERIES_LIMIT) {
            double power = 1;
            double rest = 0;
            for (int n = 1; Math.abs(power) > 1e-19; n++) {
                power *= -square / n;
                rest += power / (2 * n + 1);
            }
            double first = TWO_OVER_SQRT_PI * x;
            return first + first * rest;
        }
        // exp(-x²) with the rounding error of x² taken back, which would otherwise be multiplied by x².
        double gaussian = Math.exp(-square) * (1 - Math.fma(a, a, -square));
        double fraction = a;
        for (int n = FRACTION_TERMS; n >= 1; n--) {
            fraction = a + n / 2.0 / fraction;
        }
        return Math.copySign(1 - ONE_OVER_SQRT_PI * gaussian / fraction, x);
    }
}
