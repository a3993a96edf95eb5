package dev.tenrec.cpu;

import dev.tenrec.cpu.FusedLoopPlan.Place;
import dev.tenrec.cpu.Program.Code;
import dev.tenrec.cpu.Program.Input;
import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.cpu.Program.Output;
import dev.tenrec.cpu.Program.Uniform;
import dev.tenrec.ir.Expr;
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
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Gives values registers, so that few blocks are live at a time, and makes the program. */
final class RegisterAssignment {
    private final int inputs;
    private final List<DType> types;
    private final Map<Integer, Expr> uniforms = new HashMap<>();
    private final int[] outputs;
    private final boolean resident;
    private final int[] physical;
    private final int[] lastUse;
    private final Set<Integer> pinned = new HashSet<>();
    private final Set<Integer> readWhole = new HashSet<>();
    private boolean[] scalars;
    private int registers;

    /**
     * Prepares.
     *
     * @param inputs number of inputs, the first values
     * @param types type of each value
     * @param uniforms constants and parameters
     * @param outputs values of the outputs
     * @param resident whether outputs are read from their registers after the last step
     */
    RegisterAssignment(int inputs, List<DType> types, List<Uniform> uniforms, int[] outputs, boolean resident) {
        this.inputs = inputs;
        this.types = types;
        uniforms.forEach(uniform -> this.uniforms.put(uniform.register(), uniform.expr()));
        this.outputs = outputs;
        this.resident = resident;
        this.physical = new int[types.size()];
        this.lastUse = new int[types.size()];
        this.scalars = new boolean[inputs];
    }

    /** Says of which inputs one element stands for all. */
    RegisterAssignment withScalars(boolean[] inputsThatAre) {
        scalars = inputsThatAre;
        return this;
    }

    /** Makes the program of some steps, in their order. */
    Program assign(List<Step> steps) {
        findLastUses(steps);
        Arrays.fill(physical, -1);
        for (int i = 0; i < inputs; i++) {
            physical[i] = i;
        }
        registers = inputs;
        List<Uniform> bound = bindUniforms(steps);
        for (int output : outputs) {
            if (physical[output] < 0) {
                physical[output] = registers++;
            }
            pinned.add(output);
        }
        Deque<Integer> free = new ArrayDeque<>();
        List<Instruction> result = new ArrayList<>();
        int weight = 0;
        for (int i = 0; i < steps.size(); i++) {
            switch (steps.get(i)) {
                case Step.One one -> {
                    result.add(single(one.instruction(), i, free));
                    weight++;
                }
                case Step.Group group -> {
                    result.add(loop(group, i, free));
                    weight += group.body().size();
                }
            }
        }
        List<Input> reads = new ArrayList<>();
        for (int i = 0; i < inputs; i++) {
            reads.add(new Input(types.get(i), lastUse[i], !scalars[i] || readWhole.contains(i)));
        }
        List<Output> written = Arrays.stream(outputs)
                .mapToObj(value -> new Output(types.get(value), physical[value], writer(value, steps)))
                .toList();
        return new Program(result, reads, bound, written, registers, weight);
    }

    private void findLastUses(List<Step> steps) {
        Arrays.fill(lastUse, -1);
        for (int i = 0; i < steps.size(); i++) {
            for (int value : steps.get(i).reads()) {
                lastUse[value] = i;
                if (steps.get(i) instanceof Step.One) {
                    readWhole.add(value);
                }
            }
        }
        for (int output : outputs) {
            lastUse[output] = Math.max(lastUse[output], resident ? steps.size() : -1);
            if (resident) {
                readWhole.add(output);
            }
        }
    }

    /** Constants that only fused loops read are part of those and need no register. */
    private List<Uniform> bindUniforms(List<Step> steps) {
        List<Uniform> bound = new ArrayList<>();
        uniforms.keySet().stream().sorted().forEach(value -> {
            Expr expr = uniforms.get(value);
            boolean whole = readWhole.contains(value);
            if (whole || !isPartOfLoop(value)) {
                physical[value] = registers;
                bound.add(new Uniform(registers++, expr, whole));
            }
        });
        return bound;
    }

    private boolean isPartOfLoop(int value) {
        return uniforms.get(value) instanceof Expr.Const constant && FusedLoopWriter.isHeld(constant);
    }

    private Instruction single(Instruction instruction, int step, Deque<Integer> free) {
        int[] args = Arrays.stream(instruction.args()).map(a -> physical[a]).toArray();
        int size = instruction.result().byteSize();
        // A loop may write over an operand of the same element size, not of another.
        List<Integer> later = new ArrayList<>();
        for (int arg : Arrays.stream(instruction.args()).distinct().toArray()) {
            if (lastUse[arg] == step && isTemporary(arg)) {
                if (types.get(arg).byteSize() == size) {
                    free.push(physical[arg]);
                } else {
                    later.add(physical[arg]);
                }
            }
        }
        int target = place(instruction.target(), free);
        later.forEach(free::push);
        return instruction.on(target, args);
    }

    private int place(int value, Deque<Integer> free) {
        if (physical[value] < 0) {
            physical[value] = free.isEmpty() ? registers++ : free.pop();
        }
        return physical[value];
    }

    private Instruction loop(Step.Group group, int step, Deque<Integer> free) {
        List<Place> reads = new ArrayList<>();
        Map<Integer, Expr.Const> constants = new HashMap<>();
        for (int value : group.reads()) {
            if (uniforms.containsKey(value) && isPartOfLoop(value)) {
                constants.put(value, (Expr.Const) uniforms.get(value));
            } else {
                boolean scalar = uniforms.containsKey(value) || value < inputs && scalars[value];
                reads.add(new Place(value, physical[value], types.get(value), scalar));
            }
        }
        List<Place> writes = new ArrayList<>();
        for (int value : group.writes()) {
            writes.add(new Place(value, place(value, free), types.get(value), false));
        }
        for (int value : group.reads()) {
            if (lastUse[value] == step && isTemporary(value)) {
                free.push(physical[value]);
            }
        }
        FusedLoop loop = FusedLoopWriter.write(new FusedLoopPlan(group.size(), group.body(), reads, writes, constants));
        return new Instruction(Code.LOOP, null, null, null, 0, -1, memory(reads, writes), loop);
    }

    /** Each register followed by the bytes an element takes there; 0 where one element stands for all. */
    private static int[] memory(List<Place> reads, List<Place> writes) {
        return Stream.concat(reads.stream(), writes.stream())
                .flatMapToInt(place -> IntStream.of(
                        place.register(), place.scalar() ? 0 : place.type().byteSize()))
                .toArray();
    }

    private boolean isTemporary(int value) {
        return value >= inputs && !pinned.contains(value) && !uniforms.containsKey(value);
    }

    private static int writer(int value, List<Step> steps) {
        for (int i = 0; i < steps.size(); i++) {
            for (int written : steps.get(i).writes()) {
                if (written == value) {
                    return i;
                }
            }
        }
        return -1;
    }
}
