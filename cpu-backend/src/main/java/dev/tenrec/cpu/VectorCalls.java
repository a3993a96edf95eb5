package dev.tenrec.cpu;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.tenrec.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** Writes calls of the Vector API into a method; operands are on the stack. */
final class VectorCalls {
    static final ClassDesc MASK = api("VectorMask");
    private static final ClassDesc SPECIES = api("VectorSpecies");
    private static final ClassDesc VECTOR = api("Vector");
    private static final ClassDesc FLOATS = api("FloatVector");
    private static final ClassDesc INTS = api("IntVector");
    private static final ClassDesc DOUBLES = api("DoubleVector");
    private static final ClassDesc LONGS = api("LongVector");
    private static final ClassDesc OPERATORS = api("VectorOperators");
    private static final ClassDesc BINARY = api("VectorOperators$Binary");
    private static final ClassDesc SUPPORT = ClassDesc.of("dev.tenrec.cpu.LoopSpecies");
    private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
    private static final ClassDesc BYTE_ORDER = ClassDesc.of("java.nio.ByteOrder");

    private final CodeBuilder code;
    private final int size;

    /** Writes into a method that works on elements of the given size in bytes. */
    VectorCalls(CodeBuilder code, int size) {
        this.code = code;
        this.size = size;
    }

    private static ClassDesc api(String name) {
        return ClassDesc.of("jdk.incubator.vector." + name);
    }

    /** Whether values of a type lie in vectors. */
    static boolean isVector(DType type) {
        return type == DType.F32 || type == DType.F64 || type == DType.I32 || type == DType.I64;
    }

    static ClassDesc vectorOf(DType type) {
        return switch (type) {
            case F32 -> FLOATS;
            case F64 -> DOUBLES;
            case I32 -> INTS;
            case I64 -> LONGS;
            case BOOL -> MASK;
            default -> throw new IllegalArgumentException(type.name());
        };
    }

    static ClassDesc elementOf(DType type) {
        return switch (type) {
            case F32 -> CD_float;
            case F64 -> CD_double;
            case I32 -> CD_int;
            case I64 -> CD_long;
            default -> throw new IllegalArgumentException(type.name());
        };
    }

    static String fieldOf(DType type) {
        return type.name();
    }

    /** The type whose masks stand for truth values beside elements of a size. */
    static DType maskType(int size) {
        return size == 4 ? DType.I32 : DType.I64;
    }

    void species(DType type) {
        code.getstatic(SUPPORT, fieldOf(type == DType.BOOL ? maskType(size) : type), SPECIES);
    }

    /** Pushes the segment of all memory. */
    void memory() {
        code.getstatic(SUPPORT, "MEMORY", SEGMENT);
    }

    void support(String method, MethodTypeDesc type) {
        code.invokestatic(SUPPORT, method, type);
    }

    /** species, element → vector. */
    void broadcast(DType type) {
        ClassDesc vector = vectorOf(type);
        code.invokestatic(vector, "broadcast", MethodTypeDesc.of(vector, SPECIES, elementOf(type)));
    }

    /** species, segment, offset, order → vector. */
    void load(DType type) {
        ClassDesc vector = vectorOf(type);
        code.invokestatic(
                vector, "fromMemorySegment", MethodTypeDesc.of(vector, SPECIES, SEGMENT, CD_long, BYTE_ORDER));
    }

    /** vector, segment, offset, order →. */
    void store(DType type) {
        code.invokevirtual(
                vectorOf(type), "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, BYTE_ORDER));
    }

    /** vector → vector. */
    void unary(DType type, String method) {
        code.invokevirtual(vectorOf(type), method, MethodTypeDesc.of(vectorOf(type)));
    }

    /** vector, vector → vector. */
    void binary(DType type, String method) {
        code.invokevirtual(vectorOf(type), method, MethodTypeDesc.of(vectorOf(type), VECTOR));
    }

    /** vector, vector, vector → vector. */
    void fma(DType type) {
        code.invokevirtual(vectorOf(type), "fma", MethodTypeDesc.of(vectorOf(type), VECTOR, VECTOR));
    }

    /** Pushes an operator such as {@code LSHL}. */
    void operator(String name, String kind) {
        code.getstatic(OPERATORS, name, api("VectorOperators$" + kind));
    }

    /** vector, operator, vector → vector. */
    void lanewise(DType type) {
        code.invokevirtual(vectorOf(type), "lanewise", MethodTypeDesc.of(vectorOf(type), BINARY, VECTOR));
    }

    /** vector, operator, element → vector. */
    void lanewiseByElement(DType type) {
        code.invokevirtual(vectorOf(type), "lanewise", MethodTypeDesc.of(vectorOf(type), BINARY, elementOf(type)));
    }

    /** vector, comparison, vector → mask. */
    void compare(DType type) {
        code.invokevirtual(
                vectorOf(type), "compare", MethodTypeDesc.of(MASK, api("VectorOperators$Comparison"), VECTOR));
    }

    /** vector taken where false, vector taken where true, mask → vector. */
    void blend(DType type) {
        code.invokevirtual(vectorOf(type), "blend", MethodTypeDesc.of(vectorOf(type), VECTOR, MASK));
    }

    /** vector → the same bits as vector of another type of the same size. */
    void reinterpret(DType from, DType to) {
        String method = switch (to) {
            case F32 -> "reinterpretAsFloats";
            case F64 -> "reinterpretAsDoubles";
            case I32 -> "reinterpretAsInts";
            default -> "reinterpretAsLongs";
        };
        code.invokevirtual(vectorOf(from), method, MethodTypeDesc.of(vectorOf(to)));
    }

    /** vector, conversion → vector. */
    void convert(DType from, DType to) {
        code.iconst_0();
        code.invokevirtual(
                vectorOf(from), "convert", MethodTypeDesc.of(VECTOR, api("VectorOperators$Conversion"), CD_int));
        code.checkcast(vectorOf(to));
    }

    /** species, truth value → mask. */
    void maskAll() {
        code.invokeinterface(SPECIES, "maskAll", MethodTypeDesc.of(MASK, CD_boolean));
    }

    /** species, bits → mask. */
    void maskFromBits() {
        code.invokestatic(MASK, "fromLong", MethodTypeDesc.of(MASK, SPECIES, CD_long));
    }

    /** mask → bits. */
    void maskToBits() {
        code.invokevirtual(MASK, "toLong", MethodTypeDesc.of(CD_long));
    }

    /** mask, species → mask. */
    void maskCast() {
        code.invokevirtual(MASK, "cast", MethodTypeDesc.of(MASK, SPECIES));
    }

    /** mask → mask. */
    void maskNot() {
        code.invokevirtual(MASK, "not", MethodTypeDesc.of(MASK));
    }

    /** mask, mask → mask. */
    void maskBinary(String method) {
        code.invokevirtual(MASK, method, MethodTypeDesc.of(MASK, MASK));
    }
}
