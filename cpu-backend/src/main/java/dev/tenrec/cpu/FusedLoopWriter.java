package dev.tenrec.cpu;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;

import dev.tenrec.cpu.FusedLoopPlan.Place;
import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.ir.Expr;
import dev.tenrec.type.DType;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes the hidden class of one {@link FusedLoop}: constants in static final fields, everything else in local
 * variables, one loop that loads all inputs, computes and stores all outputs. The class is unloaded with the last
 * reference to the loop.
 */
final class FusedLoopWriter {
    private static final ClassDesc NAME = ClassDesc.of("dev.tenrec.cpu.FusedLoopCode");
    private static final ClassDesc BYTE_ORDER =
            ByteOrder.class.describeConstable().orElseThrow();
    private static final ClassDesc WIDTH = ClassDesc.of("dev.tenrec.cpu.VectorWidth");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(CD_void, CD_long.arrayType(), CD_int);

    private static final int ADDRESSES = 1;
    private static final int COUNT = 2;

    private final FusedLoopPlan plan;
    private final int lanes;
    private final Map<Integer, Integer> slots = new HashMap<>();

    private FusedLoopWriter(FusedLoopPlan plan) {
        this.plan = plan;
        this.lanes = CpuVector.BITS / 8 / plan.size();
    }

    /** Makes the loop. */
    static FusedLoop write(FusedLoopPlan plan) {
        byte[] bytes = new FusedLoopWriter(plan).classFile();
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return (FusedLoop) lookup.findConstructor(lookup.lookupClass(), MethodType.methodType(void.class))
                    .invoke();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] classFile() {
        return ClassFile.of().build(NAME, type -> {
            type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC);
            type.withInterfaceSymbols(ClassDesc.of("dev.tenrec.cpu.FusedLoop"));
            plan.constants()
                    .forEach((value, constant) -> type.withField(
                            "c" + value,
                            VectorCalls.vectorOf(constant.dtype()),
                            ClassFile.ACC_STATIC | ClassFile.ACC_FINAL | ClassFile.ACC_PRIVATE));
            type.withMethodBody(
                    ConstantDescs.CLASS_INIT_NAME, ConstantDescs.MTD_void, ClassFile.ACC_STATIC, this::writeConstants);
            type.withMethodBody(
                    INIT_NAME,
                    ConstantDescs.MTD_void,
                    ClassFile.ACC_PUBLIC,
                    code -> code.aload(0)
                            .invokespecial(CD_Object, INIT_NAME, ConstantDescs.MTD_void)
                            .return_());
            type.withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, this::writeRun);
        });
    }

    private void writeConstants(CodeBuilder code) {
        plan.constants().forEach((value, constant) -> {
            VectorCalls calls = new VectorCalls(code, plan.size());
            calls.species(constant.dtype());
            switch (constant.dtype()) {
                case F32 -> code.loadConstant((float) constant.value());
                case F64 -> code.loadConstant(constant.value());
                case I32 -> code.loadConstant((int) constant.bits());
                case I64 -> code.loadConstant(constant.bits());
                default -> code.loadConstant((int) constant.bits());
            }
            if (constant.dtype() == DType.BOOL) {
                calls.maskAll();
            } else {
                calls.broadcast(constant.dtype());
            }
            code.putstatic(NAME, "c" + value, VectorCalls.vectorOf(constant.dtype()));
        });
        code.return_();
    }

    private void writeRun(CodeBuilder code) {
        FusedLoopBody body = new FusedLoopBody(code, plan, NAME);
        plan.inputs().forEach(place -> locate(code, place));
        plan.outputs().forEach(place -> locate(code, place));
        for (Place place : plan.inputs()) {
            if (place.scalar()) {
                loadScalar(code, body, place);
            }
        }
        int index = code.allocateLocal(TypeKind.INT);
        Label top = code.newLabel();
        Label end = code.newLabel();
        code.iconst_0().istore(index);
        code.labelBinding(top).iload(index).iload(COUNT).if_icmpge(end);
        for (Place place : plan.inputs()) {
            if (!place.scalar()) {
                load(code, body, place, index);
            }
        }
        for (Instruction instruction : plan.body()) {
            body.emit(instruction);
        }
        for (Place place : plan.outputs()) {
            store(code, body, place, index);
        }
        code.iinc(index, lanes).goto_(top);
        code.labelBinding(end).return_();
    }

    /** Puts the address of a register into a local variable. */
    private void locate(CodeBuilder code, Place place) {
        int register = place.register();
        if (!slots.containsKey(register)) {
            int address = code.allocateLocal(TypeKind.LONG);
            code.aload(ADDRESSES).loadConstant(register).laload().lstore(address);
            slots.put(register, address);
        }
    }

    private void loadScalar(CodeBuilder code, FusedLoopBody body, Place place) {
        DType type = place.type();
        VectorCalls calls = body.calls();
        calls.species(type);
        code.lload(slots.get(place.register()));
        if (type == DType.BOOL) {
            calls.support("bool", MethodTypeDesc.of(CD_boolean, CD_long));
            calls.maskAll();
        } else {
            calls.support(
                    VectorCalls.fieldOf(type).toLowerCase(java.util.Locale.ROOT),
                    MethodTypeDesc.of(VectorCalls.elementOf(type), CD_long));
            calls.broadcast(type);
        }
        body.define(place.value(), type, plan.size());
    }

    private void address(CodeBuilder code, int register, int index, int size) {
        code.lload(slots.get(register)).iload(index).i2l();
        if (size > 1) {
            code.loadConstant((long) size).lmul();
        }
        code.ladd();
    }

    private void load(CodeBuilder code, FusedLoopBody body, Place place, int index) {
        DType type = place.type();
        VectorCalls calls = body.calls();
        calls.species(type);
        if (type != DType.BOOL) {
            calls.memory();
        }
        address(code, place.register(), index, type.byteSize());
        if (type == DType.BOOL) {
            calls.support("read" + lanes, MethodTypeDesc.of(CD_long, CD_long));
            calls.maskFromBits();
        } else {
            code.getstatic(WIDTH, "ORDER", BYTE_ORDER);
            calls.load(type);
        }
        body.define(place.value(), type, plan.size());
    }

    private void store(CodeBuilder code, FusedLoopBody body, Place place, int index) {
        VectorCalls calls = body.calls();
        if (place.type() == DType.BOOL) {
            body.mask(place.value());
            calls.maskToBits();
            address(code, place.register(), index, 1);
            calls.support("write" + lanes, MethodTypeDesc.of(CD_void, CD_long, CD_long));
            return;
        }
        DType type = body.typeOf(place.value());
        body.use(place.value(), type);
        calls.memory();
        address(code, place.register(), index, plan.size());
        code.getstatic(WIDTH, "ORDER", BYTE_ORDER);
        calls.store(type);
    }

    /** Whether the constants' type is one that a loop can hold. */
    static boolean isHeld(Expr.Const constant) {
        return VectorCalls.isVector(constant.dtype()) || constant.dtype() == DType.BOOL;
    }
}
