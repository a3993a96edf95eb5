package dev.tenrec.cpu;

import dev.tenrec.cpu.Program.Code;
import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.cpu.Program.Uniform;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns expressions into a {@link Program}: orders them, chooses instructions, and assigns registers so that few blocks
 * are live at a time.
 */
final class ProgramBuilder {
    private final List<Expr> roots;
    private final DType[] inputTypes;
    private final List<Expr> order;
    private final Set<Expr> fusedConditions = new HashSet<>();
    private final List<Instruction> virtual = new ArrayList<>();
    private final Map<Expr, Integer> values = new HashMap<>();
    private final List<Uniform> uniforms = new ArrayList<>();
    private final List<DType> types = new ArrayList<>();
    private final int[] outputOf;
    private final boolean resident;

    private ProgramBuilder(List<Expr> roots, DType[] inputTypes, boolean resident) {
        this.roots = roots;
        this.resident = resident;
        this.inputTypes = inputTypes;
        this.order = Exprs.topological(roots);
        this.outputOf = new int[roots.size()];
    }

    /**
     * Compiles.
     *
     * @param roots one expression per output
     * @param inputTypes element types of the inputs
     * @return the program
     * @throws KernelCompile if an expression reads an input that is not there or of another type
     */
    static Program build(List<Expr> roots, DType[] inputTypes) {
        return tiered(new Source(roots, inputTypes, new boolean[inputTypes.length], false));
    }

    /** Compiles the expressions of a map, whose inputs' layout classes may be relied on. */
    static Program build(Kernel.Map map) {
        return tiered(Source.of(map));
    }

    /** Compiles an expression whose values the caller reads from its register, which may be that of an input. */
    static Program buildResident(Expr root, DType[] inputTypes) {
        return tiered(new Source(List.of(root), inputTypes, new boolean[inputTypes.length], true));
    }

    /**
     * What is compiled.
     *
     * @param roots one expression per output
     * @param types element types of the inputs
     * @param scalars of which inputs one element stands for all
     * @param resident whether the caller reads outputs from their registers
     */
    record Source(List<Expr> roots, DType[] types, boolean[] scalars, boolean resident) {
        static Source of(Kernel.Map map) {
            DType[] types = new DType[map.inputs().size()];
            boolean[] scalars = new boolean[types.length];
            for (int i = 0; i < types.length; i++) {
                types[i] = map.inputs().get(i).dtype();
                scalars[i] = map.inputs().get(i).layout() == LayoutClass.SCALAR;
            }
            return new Source(map.outputs(), types, scalars, false);
        }
    }

    private static Program tiered(Source source) {
        Program program = separate(source);
        if (CodegenMode.CURRENT != CodegenMode.OFF && program.instructions().length > 0) {
            program.attach(new Tiers(program, () -> fused(source)));
        }
        return program;
    }

    /** Compiles to a loop per primitive. */
    static Program separate(Source source) {
        ProgramBuilder builder = new ProgramBuilder(source.roots(), source.types(), source.resident());
        builder.findFusedConditions();
        return builder.emitAll()
                .assign(builder.virtual.stream().<Step>map(Step.One::new).toList());
    }

    /** Compiles to fused loops; null if that gains nothing. */
    static Program fused(Source source) {
        boolean[] scalars = source.scalars();
        List<Expr> lowered = VectorLowering.lower(source.roots());
        ProgramBuilder builder = new ProgramBuilder(lowered, source.types(), source.resident());
        RegisterAssignment assignment = builder.emitAll();
        List<Step> steps = LoopGrouping.group(
                builder.virtual, builder.types, builder.outputOf, value -> value < scalars.length && !scalars[value]);
        boolean any = steps.stream().anyMatch(Step.Group.class::isInstance);
        return any ? assignment.withScalars(scalars).assign(steps) : null;
    }

    private RegisterAssignment emitAll() {
        types.addAll(Arrays.asList(inputTypes));
        for (Expr expr : order) {
            if (!fusedConditions.contains(expr)) {
                values.put(expr, emit(expr));
            }
        }
        bindOutputs();
        return new RegisterAssignment(inputTypes.length, types, uniforms, outputOf, resident);
    }

    /** A comparison that only choices between 32- or 64-bit values of its operands' type use is never stored. */
    private void findFusedConditions() {
        if (CpuVector.scalar()) {
            return;
        }
        Map<Expr, Boolean> fusible = new HashMap<>();
        for (Expr expr : order) {
            List<Expr> children = expr.children();
            for (int i = 0; i < children.size(); i++) {
                boolean good = i == 0 && expr instanceof Expr.Select select && isComparison(select.condition(), select);
                fusible.merge(children.get(i), good, Boolean::logicalAnd);
            }
        }
        fusible.forEach((expr, good) -> {
            if (good && !roots.contains(expr)) {
                fusedConditions.add(expr);
            }
        });
    }

    private static boolean isComparison(Expr condition, Expr.Select select) {
        return condition instanceof Expr.Apply apply
                && (apply.op() == ScalarOp.LT || apply.op() == ScalarOp.LE || apply.op() == ScalarOp.EQ)
                && apply.children().get(0).dtype() == select.dtype()
                && select.dtype() != DType.BOOL;
    }

    /** Returns the virtual register that holds the expression. */
    private int emit(Expr expr) {
        return switch (expr) {
            case Expr.Input input -> checked(input);
            case Expr.Const _, Expr.Param _ -> {
                int register = fresh(expr.dtype());
                uniforms.add(new Uniform(register, expr, true));
                yield register;
            }
            case Expr.Index index -> add(Code.INDEX, null, DType.I64, DType.I64, index.axis());
            case Expr.Select select -> select(select);
            case Expr.Cast cast -> {
                int from = values.get(cast.arg());
                yield cast.bitwise() ? from : add(Code.CONVERT, null, cast.arg().dtype(), cast.dtype(), 0, from);
            }
            case Expr.Apply apply -> apply(apply);
        };
    }

    private int checked(Expr.Input input) {
        if (input.index() >= inputTypes.length || inputTypes[input.index()] != input.dtype()) {
            throw new KernelCompile(Message.of("kernel", "an expression does not fit the inputs")
                    .line("reads", "input " + input.index() + " as " + input.dtype())
                    .line("inputs", Arrays.toString(inputTypes))
                    .toString());
        }
        return input.index();
    }

    private int select(Expr.Select select) {
        int yes = values.get(select.whenTrue());
        int no = values.get(select.whenFalse());
        if (!fusedConditions.contains(select.condition())) {
            return add(Code.SELECT, null, select.dtype(), select.dtype(), 0, values.get(select.condition()), no, yes);
        }
        Expr.Apply condition = (Expr.Apply) select.condition();
        int left = values.get(condition.children().get(0));
        int right = values.get(condition.children().get(1));
        return add(Code.CHOOSE, condition.op(), select.dtype(), select.dtype(), 0, left, right, yes, no);
    }

    private int apply(Expr.Apply apply) {
        DType type = apply.children().get(0).dtype();
        int[] args = apply.children().stream().mapToInt(values::get).toArray();
        Code code;
        if (apply.op() == ScalarOp.FMA) {
            code = Code.FMA;
        } else if (type == DType.BOOL) {
            code = Code.LOGIC;
        } else if (apply.dtype() == DType.BOOL) {
            code = Code.COMPARE;
        } else {
            code = args.length == 1 ? Code.UNARY : Code.BINARY;
        }
        return add(code, apply.op(), type, apply.dtype(), 0, args);
    }

    private int add(Code code, ScalarOp op, DType type, DType result, int axis, int... args) {
        int target = fresh(result);
        virtual.add(new Instruction(code, op, type, result, axis, target, args, null));
        return target;
    }

    private int fresh(DType type) {
        types.add(type);
        return types.size() - 1;
    }

    /** Each output gets a register of its own that an instruction writes, so that it can lie in the output's memory. */
    private void bindOutputs() {
        Set<Integer> written = new HashSet<>();
        virtual.forEach(instruction -> written.add(instruction.target()));
        for (int i = 0; i < roots.size(); i++) {
            int value = values.get(roots.get(i));
            if (resident) {
                outputOf[i] = value;
                continue;
            }
            if (!written.remove(value)) {
                DType type = roots.get(i).dtype();
                value = add(Code.MOVE, null, type, type, 0, value);
            }
            outputOf[i] = value;
        }
    }
}
