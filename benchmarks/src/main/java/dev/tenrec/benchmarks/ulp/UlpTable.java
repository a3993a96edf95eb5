package dev.tenrec.benchmarks.ulp;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.memory.Scope;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.LongStream;

/**
 * Prints the largest error of each transcendental function on the backend in use, in units in the last place: over all
 * 2³² operands of functions of one, over random pairs of the power.
 *
 * <p>Exit codes: 0 if every function keeps its bound, 1 if one does not, 2 if the options cannot be used.
 */
public final class UlpTable {
    private static final String USAGE = "ulp [--step N] [--op NAME]";
    private static final int CHUNK = 1 << 18;
    private static final long ALL = 1L << 32;
    private static final long PAIRS = 50_000_000;

    /**
     * One line of the table.
     *
     * @param op the operation
     * @param exact the same in double precision; the second operand is 0 for those of one
     * @param range largest magnitude of the operands
     * @param bound most units in the last place
     */
    record Line(ElementwiseOp op, DoubleBinaryOperator exact, double range, double bound) {
        static Line of(ElementwiseOp op, DoubleUnaryOperator exact, double range, double bound) {
            return new Line(op, (x, y) -> exact.applyAsDouble(x), range, bound);
        }

        String rangeText() {
            return op.arity() > 1
                    ? PAIRS / 1_000_000 + " M random pairs"
                    : range == Double.POSITIVE_INFINITY ? "all" : "up to 2^" + Math.getExponent(range);
        }
    }

    /** The largest error so far, and where it is. */
    record Worst(double ulps, float x, float y, float result) {
        static final Worst NONE = new Worst(0, 0, 0, 0);

        Worst or(Worst other) {
            return other.ulps > ulps ? other : this;
        }
    }

    static final List<Line> LINES = List.of(
            Line.of(Ops.EXP, References::exp, Double.POSITIVE_INFINITY, 4),
            Line.of(Ops.LOG, Math::log, Double.POSITIVE_INFINITY, 4),
            Line.of(Ops.TANH, References::tanh, Double.POSITIVE_INFINITY, 4),
            Line.of(Ops.SIGMOID, References::sigmoid, Double.POSITIVE_INFINITY, 4),
            Line.of(Ops.ERF, References::erf, Double.POSITIVE_INFINITY, 4),
            Line.of(Ops.GELU, References::gelu, Double.POSITIVE_INFINITY, 4),
            Line.of(Ops.GELU_TANH, References::geluTanh, Double.POSITIVE_INFINITY, 4),
            Line.of(Ops.SIN, Math::sin, 0x1p20, 4),
            Line.of(Ops.COS, Math::cos, 0x1p20, 4),
            new Line(Ops.POW, StrictMath::pow, Double.POSITIVE_INFINITY, 4));

    private UlpTable() {}

    /**
     * Measures and ends the JVM.
     *
     * @param args {@code --step N} looks at every N-th operand only, {@code --op NAME} at one operation
     */
    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /** Measures and returns the exit code. */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        long step = 1;
        String only = "";
        try {
            for (int i = 0; i < args.length; i += 2) {
                String value = i + 1 < args.length ? args[i + 1] : "";
                switch (args[i]) {
                    case "--step" -> step = Math.clamp(Long.parseLong(value), 1, ALL);
                    case "--op" -> only = Ops.byName(value).name();
                    default -> throw new IllegalArgumentException("unknown option " + args[i]);
                }
            }
        } catch (IllegalArgumentException | InvalidArgument e) {
            err.println("ulp: " + e.getMessage().lines().findFirst().orElse("") + "; expected " + USAGE);
            return 2;
        }
        return print(step, only, out) ? 0 : 1;
    }

    private static boolean print(long step, String only, PrintStream out) {
        boolean good = true;
        out.println("| operation | operands | worst error | at | bound |");
        out.println("|---|---|---|---|---|");
        for (Line line : LINES) {
            if (only.isEmpty() || only.equals(line.op().name())) {
                Worst worst = line.op().arity() == 1 ? ofOne(line, step) : ofTwo(line, step);
                boolean kept = worst.ulps() <= line.bound();
                good &= kept;
                String at = worst.x() + (line.op().arity() == 1 ? "" : ", " + worst.y());
                out.printf(
                        Locale.ROOT,
                        "| %s | %s%s | %.3f ulp | %s | %.0f%s |%n",
                        line.op().name(),
                        line.rangeText(),
                        step == 1 ? "" : ", every " + step + "th",
                        worst.ulps(),
                        at,
                        line.bound(),
                        kept ? "" : " exceeded");
            }
        }
        return good;
    }

    private static Worst ofOne(Line line, long step) {
        long samples = Math.ceilDiv(ALL, step);
        return LongStream.range(0, Math.ceilDiv(samples, CHUNK))
                .parallel()
                .mapToObj(chunk -> {
                    float[] x = new float[CHUNK];
                    int n = 0;
                    for (long i = chunk * CHUNK; i < Math.min(samples, (chunk + 1) * CHUNK); i++) {
                        float value = Float.intBitsToFloat((int) (i * step));
                        if (!(Math.abs(value) > line.range())) {
                            x[n++] = value;
                        }
                    }
                    return n == 0 ? Worst.NONE : worst(line, n, x, null);
                })
                .reduce(Worst.NONE, Worst::or);
    }

    /** Pairs whose power is neither infinite nor 0, for the most part, and some of special values. */
    private static Worst ofTwo(Line line, long step) {
        float[] special = {
            0f,
            -0f,
            1f,
            -1f,
            2f,
            -2f,
            0.5f,
            3f,
            -3f,
            1e-40f,
            -1e-40f,
            Float.MAX_VALUE,
            Float.MIN_NORMAL,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            16777217f,
            33554433f,
            -7.5f
        };
        return LongStream.range(0, Math.max(1, PAIRS / step / CHUNK))
                .parallel()
                .mapToObj(chunk -> {
                    Random random = new Random(chunk);
                    float[] x = new float[CHUNK];
                    float[] y = new float[CHUNK];
                    for (int i = 0; i < CHUNK; i++) {
                        boolean rare = random.nextInt(16) == 0;
                        float base = (float) Math.exp(random.nextGaussian() * 9);
                        double most = 88 / Math.max(1e-3, Math.abs(Math.log(base)));
                        x[i] = rare ? special[random.nextInt(special.length)] : base;
                        y[i] = rare
                                ? special[random.nextInt(special.length)]
                                : (float) ((random.nextDouble() * 2 - 1) * most);
                    }
                    return worst(line, CHUNK, x, y);
                })
                .reduce(Worst.NONE, Worst::or);
    }

    private static Worst worst(Line line, int n, float[] x, float[] y) {
        float[] results = new float[CHUNK];
        Scope.run(() -> {
            List<Tensor> operands = new ArrayList<>();
            operands.add(Tensor.of(x, CHUNK));
            if (y != null) {
                operands.add(Tensor.of(y, CHUNK));
            }
            Tensor result = Tensor.apply(line.op(), new double[0], operands.toArray(Tensor[]::new));
            System.arraycopy(result.toFloatArray(), 0, results, 0, CHUNK);
        });
        double most = 0;
        int at = -1;
        for (int i = 0; i < n; i++) {
            double exact = line.exact().applyAsDouble(x[i], y == null ? 0 : y[i]);
            double error = ulps(exact, results[i]);
            if (!(error <= most)) {
                most = error;
                at = i;
            }
        }
        return at < 0 ? Worst.NONE : new Worst(most, x[at], y == null ? 0 : y[at], results[at]);
    }

    /** Units in the last place between a result and the exact value; a NaN, infinity or sign out of place is ∞. */
    static double ulps(double exact, float result) {
        float rounded = (float) exact;
        if (rounded == result) {
            boolean sameSign = result != 0 || Float.floatToRawIntBits(result) == Float.floatToRawIntBits(rounded);
            return sameSign ? Math.abs(result - exact) / Math.ulp(rounded) : Double.POSITIVE_INFINITY;
        }
        if (Float.isNaN(rounded) && Float.isNaN(result)) {
            return 0;
        }
        boolean wrong = !Float.isFinite(rounded) || !Float.isFinite(result);
        return wrong ? Double.POSITIVE_INFINITY : Math.abs(result - exact) / Math.ulp(rounded);
    }
}
