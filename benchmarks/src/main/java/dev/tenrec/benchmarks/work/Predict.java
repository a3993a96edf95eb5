package dev.tenrec.benchmarks.work;

/** The answer of {@link Mlp} to one example: a Java array in, a Java array of logits out. */
public record Predict() implements Problem {

    private static final double TOLERANCE = 1e-5;

    /**
     * Makes the example.
     *
     * @return numbers from -1 to 1
     */
    public float[] input() {
        return Samples.uniform(Mlp.INPUTS, 1, 1000);
    }

    @Override
    public double amount() {
        return 1;
    }

    @Override
    public String unit() {
        return "predictions/s";
    }

    @Override
    public Bound bound() {
        return Bound.LATENCY;
    }

    @Override
    public double boundAmount() {
        return 0;
    }

    @Override
    public long memoryBytes() {
        return 4L * Float.BYTES * Mlp.weightCount();
    }

    @Override
    public void check(String library, Task task) {
        task.run();
        double[] expected = new DoubleMlp(Mlp.layers()).forward(input());
        Samples.check(
                library + ", logits",
                task.result(),
                Mlp.CLASSES,
                i -> expected[i],
                wanted -> TOLERANCE * Math.max(1, Math.abs(wanted)));
    }
}
