package dev.tenrec.testkit.tensor;

import dev.tenrec.ir.Interpreter;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.tensor.HostArray.Form;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** Every operation of the registry through {@code Tensor.apply}, broadcast; and every method by its own formula. */
public final class ElementwiseCases {

    private static final long[][][] SHAPES = {
        {{}, {}, {}},
        {{7}, {7}, {7}},
        {{3, 5}, {5}, {3, 1}},
        {{1, 4}, {3, 1}, {3, 4}},
        {{2, 1, 3}, {4, 1}, {}},
        {{0, 3}, {3}, {1, 3}},
        {{33}, {1}, {33}},
    };

    private ElementwiseCases() {}

    /**
     * Makes the cases.
     *
     * @return of operations, then of methods
     */
    public static List<TensorCase> all() {
        List<TensorCase> cases = new ArrayList<>();
        for (ElementwiseOp op : Ops.all()) {
            for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL)) {
                if (op.accepts().test(dtype)) {
                    cases.add(new TensorCase("apply " + op.name() + " " + dtype, () -> apply(op, dtype)));
                }
            }
        }
        unary(cases);
        binary(cases);
        others(cases);
        return cases;
    }

    private static void apply(ElementwiseOp op, DType dtype) {
        DType[] types = op.operandTypes(dtype);
        int combination = 0;
        for (long[][] shapes : SHAPES) {
            HostArray[] arrays = new HostArray[op.arity()];
            Tensor[] tensors = new Tensor[op.arity()];
            Shape shape = Shape.scalar();
            for (int i = 0; i < arrays.length; i++) {
                boolean real = types[i].isFloating();
                arrays[i] = HostArray.between(
                        combination * 31L + i,
                        types[i],
                        real ? op.domain().low() : 0,
                        real ? op.domain().high() : 20,
                        shapes[i]);
                tensors[i] = arrays[i].tensor(types[i], Form.values()[combination++ % Form.values().length]);
                shape = Shape.broadcast("test", shape, tensors[i].shape());
            }
            if (dtype.isInteger() && combination % 2 == 0) {
                continue;
            }
            double[] scalars = dtype.isFloating() ? op.sampleScalars() : whole(op.sampleScalars());
            expected(op, types, arrays, scalars, shape)
                    .assertEqualTo(Tensor.apply(op, scalars, tensors), HostArray.tolerance(dtype) * 10);
        }
    }

    private static double[] whole(double[] scalars) {
        double[] whole = new double[scalars.length];
        for (int i = 0; i < whole.length; i++) {
            whole[i] = i == 0 ? 1 : Math.rint(Math.abs(scalars[i]));
        }
        return whole;
    }

    private static HostArray expected(
            ElementwiseOp op, DType[] types, HostArray[] arrays, double[] scalars, Shape shape) {
        Interpreter interpreter = new Interpreter(List.of(op.expression(types)));
        DType result = op.resultType(types);
        DType scalarType = op.scalarType(result, types);
        return HostArray.generate(shape.sizes(), index -> {
            interpreter.evaluate(new Interpreter.Environment() {
                @Override
                public long input(int number) {
                    return bits(arrays[number].broadcastAt(index), types[number]);
                }

                @Override
                public long param(int number) {
                    double value = scalarType == DType.F32 ? (float) scalars[number] : scalars[number];
                    return bits(value, scalarType);
                }

                @Override
                public long index(int axis) {
                    throw new AssertionError(op + " reads an index");
                }
            });
            long value = interpreter.result(0);
            return result.isFloating() ? Double.longBitsToDouble(value) : value;
        });
    }

    private static long bits(double value, DType dtype) {
        return dtype.isFloating() ? Double.doubleToRawLongBits(value) : (long) value;
    }

    private static void method(
            List<TensorCase> cases, String name, UnaryOperator<Tensor> method, DoubleUnaryOperator formula) {
        method(cases, name, 0.1, 2.9, method, formula);
    }

    private static void method(
            List<TensorCase> cases,
            String name,
            double low,
            double high,
            UnaryOperator<Tensor> method,
            DoubleUnaryOperator formula) {
        cases.add(new TensorCase("method " + name, () -> {
            for (Form form : Form.values()) {
                HostArray x = HostArray.between(name.hashCode(), DType.F64, low, high, 3, 5);
                x.map(formula::applyAsDouble).assertEqualTo(method.apply(x.tensor(DType.F64, form)), 1e-9);
            }
        }));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double clamp(double x, double low, double high) {
        return Math.min(Math.max(x, low), high);
    }

    private static double truth(boolean value) {
        return value ? 1 : 0;
    }

    private static void unary(List<TensorCase> cases) {
        method(cases, "neg", Tensor::neg, x -> -x);
        method(cases, "abs", -2, 2, Tensor::abs, Math::abs);
        method(cases, "sign", -2, 2, Tensor::sign, Math::signum);
        method(cases, "square", -2, 2, Tensor::square, x -> x * x);
        method(cases, "sqrt", Tensor::sqrt, Math::sqrt);
        method(cases, "rsqrt", Tensor::rsqrt, x -> 1 / Math.sqrt(x));
        method(cases, "reciprocal", Tensor::reciprocal, x -> 1 / x);
        method(cases, "exp", Tensor::exp, Math::exp);
        method(cases, "expm1", -1e-3, 1e-3, Tensor::expm1, Math::expm1);
        method(cases, "log", Tensor::log, Math::log);
        method(cases, "log1p", -1e-3, 1e-3, Tensor::log1p, Math::log1p);
        method(cases, "log2", Tensor::log2, x -> Math.log(x) / Math.log(2));
        method(cases, "log10", Tensor::log10, Math::log10);
        method(cases, "sin", Tensor::sin, Math::sin);
        method(cases, "cos", Tensor::cos, Math::cos);
        method(cases, "tan", -1, 1, Tensor::tan, Math::tan);
        method(cases, "tanh", -2, 2, Tensor::tanh, Math::tanh);
        method(cases, "floor", -5, 5, Tensor::floor, Math::floor);
        method(cases, "ceil", -5, 5, Tensor::ceil, Math::ceil);
        method(cases, "round", -5, 5, Tensor::round, Math::rint);
        method(cases, "clamp", -5, 5, x -> x.clamp(-1, 2), x -> clamp(x, -1, 2));
        method(cases, "relu", -5, 5, Tensor::relu, x -> Math.max(x, 0));
        method(cases, "relu6", -5, 9, Tensor::relu6, x -> clamp(x, 0, 6));
        method(cases, "sigmoid", -5, 5, Tensor::sigmoid, ElementwiseCases::sigmoid);
        method(cases, "logSigmoid", -5, 5, Tensor::logSigmoid, x -> Math.log(sigmoid(x)));
        method(cases, "silu", -5, 5, Tensor::silu, x -> x * sigmoid(x));
        method(
                cases,
                "geluTanh",
                -3,
                3,
                Tensor::geluTanh,
                x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
        method(cases, "mish", -5, 5, Tensor::mish, x -> x * Math.tanh(Math.log1p(Math.exp(x))));
        method(cases, "softplus", -5, 5, Tensor::softplus, x -> Math.log1p(Math.exp(x)));
        method(cases, "softsign", -5, 5, Tensor::softsign, x -> x / (1 + Math.abs(x)));
        method(cases, "hardSigmoid", -5, 5, Tensor::hardSigmoid, x -> clamp(x / 6 + 0.5, 0, 1));
        method(cases, "hardTanh", -5, 5, Tensor::hardTanh, x -> clamp(x, -1, 1));
        method(cases, "hardSwish", -5, 5, Tensor::hardSwish, x -> x * clamp(x / 6 + 0.5, 0, 1));
        method(cases, "step", -5, 5, Tensor::step, x -> x > 0 ? 1 : 0);
        method(cases, "leakyRelu", -5, 5, x -> x.leakyRelu(0.2), x -> x > 0 ? x : 0.2 * x);
        method(cases, "elu", -5, 5, x -> x.elu(0.7), x -> x > 0 ? x : 0.7 * Math.expm1(x));
        method(cases, "celu", -5, 5, x -> x.celu(0.7), x -> x > 0 ? x : 0.7 * Math.expm1(x / 0.7));
        method(
                cases,
                "selu",
                -5,
                5,
                Tensor::selu,
                x -> 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)));
        method(cases, "rsub", x -> x.rsub(2), x -> 2 - x);
        method(cases, "rdiv", x -> x.rdiv(2), x -> 2 / x);
        method(cases, "isNaN", x -> x.sub(1).log().isNaN(), x -> truth(x < 1));
        method(cases, "isFinite", x -> x.mul(0).rdiv(1).isFinite(), _ -> 0);
        method(cases, "isInfinite", x -> x.mul(0).rdiv(1).isInfinite(), _ -> 1);
        method(cases, "maskedFill", x -> x.maskedFill(x.gt(1), 9), x -> x > 1 ? 9 : x);
        method(cases, "erf is odd and bounded", -3, 3, x -> x.erf().add(x.neg().erf()), _ -> 0);
        method(
                cases,
                "gelu by erf",
                -3,
                3,
                x -> x.gelu().sub(x.mul(x.mul(Math.sqrt(0.5)).erf().add(1)).mul(0.5)),
                _ -> 0);
    }

    private static void pair(
            List<TensorCase> cases, String name, BinaryOperator<Tensor> method, DoubleBinaryOperator formula) {
        cases.add(new TensorCase("method " + name, () -> {
            for (Form form : Form.values()) {
                // Quarters, so that equal pairs occur.
                HostArray a = HostArray.between(1, DType.I32, 1, 12, 4, 1, 6).map(x -> x / 4);
                HostArray b = HostArray.between(2, DType.I32, 1, 12, 5, 6).map(x -> x / 4);
                HostArray.generate(new long[] {4, 5, 6}, i -> formula.applyAsDouble(a.broadcastAt(i), b.broadcastAt(i)))
                        .assertEqualTo(method.apply(a.tensor(DType.F64, form), b.tensor(DType.F64, form)), 1e-12);
            }
        }));
    }

    private static void binary(List<TensorCase> cases) {
        pair(cases, "add", Tensor::add, Double::sum);
        pair(cases, "sub", Tensor::sub, (a, b) -> a - b);
        pair(cases, "mul", Tensor::mul, (a, b) -> a * b);
        pair(cases, "div", Tensor::div, (a, b) -> a / b);
        pair(cases, "maximum", Tensor::maximum, Math::max);
        pair(cases, "minimum", Tensor::minimum, Math::min);
        pair(cases, "pow", Tensor::pow, Math::pow);
        pair(cases, "remainder", (a, b) -> a.sub(2).remainder(b), (a, b) -> (a - 2) % b);
        pair(cases, "lt", Tensor::lt, (a, b) -> truth(a < b));
        pair(cases, "le", Tensor::le, (a, b) -> truth(a <= b));
        pair(cases, "gt", Tensor::gt, (a, b) -> truth(a > b));
        pair(cases, "ge", Tensor::ge, (a, b) -> truth(a >= b));
        pair(cases, "eq", Tensor::eq, (a, b) -> truth(a == b));
        pair(cases, "ne", Tensor::ne, (a, b) -> truth(a != b));
        pair(cases, "fma", (a, b) -> a.fma(b, a), (a, b) -> a * b + a);
        pair(cases, "where", (a, b) -> a.lt(b).where(a, b.neg()), (a, b) -> a < b ? a : -b);
        pair(cases, "and", (a, b) -> a.lt(b).and(b.lt(2)), (a, b) -> truth(a < b && b < 2));
        pair(cases, "or", (a, b) -> a.lt(b).or(b.lt(2)), (a, b) -> truth(a < b || b < 2));
        pair(cases, "xor", (a, b) -> a.lt(b).xor(b.lt(2)), (a, b) -> truth(a < b ^ b < 2));
        pair(cases, "not", (a, b) -> a.lt(b).not(), (a, b) -> truth(a >= b));
    }

    private static void others(List<TensorCase> cases) {
        method(cases, "add scalar", x -> x.add(1.5), x -> x + 1.5);
        method(cases, "sub scalar", x -> x.sub(1.5), x -> x - 1.5);
        method(cases, "mul scalar", x -> x.mul(1.5), x -> x * 1.5);
        method(cases, "div scalar", x -> x.div(1.5), x -> x / 1.5);
        method(cases, "maximum scalar", x -> x.maximum(1.5), x -> Math.max(x, 1.5));
        method(cases, "minimum scalar", x -> x.minimum(1.5), x -> Math.min(x, 1.5));
        method(cases, "pow scalar", x -> x.pow(1.5), x -> Math.pow(x, 1.5));
        method(cases, "remainder scalar", -5, 5, x -> x.remainder(1.5), x -> x % 1.5);
        method(cases, "lt scalar", x -> x.lt(1.5), x -> truth(x < 1.5));
        method(cases, "le scalar", x -> x.floor().le(1), x -> truth(Math.floor(x) <= 1));
        method(cases, "gt scalar", x -> x.gt(1.5), x -> truth(x > 1.5));
        method(cases, "ge scalar", x -> x.floor().ge(1), x -> truth(Math.floor(x) >= 1));
        method(cases, "eq scalar", x -> x.floor().eq(1), x -> truth(Math.floor(x) == 1));
        method(cases, "ne scalar", x -> x.floor().ne(1), x -> truth(Math.floor(x) != 1));
        cases.add(new TensorCase("method shifts", () -> {
            HostArray a = HostArray.between(3, DType.I64, -1000, 1000, 40);
            HostArray by = HostArray.between(4, DType.I64, 0, 31, 40);
            for (DType dtype : List.of(DType.I32, DType.I64)) {
                int bits = dtype == DType.I32 ? 32 : 64;
                Tensor x = a.tensor(dtype);
                HostArray.generate(
                                a.sizes(),
                                i -> bits == 32 ? (int) a.at(i) << (int) by.at(i) : (long) a.at(i) << (long) by.at(i))
                        .assertEqualTo(x.shiftLeft(by.tensor(dtype)), 0);
                HostArray.generate(
                                a.sizes(),
                                i -> bits == 32 ? (int) a.at(i) >>> (int) by.at(i) : (long) a.at(i) >>> (long) by.at(i))
                        .assertEqualTo(x.shiftRight(by.tensor(dtype)), 0);
            }
        }));
    }
}
