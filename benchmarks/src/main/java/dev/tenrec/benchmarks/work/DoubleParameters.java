package dev.tenrec.benchmarks.work;

/** Parameters in double precision, with the moments that Adam keeps of their gradients. */
final class DoubleParameters {

    private static final double BETA_1 = 0.9;
    private static final double BETA_2 = 0.999;
    private static final double EPSILON = 1e-8;

    final double[] values;
    private final double[] mean;
    private final double[] square;

    DoubleParameters(int count) {
        values = new double[count];
        mean = new double[count];
        square = new double[count];
    }

    void step(double[] gradient, double rate, int step) {
        for (int i = 0; i < values.length; i++) {
            mean[i] = BETA_1 * mean[i] + (1 - BETA_1) * gradient[i];
            square[i] = BETA_2 * square[i] + (1 - BETA_2) * gradient[i] * gradient[i];
            double corrected = mean[i] / (1 - Math.pow(BETA_1, step));
            values[i] -= rate * corrected / (Math.sqrt(square[i] / (1 - Math.pow(BETA_2, step))) + EPSILON);
        }
    }
}
