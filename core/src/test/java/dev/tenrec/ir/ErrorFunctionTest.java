package dev.tenrec.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ErrorFunctionTest {

    /** Arguments and values, from an independent implementation (CPython's math.erf). */
    private static final double[][] KNOWN = {
        {1E-310, 1.1283791670955e-310},
        {1E-20, 1.1283791670955125e-20},
        {1E-08, 1.1283791670955126e-08},
        {0.01, 0.011283415555849616},
        {0.1, 0.1124629160182849},
        {0.25, 0.2763263901682369},
        {0.5, 0.5204998778130465},
        {0.75, 0.7111556336535151},
        {1, 0.8427007929497149},
        {1.25, 0.9229001282564582},
        {1.5, 0.9661051464753108},
        {1.75, 0.9866716712191824},
        {2, 0.9953222650189527},
        {2.25, 0.9985372834133188},
        {2.4999, 0.9995928300996666},
        {2.5, 0.999593047982555},
        {2.5001, 0.9995932657565293},
        {2.75, 0.9998993780778803},
        {3, 0.9999779095030014},
        {3.5, 0.9999992569016276},
        {4, 0.9999999845827421},
        {5, 0.9999999999984626},
        {5.5, 0.9999999999999927},
        {5.9, 0.9999999999999999},
    };

    @Test
    void knownValues() {
        for (double[] known : KNOWN) {
            double tolerance = ScalarOp.ERF.ulps() * Math.ulp(known[1]);
            assertEquals(known[1], ErrorFunction.erf(known[0]), tolerance, "erf " + known[0]);
            assertEquals(-known[1], ErrorFunction.erf(-known[0]), tolerance, "erf " + -known[0]);
        }
    }

    @Test
    void edges() {
        assertEquals(0.0, ErrorFunction.erf(0.0));
        assertEquals(-0.0, ErrorFunction.erf(-0.0));
        assertEquals(1, ErrorFunction.erf(Double.POSITIVE_INFINITY));
        assertEquals(-1, ErrorFunction.erf(Double.NEGATIVE_INFINITY));
        assertEquals(1, ErrorFunction.erf(30));
        assertTrue(Double.isNaN(ErrorFunction.erf(Double.NaN)));
    }

    @Test
    void doesNotDecreaseAcrossTheSeams() {
        double before = ErrorFunction.erf(0);
        for (double x = 0.001; x < 6.5; x += 0.001) {
            double value = ErrorFunction.erf(x);
            assertTrue(value >= before && value <= 1, "erf " + x);
            before = value;
        }
    }
}
