package dev.tenrec.benchmarks.work;

/**
 * An elementwise operation on F32 arrays.
 *
 * @param op which
 * @param elements of each array
 */
public record Elementwise(Op op, int elements) implements Problem {

    /** The operations. */
    public enum Op {
        /** a + b. */
        ADD(2) {
            @Override
            double apply(double a, double b, double c) {
                return a + b;
            }
        },
        /** max(a, 0). */
        RELU(1) {
            @Override
            double apply(double a, double b, double c) {
                return Math.max(a, 0);
            }
        },
        /** 1 / (1 + e^-a). */
        SIGMOID(1) {
            @Override
            double apply(double a, double b, double c) {
                return 1 / (1 + Math.exp(-a));
            }
        },
        /** e^a. */
        EXP(1) {
            @Override
            double apply(double a, double b, double c) {
                return Math.exp(a);
            }
        },
        /** The hyperbolic tangent. */
        TANH(1) {
            @Override
            double apply(double a, double b, double c) {
                return Math.tanh(a);
            }
        },
        /** a · b + c. */
        MULTIPLY_ADD(3) {
            @Override
            double apply(double a, double b, double c) {
                return a * b + c;
            }
        },
        /** relu(a · b + c) · 0.5. */
        SCALED_RELU(3) {
            @Override
            double apply(double a, double b, double c) {
                return Math.max(a * b + c, 0) * 0.5;
            }
        },
        /** a/2 · (1 + tanh(√(2/π) · (a + 0.044715 · a³))). */
        GELU_TANH(1) {
            @Override
            double apply(double a, double b, double c) {
                return 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a * a * a)));
            }
        };

        private final int operands;

        Op(int operands) {
            this.operands = operands;
        }

        /**
         * Returns how many arrays are read.
         *
         * @return 1 to 3: a, b, c
         */
        public int operands() {
            return operands;
        }

        abstract double apply(double a, double b, double c);
    }

    /** Where rounding in single precision ends, for operands up to 4. */
    private static final double TOLERANCE = 4e-6;

    /**
     * Reads parameters.
     *
     * @param op such as {@code gelu-tanh}
     * @param elements a size
     * @return the problem
     * @throws BadInput if one cannot be read
     */
    public static Elementwise parse(String op, String elements) {
        return new Elementwise(Sizes.constant(Op.class, "op", op), Sizes.positive("elements", elements));
    }

    /**
     * Makes an operand.
     *
     * @param index 0 for a, 1 for b, 2 for c
     * @return numbers from -4 to 4
     */
    public float[] operand(int index) {
        return Samples.uniform(elements, 4, 1 + index);
    }

    @Override
    public double amount() {
        return 1e-9 * Float.BYTES * elements * (op.operands + 1);
    }

    @Override
    public String unit() {
        return "GB/s";
    }

    @Override
    public Bound bound() {
        return Bound.MEMORY;
    }

    @Override
    public double boundAmount() {
        return amount();
    }

    @Override
    public long memoryBytes() {
        return 2L * Float.BYTES * elements * (op.operands + 1);
    }

    @Override
    public void check(String library, Task task) {
        task.run();
        float[] a = operand(0);
        float[] b = op.operands > 1 ? operand(1) : a;
        float[] c = op.operands > 2 ? operand(2) : a;
        Samples.check(
                library + ", " + Sizes.label(op),
                task.result(),
                elements,
                i -> op.apply(a[i], b[i], c[i]),
                expected -> TOLERANCE * Math.max(1, Math.abs(expected)));
    }
}
