package dev.tenrec.op;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Where the definitions in {@link Ops} are entered, each by one of these calls, while that class is initialised. */
final class Registry {

    private static final Map<String, ElementwiseOp> OPS = new LinkedHashMap<>();

    private Registry() {}

    /** Lists the operations in order of definition; complete once {@link Ops} is initialised. */
    static List<ElementwiseOp> all() {
        return List.copyOf(OPS.values());
    }

    @FunctionalInterface
    interface Unary {
        Expr build(Expr x);
    }

    @FunctionalInterface
    interface Binary {
        Expr build(Expr a, Expr b);
    }

    /** The gradient of one operand x by the result y and the upstream gradient g. */
    @FunctionalInterface
    interface UnaryGradient {
        Expr build(Expr x, Expr y, Expr g);
    }

    static ElementwiseOp register(ElementwiseOp op) {
        if (OPS.putIfAbsent(op.name(), op) != null) {
            throw new IllegalStateException("two operations are named " + op.name());
        }
        return op;
    }

    static ElementwiseOp primitive(ScalarOp op, Accepts accepts, Domain domain) {
        String name = op.name().toLowerCase(Locale.ROOT);
        return register(ElementwiseOp.of(name, op.arity(), accepts, args -> Expr.apply(op, args))
                .over(domain));
    }

    static ElementwiseOp unary(String name, Domain domain, Unary body) {
        return unary(name, Accepts.FLOATING, domain, body, null);
    }

    static ElementwiseOp unary(String name, Domain domain, Unary body, UnaryGradient gradient) {
        return unary(name, Accepts.FLOATING, domain, body, gradient);
    }

    static ElementwiseOp unary(String name, Accepts accepts, Domain domain, Unary body, UnaryGradient gradient) {
        ElementwiseOp op = ElementwiseOp.of(name, 1, accepts, args -> body.build(args.get(0)))
                .over(domain);
        return register(
                gradient == null ? op : op.withGradient((args, y, g) -> List.of(gradient.build(args.get(0), y, g))));
    }

    static ElementwiseOp binary(String name, Accepts accepts, Domain domain, Binary body) {
        return register(ElementwiseOp.of(name, 2, accepts, args -> body.build(args.get(0), args.get(1)))
                .over(domain));
    }

    static ElementwiseOp scalar(String name, Accepts accepts, double sample, Domain domain, Binary body) {
        double[] samples = {sample};
        return register(ElementwiseOp.of(name, 1, accepts, samples, args -> body.build(args.get(0), args.get(1)))
                .over(domain));
    }
}
