package dev.tenrec.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.op.Domain;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import java.util.List;
import org.junit.jupiter.api.Test;

class GradientCheckTest {

    private static ElementwiseOp cubeWith(ElementwiseOp.Gradient gradient) {
        return ElementwiseOp.of("cube", 1, Accepts.FLOATING, args -> {
                    var x = args.get(0);
                    return x.mul(x).mul(x);
                })
                .withGradient(gradient);
    }

    private static String failure(ElementwiseOp op) {
        return assertThrows(AssertionError.class, () -> GradientCheck.check(op)).getMessage();
    }

    @Test
    void aRightStatedGradientPasses() {
        GradientCheck.check(cubeWith(
                (args, y, g) -> List.of(g.mul(3).mul(args.get(0).mul(args.get(0))))));
    }

    @Test
    void aWrongFactorIsFound() {
        String text = failure(cubeWith(
                (args, y, g) -> List.of(g.mul(2.9999).mul(args.get(0).mul(args.get(0))))));
        assertTrue(text.contains("wrong gradient of operand 0") && text.contains("difference quotient"), text);
    }

    @Test
    void aForgottenUpstreamTimesOutputIsFound() {
        failure(cubeWith((args, y, g) -> List.of(g.mul(y))));
    }

    @Test
    void aMissingGradientIsFound() {
        failure(cubeWith((args, y, g) -> List.of(g.like(0))));
    }

    @Test
    void aGradientOfTheWrongOperandIsFound() {
        failure(ElementwiseOp.of(
                        "weighted",
                        2,
                        Accepts.FLOATING,
                        args -> args.get(0).mul(args.get(1).exp()))
                .withGradient(
                        (args, y, g) -> List.of(y.mul(g), g.mul(args.get(1).exp()))));
    }

    @Test
    void aWrongSecondDerivativeIsFound() {
        // The slope is right where it is chosen, but the branch chosen at each point has a slope of its own of 0.
        ElementwiseOp op = ElementwiseOp.of(
                        "half square",
                        1,
                        Accepts.FLOATING,
                        args -> args.get(0).mul(args.get(0)).mul(0.5))
                .withGradient((args, y, g) -> List.of(
                        g.mul(args.get(0).bitcast(dev.tenrec.type.DType.I64).bitcast(dev.tenrec.type.DType.F64))))
                .over(new Domain(0.5, 2));
        String text = failure(op);
        assertTrue(text.contains("second derivative"), text);
    }

    @Test
    void aDomainWhereTheOperationIsUndefinedIsRefused() {
        ElementwiseOp op = ElementwiseOp.of(
                        "log", 1, Accepts.FLOATING, args -> args.get(0).log())
                .over(new Domain(-4, -1));
        assertTrue(failure(op).contains("could be checked at 0 of 60 points only"));
    }

    @Test
    void aKinkBetweenTwoOperandsIsNoError() {
        GradientCheck.check(ElementwiseOp.of(
                "larger", 2, Accepts.FLOATING, args -> args.get(0).max(args.get(1))));
    }
}
