package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.ErrorFunction;

/** The normal distribution on the host. */
final class NormalDistribution {

    private static final double SQRT_HALF = 0.7071067811865476;

    // Coefficients of PPND16 (Wichura, "Algorithm AS 241", 1988), lowest power first.
    private static final double[] CENTRE_OVER = {
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3
    };
    private static final double[] CENTRE_UNDER = {
        1,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3
    };
    private static final double[] NEAR_OVER = {
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4
    };
    private static final double[] NEAR_UNDER = {
        1,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9
    };
    private static final double[] FAR_OVER = {
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7
    };
    private static final double[] FAR_UNDER = {
        1,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15
    };
    private static final double CENTRE = 0.425;
    private static final double NEAR = 5;

    private NormalDistribution() {}

    /** The probability of a number below x. */
    static double below(double x) {
        return 0.5 * (1 + ErrorFunction.erf(x * SQRT_HALF));
    }

    /** The x below which a number is with probability p, in (0, 1). */
    static double inverse(double p) {
        double q = p - 0.5;
        if (Math.abs(q) <= CENTRE) {
            double r = CENTRE * CENTRE - q * q;
            return q * polynomial(CENTRE_OVER, r) / polynomial(CENTRE_UNDER, r);
        }
        double r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
        double x = r <= NEAR
                ? polynomial(NEAR_OVER, r - 1.6) / polynomial(NEAR_UNDER, r - 1.6)
                : polynomial(FAR_OVER, r - NEAR) / polynomial(FAR_UNDER, r - NEAR);
        return q < 0 ? -x : x;
    }

    private static double polynomial(double[] coefficients, double x) {
        double value = 0;
        for (int i = coefficients.length - 1; i >= 0; i--) {
            value = value * x + coefficients[i];
        }
        return value;
    }

    /** Turns uniform numbers in [0, 1) into normal ones between two bounds. */
    static void truncate(double[] uniform, double mean, double deviation, double low, double high) {
        double from = (low - mean) / deviation;
        double to = (high - mean) / deviation;
        // The upper tail is mirrored to the lower one, where probabilities are small numbers and not 1 less those.
        boolean mirror = from > 0;
        double start = below(mirror ? -to : from);
        double width = below(mirror ? -from : to) - start;
        if (!(width > 0)) {
            throw new InvalidArgument(Message.of("truncatedNormal", "bounds are too far out")
                    .line("expected", "bounds within 8 deviations of the mean")
                    .line("given", low + " to " + high, "mean " + mean + ", deviation " + deviation)
                    .toString());
        }
        for (int i = 0; i < uniform.length; i++) {
            double p = Math.clamp(start + uniform[i] * width, Double.MIN_NORMAL, Math.nextDown(1.0));
            double x = mirror ? -inverse(p) : inverse(p);
            uniform[i] = Math.clamp(mean + deviation * x, low, high);
        }
    }
}
