package dev.tenrec.benchmarks;

/** Multiply-adds in registers, on all processors. */
final class ArithmeticPace implements Pace {
    /** Each one takes about a third of a millisecond. */
    private static final int LOOKS = 15;

    private final Yardstick yardstick = new Yardstick(Runtime.getRuntime().availableProcessors());

    @Override
    public double rate() {
        double[] rates = new double[LOOKS];
        for (int i = 0; i < LOOKS; i++) {
            rates[i] = yardstick.rate();
        }
        return ResultTable.median(rates);
    }

    @Override
    public String label() {
        return MachineProfiler.ARITHMETIC;
    }

    @Override
    public String unit() {
        return "GFLOP/s";
    }
}
