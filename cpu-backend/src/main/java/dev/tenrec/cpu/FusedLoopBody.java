package dev.tenrec.cpu;

import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.util.HashMap;
import java.util.Map;

/** Writes the instructions of a fused loop, one value per local variable. */
final class FusedLoopBody {
    /** A value: where it is, and as what; of truth values the type whose mask it is. */
    private record Local(int slot, DType type, boolean mask) {}

    private final CodeBuilder code;
    private final FusedLoopPlan plan;
    private final ClassDesc owner;
    private final VectorCalls calls;
    private final Map<Integer, Local> locals = new HashMap<>();

    FusedLoopBody(CodeBuilder code, FusedLoopPlan plan, ClassDesc owner) {
        this.code = code;
        this.plan = plan;
        this.owner = owner;
        this.calls = new VectorCalls(code, plan.size());
    }

    VectorCalls calls() {
        return calls;
    }

    /** Names the value on the stack; a truth value is a mask of the type beside elements of the given size. */
    void define(int value, DType type, int size) {
        if (type == DType.BOOL) {
            defineMask(value, VectorCalls.maskType(size));
        } else {
            put(value, type, false);
        }
    }

    private void defineMask(int value, DType lanes) {
        put(value, lanes, true);
    }

    private void put(int value, DType type, boolean mask) {
        int slot = code.allocateLocal(TypeKind.REFERENCE);
        code.astore(slot);
        locals.put(value, new Local(slot, type, mask));
    }

    /** The type a number was computed as. */
    DType typeOf(int value) {
        Expr.Const constant = plan.constants().get(value);
        return constant != null ? constant.dtype() : locals.get(value).type();
    }

    /** Pushes a number, its bits seen as a type. */
    void use(int value, DType as) {
        Expr.Const constant = plan.constants().get(value);
        if (constant != null) {
            code.getstatic(owner, "c" + value, VectorCalls.vectorOf(constant.dtype()));
        } else {
            code.aload(locals.get(value).slot());
        }
        DType type = typeOf(value);
        if (type != as) {
            calls.reinterpret(type, as);
        }
    }

    /** Pushes a truth value as a mask beside elements of the loop's size. */
    void mask(int value) {
        mask(value, VectorCalls.maskType(plan.size()));
    }

    private void mask(int value, DType lanes) {
        Expr.Const constant = plan.constants().get(value);
        DType type = VectorCalls.maskType(plan.size());
        if (constant != null) {
            code.getstatic(owner, "c" + value, VectorCalls.MASK);
        } else {
            Local local = locals.get(value);
            code.aload(local.slot());
            type = local.type();
        }
        if (type != lanes) {
            calls.species(lanes);
            calls.maskCast();
        }
    }

    /** Writes one instruction. */
    void emit(Instruction i) {
        DType type = i.type();
        int[] args = i.args();
        switch (i.code()) {
            case UNARY -> {
                use(args[0], type);
                calls.unary(type, unaryName(i.op()));
                put(i.target(), type, false);
            }
            case BINARY -> binary(i);
            case FMA -> {
                use(args[0], type);
                use(args[1], type);
                use(args[2], type);
                calls.fma(type);
                put(i.target(), type, false);
            }
            case COMPARE -> {
                use(args[0], type);
                calls.operator(i.op().name(), "Comparison");
                use(args[1], type);
                calls.compare(type);
                defineMask(i.target(), type);
            }
            case LOGIC -> logic(i);
            case SELECT -> select(i);
            case CONVERT -> convert(i);
            case MOVE -> move(i);
            default -> throw new IllegalArgumentException(i.code().name());
        }
    }

    private static String unaryName(ScalarOp op) {
        return switch (op) {
            case NEG -> "neg";
            case ABS -> "abs";
            case SQRT -> "sqrt";
            case NOT -> "not";
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private void binary(Instruction i) {
        DType type = i.type();
        use(i.args()[0], type);
        switch (i.op()) {
            case XOR -> {
                calls.operator("XOR", "Associative");
                use(i.args()[1], type);
                calls.lanewise(type);
            }
            case SHL, SHR -> shift(i);
            default -> {
                use(i.args()[1], type);
                calls.binary(type, i.op().name().toLowerCase(java.util.Locale.ROOT));
            }
        }
        put(i.target(), type, false);
    }

    /** A constant distance is part of the instruction. */
    private void shift(Instruction i) {
        calls.operator(i.op() == ScalarOp.SHL ? "LSHL" : "LSHR", "Binary");
        Expr.Const distance = plan.constants().get(i.args()[1]);
        if (distance == null || distance.dtype() != i.type()) {
            use(i.args()[1], i.type());
            calls.lanewise(i.type());
        } else if (i.type() == DType.I32) {
            code.loadConstant((int) distance.bits());
            calls.lanewiseByElement(i.type());
        } else {
            code.loadConstant(distance.bits());
            calls.lanewiseByElement(i.type());
        }
    }

    private void logic(Instruction i) {
        int a = i.args()[0];
        int b = i.args().length > 1 ? i.args()[1] : a;
        switch (i.op()) {
            case NOT -> {
                mask(a);
                calls.maskNot();
            }
            case AND -> masks(a, b, "and");
            case OR -> masks(a, b, "or");
            case XOR -> masks(a, b, "xor");
            case EQ -> {
                masks(a, b, "xor");
                calls.maskNot();
            }
            case LT -> masks(b, a, "andNot");
            case LE -> {
                masks(a, b, "andNot");
                calls.maskNot();
            }
            default -> throw new IllegalArgumentException(i.op().name());
        }
        defineMask(i.target(), VectorCalls.maskType(plan.size()));
    }

    private void masks(int a, int b, String method) {
        mask(a);
        mask(b);
        calls.maskBinary(method);
    }

    private void select(Instruction i) {
        int condition = i.args()[0];
        int no = i.args()[1];
        int yes = i.args()[2];
        if (i.type() == DType.BOOL) {
            masks(yes, condition, "and");
            masks(no, condition, "andNot");
            calls.maskBinary("or");
            defineMask(i.target(), VectorCalls.maskType(plan.size()));
            return;
        }
        use(no, i.type());
        use(yes, i.type());
        mask(condition, i.type());
        calls.blend(i.type());
        put(i.target(), i.type(), false);
    }

    private void convert(Instruction i) {
        DType from = i.type();
        DType to = i.result();
        if (to == DType.BOOL) {
            use(i.args()[0], from);
            calls.operator("NE", "Comparison");
            number(from, 0);
            calls.compare(from);
            defineMask(i.target(), from);
        } else if (from == DType.BOOL) {
            number(to, 0);
            number(to, 1);
            mask(i.args()[0], to);
            calls.blend(to);
            put(i.target(), to, false);
        } else {
            use(i.args()[0], from);
            calls.operator(from == DType.I32 ? "I2F" : "F2I", "Conversion");
            calls.convert(from, to);
            put(i.target(), to, false);
        }
    }

    /** Pushes 0 or 1 in all lanes. */
    private void number(DType type, int value) {
        calls.species(type);
        switch (type) {
            case F32 -> code.loadConstant((float) value);
            case F64 -> code.loadConstant((double) value);
            case I32 -> code.loadConstant(value);
            default -> code.loadConstant((long) value);
        }
        calls.broadcast(type);
    }

    private void move(Instruction i) {
        int value = i.args()[0];
        if (i.type() == DType.BOOL) {
            mask(value);
            defineMask(i.target(), VectorCalls.maskType(plan.size()));
        } else {
            use(value, i.type());
            put(i.target(), i.type(), false);
        }
    }
}
