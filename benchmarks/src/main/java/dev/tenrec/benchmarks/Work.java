package dev.tenrec.benchmarks;

import java.util.Map;

/** What benchmarks compute, and how much of it one call is. */
enum Work {
    /** Matrix products; counts 2 · M · K · N operations. */
    MATMUL("GFLOP/s") {
        @Override
        double perCall(String method, Map<String, String> params) {
            return shape(params).operations();
        }

        @Override
        long memoryBytes(Map<String, String> params) {
            // Operands, result, and the Java arrays they are filled from and checked with.
            return 2 * shape(params).bytes();
        }

        private MatMulShape shape(Map<String, String> params) {
            return MatMulShape.parse(params.get("shape"));
        }
    },

    /** Elementwise operations; counts each operand read once and each result written once. */
    MAP("GB/s") {
        @Override
        double perCall(String method, Map<String, String> params) {
            return (double) Float.BYTES * elements(params) * MapBenchmark.arraysTouched(method);
        }

        @Override
        long memoryBytes(Map<String, String> params) {
            return 8L * Float.BYTES * elements(params);
        }

        private int elements(Map<String, String> params) {
            return positive("elements", params.get("elements"));
        }
    },

    /** Reductions; counts the operand read once. */
    REDUCE("GB/s") {
        @Override
        double perCall(String method, Map<String, String> params) {
            return (double) Float.BYTES * elements(params);
        }

        @Override
        long memoryBytes(Map<String, String> params) {
            return 2L * Float.BYTES * elements(params);
        }

        private long elements(Map<String, String> params) {
            return Math.multiplyExact(
                    (long) positive("rows", params.get("rows")), positive("columns", params.get("columns")));
        }
    };

    private final String unit;

    Work(String unit) {
        this.unit = unit;
    }

    /** {@return the unit of {@link #rate}} */
    String unit() {
        return unit;
    }

    /**
     * {@return operations or bytes of one call}
     *
     * @throws BadInput if a parameter cannot be read
     */
    abstract double perCall(String method, Map<String, String> params);

    /** {@return what a run takes at most, in bytes} */
    abstract long memoryBytes(Map<String, String> params);

    /** {@return the rate in {@link #unit}, of calls that take so many seconds each} */
    double rate(String method, Map<String, String> params, double seconds) {
        return perCall(method, params) / seconds / 1e9;
    }

    /** {@return a size given as text} */
    static int positive(String name, String text) {
        try {
            int value = Integer.parseInt(text.strip());
            if (value > 0) {
                return value;
            }
        } catch (NumberFormatException _) {
            // Reported below, together with numbers out of range.
        }
        throw new BadInput(name + " is not a whole number from 1 to " + Integer.MAX_VALUE + ": \"" + text + '"');
    }
}
