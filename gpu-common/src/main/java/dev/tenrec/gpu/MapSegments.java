package dev.tenrec.gpu;

import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The structure that carries several maps to one kernel: for each the addresses of its operands, its scalars, how many
 * elements it has and which group is its first. All of it is one argument, which CUDA limits to 4 kB.
 */
final class MapSegments {

    private static final int ARGUMENT_BYTES = 4096;
    private static final int MOST = 64;

    private final int pointers;
    private final List<Map.Entry<Integer, DType>> scalars = new ArrayList<>();
    private final int segmentBytes;
    private final int most;

    /**
     * Lays it out.
     *
     * @param outputs of a map
     * @param inputs of a map, those that are read
     * @param params a map's scalars by number
     */
    MapSegments(int outputs, int inputs, Map<Integer, DType> params) {
        this.pointers = outputs + inputs;
        // The wide ones first, so that nothing lies between two fields.
        params.entrySet().stream().filter(one -> bytes(one.getValue()) == 8).forEach(scalars::add);
        params.entrySet().stream().filter(one -> bytes(one.getValue()) == 4).forEach(scalars::add);
        int bytes = 8 * pointers + 8;
        for (Map.Entry<Integer, DType> one : scalars) {
            bytes += bytes(one.getValue());
        }
        this.segmentBytes = (bytes + 7) & -8;
        this.most = Math.min(MOST, (ARGUMENT_BYTES - 8) / segmentBytes);
    }

    private static int bytes(DType dtype) {
        return switch (dtype) {
            case F64, I64 -> 8;
            case F32, F16, BF16, I32, U8, BOOL -> 4;
        };
    }

    /** Most maps that fit. */
    int most() {
        return most;
    }

    int bytes() {
        return most * segmentBytes + 8;
    }

    /** Writes the types; {@code pointers} are the operands' fields. */
    void declare(SourceWriter out, List<String> pointers) {
        out.line("typedef struct {");
        pointers.forEach(pointer -> out.line("%s;", pointer));
        scalars.forEach(one -> out.line("%s p%d;", CTypes.value(out, one.getValue()), one.getKey()));
        out.line("u32 count;");
        out.line("u32 first;");
        out.line("} Segment;");
        out.line("typedef struct {");
        out.line("Segment segment[%d];", most);
        out.line("u32 count;");
        out.line("u32 unused;");
        out.line("} Segments;");
    }

    /** Writes the search for the segment k of a group: the last one that begins at the group or before. */
    void locate(SourceWriter out) {
        out.line("u32 k = 0;");
        out.line("for (u32 end = all.count; end - k > 1;) {");
        out.line("const u32 middle = (k + end) / 2;");
        out.line("if (all.segment[middle].first <= GROUP_X) {");
        out.line("k = middle;");
        out.line("} else {");
        out.line("end = middle;");
        out.line("}");
        out.line("}");
    }

    void address(MemorySegment struct, int segment, int pointer, long address) {
        struct.set(ValueLayout.JAVA_LONG, (long) segment * segmentBytes + 8L * pointer, address);
    }

    /** Writes what follows the addresses. */
    void finish(MemorySegment struct, int segment, long[] params, int count, int first) {
        long at = (long) segment * segmentBytes + 8L * pointers;
        for (Map.Entry<Integer, DType> one : scalars) {
            long value = params[one.getKey()];
            switch (one.getValue()) {
                case F32, F16, BF16 -> struct.set(ValueLayout.JAVA_FLOAT, at, (float) Double.longBitsToDouble(value));
                case F64 -> struct.set(ValueLayout.JAVA_DOUBLE, at, Double.longBitsToDouble(value));
                case I32, U8, BOOL -> struct.set(ValueLayout.JAVA_INT, at, (int) value);
                case I64 -> struct.set(ValueLayout.JAVA_LONG, at, value);
            }
            at += bytes(one.getValue());
        }
        struct.set(ValueLayout.JAVA_INT, at, count);
        struct.set(ValueLayout.JAVA_INT, at + 4, first);
    }

    /** Writes how many maps there are. */
    void count(MemorySegment struct, int maps) {
        struct.set(ValueLayout.JAVA_INT, (long) most * segmentBytes, maps);
    }
}
