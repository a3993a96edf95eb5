package dev.tenrec.cpu;

import dev.tenrec.cpu.Program.Code;
import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Finds instructions that can share a loop: on elements of one size, of primitives with vector instructions, few enough
 * that the compiler inlines all of them. What lies between two loops passes through a block in the first-level cache.
 */
final class LoopGrouping {
    /**
     * Most instructions in a loop, with many more of which the compiler might stop inlining and put vectors on the heap;
     * 92 were measured in one loop. A cut in the midst of a function passes many values through memory.
     */
    private static final int MOST = 96;

    private final List<Instruction> all;
    private final List<Instruction> pending;
    private final List<DType> types;
    private final Set<Integer> outputs = new HashSet<>();
    private final Set<Integer> waiting = new HashSet<>();
    private final List<Step> steps = new ArrayList<>();

    private final IntPredicate inBlocks;

    private LoopGrouping(List<Instruction> instructions, List<DType> types, int[] outputs, IntPredicate inBlocks) {
        this.all = instructions;
        this.inBlocks = inBlocks;
        this.pending = new ArrayList<>(instructions);
        this.types = types;
        Arrays.stream(outputs).forEach(this.outputs::add);
        instructions.forEach(i -> waiting.add(i.target()));
    }

    /**
     * Groups.
     *
     * @param instructions on values, in order
     * @param types type of each value
     * @param outputs values that are read after the program
     * @param inBlocks whether a value is an input with an element of its own for each place
     * @return the same instructions, operands still before what uses them
     */
    static List<Step> group(List<Instruction> instructions, List<DType> types, int[] outputs, IntPredicate inBlocks) {
        return new LoopGrouping(instructions, types, outputs, inBlocks).run();
    }

    private List<Step> run() {
        while (!pending.isEmpty()) {
            takeSingles();
            if (!pending.isEmpty()) {
                takeGroup();
            }
        }
        return steps;
    }

    /** Everything that can run now and shares no loop. */
    private void takeSingles() {
        for (Iterator<Instruction> i = pending.iterator(); i.hasNext(); ) {
            Instruction instruction = i.next();
            if (size(instruction) < 0 && isReady(instruction, Set.of())) {
                steps.add(new Step.One(instruction));
                waiting.remove(instruction.target());
                i.remove();
            }
        }
    }

    private void takeGroup() {
        int size = 0;
        List<Instruction> body = new ArrayList<>();
        Set<Integer> inside = new HashSet<>();
        for (Instruction instruction : pending) {
            int own = size(instruction);
            boolean fits = own == 0 || own > 0 && (size == 0 || own == size);
            if (fits && body.size() < MOST && isReady(instruction, inside)) {
                size = Math.max(size, own);
                body.add(instruction);
                inside.add(instruction.target());
            }
        }
        pending.removeAll(body);
        waiting.removeAll(inside);
        if (size == 0 || body.size() == 1 && isServedAlone(body.get(0))) {
            body.forEach(instruction -> steps.add(new Step.One(instruction)));
            return;
        }
        steps.add(new Step.Group(size, body, reads(body, inside), writes(body, inside)));
    }

    /** Whether the primitive's own loop is as good: all but where one element would be repeated to a block first. */
    private boolean isServedAlone(Instruction instruction) {
        return all.size() > 1
                || instruction.code() != Code.MOVE
                        && Arrays.stream(instruction.args()).allMatch(inBlocks);
    }

    private boolean isReady(Instruction instruction, Set<Integer> inside) {
        for (int arg : instruction.args()) {
            if (waiting.contains(arg) && !inside.contains(arg)) {
                return false;
            }
        }
        return true;
    }

    private static int[] reads(List<Instruction> body, Set<Integer> inside) {
        Set<Integer> reads = new LinkedHashSet<>();
        for (Instruction instruction : body) {
            for (int arg : instruction.args()) {
                if (!inside.contains(arg)) {
                    reads.add(arg);
                }
            }
        }
        return reads.stream().mapToInt(Integer::intValue).toArray();
    }

    private int[] writes(List<Instruction> body, Set<Integer> inside) {
        Set<Integer> writes = new LinkedHashSet<>();
        for (Instruction instruction : all) {
            if (!body.contains(instruction)) {
                Arrays.stream(instruction.args()).filter(inside::contains).forEach(writes::add);
            }
        }
        inside.stream().filter(outputs::contains).sorted().forEach(writes::add);
        return writes.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Bytes of the elements an instruction works on; 0 if on truth values only, −1 if it shares no loop. */
    private int size(Instruction i) {
        return switch (i.code()) {
            case UNARY, BINARY, COMPARE -> isVectorized(i.op(), i.type()) ? width(i, i.type()) : -1;
            case FMA -> i.type() == DType.F32 || i.type() == DType.F64 ? width(i, i.type()) : -1;
            case LOGIC -> width(i, DType.BOOL);
            case SELECT, MOVE -> width(i, i.type());
            case CONVERT -> conversion(i);
            default -> -1;
        };
    }

    private int conversion(Instruction i) {
        DType from = i.type();
        DType to = i.result();
        if (from == DType.BOOL) {
            return VectorCalls.isVector(to) ? width(i, to) : -1;
        }
        boolean shared =
                to == DType.BOOL || from == DType.F32 && to == DType.I32 || from == DType.I32 && to == DType.F32;
        return shared ? width(i, from) : -1;
    }

    /** The size of a type, if operands are of that size or truth values. */
    private int width(Instruction instruction, DType type) {
        int size = type == DType.BOOL ? 0 : VectorCalls.isVector(type) ? type.byteSize() : -1;
        for (int arg : instruction.args()) {
            DType held = types.get(arg);
            boolean fits = held == DType.BOOL || VectorCalls.isVector(held) && held.byteSize() == size;
            if (!fits) {
                return -1;
            }
        }
        return size;
    }

    private static boolean isVectorized(ScalarOp op, DType type) {
        boolean floating = type == DType.F32 || type == DType.F64;
        boolean whole = type == DType.I32 || type == DType.I64;
        return switch (op) {
            case NEG, ABS, ADD, SUB, MUL, MIN, MAX, LT, LE, EQ -> floating || whole;
            case SQRT, DIV -> floating;
            case AND, OR, XOR, NOT, SHL, SHR -> whole;
            default -> false;
        };
    }
}
