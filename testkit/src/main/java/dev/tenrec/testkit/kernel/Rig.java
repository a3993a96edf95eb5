package dev.tenrec.testkit.kernel;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.testkit.Tolerance;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes operands, compiles each kernel once, launches and compares. One per case; closes all buffers at its end. */
public final class Rig implements AutoCloseable {

    private final Backend backend;
    private final Tolerance tolerance;
    private final Staging staging = new Staging();
    private final List<TestOperand> operands = new ArrayList<>();
    private final Map<Kernel, CompiledKernel> compiled = new HashMap<>();
    private long compared;
    private long vague;

    /**
     * Starts a case.
     *
     * @param backend what is tested
     * @param tolerance how far it may be off
     */
    public Rig(Backend backend, Tolerance tolerance) {
        this.backend = backend;
        this.tolerance = tolerance;
    }

    Tolerance tolerance() {
        return tolerance;
    }

    Backend backend() {
        return backend;
    }

    TestOperand input(DType dtype, Shape shape, View view, Samples samples) {
        return input(dtype, view.layout(shape), samples);
    }

    TestOperand input(DType dtype, Layout layout, Samples samples) {
        return keep(TestOperand.input(backend, staging, dtype, layout, samples));
    }

    TestOperand output(DType dtype, Shape shape, View view) {
        return output(dtype, view.layout(shape), null);
    }

    TestOperand output(DType dtype, Layout layout, Samples samples) {
        return keep(TestOperand.output(backend, staging, dtype, layout, samples));
    }

    private TestOperand keep(TestOperand operand) {
        operands.add(operand);
        return operand;
    }

    /** Frees the operands made so far. */
    void release() {
        operands.forEach(TestOperand::close);
        operands.clear();
    }

    CompiledKernel compile(Kernel kernel) {
        return compiled.computeIfAbsent(kernel, backend::compile);
    }

    static List<Kernel.InputSpec> specs(List<TestOperand> inputs) {
        return inputs.stream()
                .map(input -> new Kernel.InputSpec(input.dtype(), LayoutClass.of(input.layout())))
                .toList();
    }

    static Launch launch(Shape space, int keptRank, List<TestOperand> in, List<TestOperand> out, long... params) {
        return new Launch(
                space,
                keptRank,
                in.stream().map(TestOperand::operand).toList(),
                out.stream().map(TestOperand::operand).toList(),
                params);
    }

    /** Runs a map and compares every element of every output, every input and every guard zone. */
    void map(List<Expr> outputs, Shape space, List<TestOperand> in, List<TestOperand> out, long... params) {
        map(new Kernel.Map(outputs, specs(in), params.length), space, in, out, params);
    }

    void map(Kernel.Map kernel, Shape space, List<TestOperand> in, List<TestOperand> out, long... params) {
        compile(kernel).run(launch(space, space.rank(), in, out, params));
        compareMap(kernel, space, in, out, params);
    }

    void compareMap(Kernel.Map kernel, Shape space, List<TestOperand> in, List<TestOperand> out, long... params) {
        Reader reader = new Reader(space, in, params);
        long[][] actual = readOutputs(in, out);
        Oracle oracle = new Oracle(kernel.outputs(), tolerance);
        for (int i = 0; i < space.elementCount(); i++) {
            reader.moveTo(i);
            oracle.evaluate(reader);
            for (int k = 0; k < out.size(); k++) {
                Expr expr = kernel.outputs().get(k);
                compare(oracle.result(k), actual[k][i], expr.dtype(), () -> "map " + shorten(expr), reader);
            }
        }
    }

    /** Reads what a launch wrote, checks guard zones and that inputs which are no outputs are unchanged. */
    static long[][] readOutputs(List<TestOperand> in, List<TestOperand> out) {
        long[][] actual = new long[out.size()][];
        for (int k = 0; k < out.size(); k++) {
            actual[k] = out.get(k).read("output " + k);
        }
        for (int i = 0; i < in.size(); i++) {
            if (!out.contains(in.get(i))) {
                in.get(i).requireUnchanged("input " + i);
            }
        }
        return actual;
    }

    /** Compares one element. */
    void compare(Interval expected, long actual, DType dtype, java.util.function.Supplier<String> what, Reader reader) {
        compared++;
        if (expected.isVague(dtype)) {
            vague++;
        }
        if (!expected.contains(actual, dtype)) {
            String given = dtype.isFloating() ? Double.toString(Double.longBitsToDouble(actual)) : "" + actual;
            throw new AssertionError(what.get() + ": wrong value\n  expected " + expected.describe(dtype) + " " + dtype
                    + "\n  given    " + given + "\n" + reader.describe());
        }
    }

    /** Fails if more than half of what was compared since the start had no bound: such a case shows nothing. */
    void requireMeaning() {
        if (compared > 0 && vague * 2 > compared) {
            throw new AssertionError("the case shows nothing: " + vague + " of " + compared
                    + " results have no bound\n  hint: give the operation a domain on which it is well conditioned");
        }
    }

    static String shorten(Expr expr) {
        String text = expr.toString();
        return text.length() < 300 ? text : text.substring(0, 300) + "…";
    }

    @Override
    public void close() {
        release();
    }
}
