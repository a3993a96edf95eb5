package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * The stated error of each primitive that may err, on many operands: half of them evenly from −10 to 10, half of a
 * magnitude evenly from 10⁻⁶ to 10² in its exponent. Few operands would miss where an approximation is at its worst.
 */
public final class AccuracyCases {

    private static final int POINTS = 40_000;

    private AccuracyCases() {}

    /**
     * Makes the cases.
     *
     * @return one per primitive and floating type
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (ScalarOp op : ScalarOp.values()) {
            for (DType dtype : List.of(DType.F32, DType.F64)) {
                if (op.accepts(dtype) && op.ulps() > 0.5) {
                    cases.add(new ConformanceCase(
                            "map accuracy of " + op + " " + dtype,
                            Kernel.Map.class,
                            Optional.empty(),
                            Purpose.FORWARD,
                            Set.of(dtype),
                            (backend, tolerance) -> {
                                try (Rig rig = new Rig(backend, tolerance)) {
                                    run(rig, op, dtype);
                                }
                            }));
                }
            }
        }
        return cases;
    }

    private static void run(Rig rig, ScalarOp op, DType dtype) {
        Shape space = Shape.of(POINTS);
        List<TestOperand> in = new ArrayList<>();
        List<Expr> args = new ArrayList<>();
        for (int i = 0; i < op.arity(); i++) {
            in.add(rig.input(dtype, space, View.CONTIGUOUS, samples(op, i + 1)));
            args.add(Expr.input(i, dtype));
        }
        rig.map(List.of(Expr.apply(op, args)), space, in, List.of(rig.output(dtype, space, View.CONTIGUOUS)));
        rig.requireMeaning();
    }

    private static Samples samples(ScalarOp op, long seed) {
        Random random = new Random(seed);
        boolean positive = op == ScalarOp.LOG || op == ScalarOp.RSQRT || op == ScalarOp.POW && seed == 1;
        return dtype -> {
            double even = random.nextDouble() * 20 - 10;
            double magnitude = Math.pow(10, random.nextDouble() * 8 - 6);
            double value = random.nextBoolean() ? even : Math.copySign(magnitude, even);
            return Samples.real(positive ? Math.abs(value) : value, dtype);
        };
    }
}
