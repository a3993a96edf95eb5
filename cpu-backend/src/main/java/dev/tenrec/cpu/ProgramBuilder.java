package dev.tenrec.cpu;

import dev.tenrec.cpu.Program.Code;
import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.cpu.Program.Uniform;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
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
        return new ProgramBuilder(roots, inputTypes, false).build();
    }

    /** Compiles an expression whose values the caller reads from its register, which may be that of an input. */
    static Program buildResident(Expr root, DType[] inputTypes) {
        return new ProgramBuilder(List.of(root), inputTypes, true).build();
    }

    private Program build() {
        types.addAll(Arrays.asList(inputTypes));
        findFusedConditions();
        for (Expr expr : order) {
            if (!fusedConditions.contains(expr)) {
                values.put(expr, emit(expr));
            }
        }
        bindOutputs();
        return assignRegisters();
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
                uniforms.add(new Uniform(register, expr));
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
        virtual.add(new Instruction(code, op, type, result, axis, target, args));
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

    private Program assignRegisters() {
        int[] lastUse = new int[types.size()];
        Arrays.fill(lastUse, -1);
        for (int i = 0; i < virtual.size(); i++) {
            for (int arg : virtual.get(i).args()) {
                lastUse[arg] = i;
            }
        }
        for (int output : outputOf) {
            lastUse[output] = Math.max(lastUse[output], resident ? virtual.size() : -1);
        }
        int[] physical = new int[types.size()];
        Arrays.fill(physical, -1);
        int count = inputTypes.length;
        for (int i = 0; i < count; i++) {
            physical[i] = i;
        }
        List<Uniform> bound = new ArrayList<>();
        for (Uniform uniform : uniforms) {
            physical[uniform.register()] = count;
            bound.add(new Uniform(count++, uniform.expr()));
        }
        Set<Integer> pinned = new HashSet<>();
        for (int output : outputOf) {
            if (physical[output] < 0) {
                physical[output] = count++;
            }
            pinned.add(output);
        }
        Deque<Integer> free = new ArrayDeque<>();
        List<Instruction> result = new ArrayList<>();
        for (int i = 0; i < virtual.size(); i++) {
            Instruction instruction = virtual.get(i);
            int[] args = Arrays.stream(instruction.args()).map(a -> physical[a]).toArray();
            int size = instruction.result().byteSize();
            // A loop may write over an operand of the same element size, not of another.
            List<Integer> later = new ArrayList<>();
            for (int arg : Arrays.stream(instruction.args()).distinct().toArray()) {
                if (lastUse[arg] == i && isTemporary(arg, pinned)) {
                    if (types.get(arg).byteSize() == size) {
                        free.push(physical[arg]);
                    } else {
                        later.add(physical[arg]);
                    }
                }
            }
            int target = instruction.target();
            if (physical[target] < 0) {
                physical[target] = free.isEmpty() ? count++ : free.pop();
            }
            later.forEach(free::push);
            result.add(new Instruction(
                    instruction.code(),
                    instruction.op(),
                    instruction.type(),
                    instruction.result(),
                    instruction.axis(),
                    physical[target],
                    args));
        }
        return new Program(
                result,
                inputTypes,
                Arrays.copyOf(lastUse, inputTypes.length),
                bound,
                roots.stream().map(Expr::dtype).toArray(DType[]::new),
                Arrays.stream(outputOf).map(v -> physical[v]).toArray(),
                Arrays.stream(outputOf).map(this::writer).toArray(),
                count);
    }

    private boolean isTemporary(int register, Set<Integer> pinned) {
        return register >= inputTypes.length
                && !pinned.contains(register)
                && uniforms.stream().noneMatch(uniform -> uniform.register() == register);
    }

    private int writer(int register) {
        for (int i = 0; i < virtual.size(); i++) {
            if (virtual.get(i).target() == register) {
                return i;
            }
        }
        return -1;
    }
}
