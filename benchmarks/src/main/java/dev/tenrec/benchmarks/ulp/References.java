package dev.tenrec.benchmarks.ulp;

import dev.tenrec.ir.ErrorFunction;

/**
 * Functions in double precision, to 10⁻¹³ of their value or better: what results in single precision, whose unit in the
 * last place is 6·10⁻⁸ of the value or more, are compared with.
 */
final class References {
    /** Below this the first terms of a series are exact enough. */
    private static final double SMALL = 0x1p-14;

    private static final double ONE_OVER_SQRT_TWO_PI = 0.3989422804014327;
    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126;
    private static final double ONE_OVER_SQRT_PI = 0.5641895835477563;

    private References() {}

    static double exp(double x) {
        return Math.abs(x) > 200 ? (x > 0 ? Double.POSITIVE_INFINITY : 0) : Math.exp(x);
    }

    static double tanh(double x) {
        return Math.abs(x) < SMALL ? x - x * x * x / 3 : Math.tanh(x);
    }

    /** 1/(1 + e⁻ˣ): the quotient keeps the digits on both sides. */
    static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    static double erf(double x) {
        return Math.abs(x) < SMALL ? TWO_OVER_SQRT_PI * x * (1 - x * x / 3) : ErrorFunction.erf(x);
    }

    /** x·Φ(x); the limit −0 at −∞. */
    static double gelu(double x) {
        if (Math.abs(x) < SMALL) {
            return x * (0.5 + x * ONE_OVER_SQRT_TWO_PI);
        }
        if (x < -40) {
            return -0.0;
        }
        if (x < -1) {
            return x * 0.5 * complement(-x * Math.sqrt(0.5));
        }
        return x * 0.5 * (1 + ErrorFunction.erf(x * Math.sqrt(0.5)));
    }

    /**
     * 1 − erf(x) for x from 0.7 on, by its continued fraction (Abramowitz and Stegun 7.1.14), which takes the more terms
     * the smaller x is.
     */
    private static double complement(double x) {
        double square = x * x;
        double gaussian = Math.exp(-square) * (1 - Math.fma(x, x, -square));
        double fraction = x;
        for (int n = (int) (30 + 250 / square); n >= 1; n--) {
            fraction = x + n / 2.0 / fraction;
        }
        return ONE_OVER_SQRT_PI * gaussian / fraction;
    }

    /** x/(1 + e⁻²ᵘ) with u = √(2/π)·(x + 0.044715·x³); the limit −0 at −∞. */
    static double geluTanh(double x) {
        if (x < -40) {
            return -0.0;
        }
        double twice = 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
        return x / (1 + Math.exp(-twice));
    }
}
