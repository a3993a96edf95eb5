package dev.tenrec.gpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The structure that carries a {@link Walk} to a kernel, and the C that walks it. Positions are counted in 32 bits and
 * divided by multiplication (Granlund and Montgomery 1994), so a part has less than 2³¹ elements.
 */
final class WalkStruct {

    /** The most elements of a part. */
    static final long LIMIT = 1L << 30;

    private static final int USUAL_AXES = 6;
    private static final int MOST_AXES = 16;

    private final String name;
    private final int operands;
    private final int axes;

    /**
     * Describes the structure.
     *
     * @param name of the type in C
     * @param operands how many are walked
     * @param axes the most that a walk may have
     */
    WalkStruct(String name, int operands, int axes) {
        this.name = name;
        this.operands = operands;
        this.axes = axes;
    }

    /** How many axes a kernel is written for that is to walk some: few variants, so few programs. */
    static int axesFor(int rank) {
        return rank <= USUAL_AXES ? USUAL_AXES : rank <= MOST_AXES ? MOST_AXES : rank;
    }

    int bytes() {
        return 8 * (1 + axes + operands * (1 + axes)) + 4 * (2 + 3 * axes) + (axes % 2 == 0 ? 0 : 4);
    }

    void declare(SourceWriter out) {
        out.line("typedef struct {");
        out.line("i64 first;");
        out.line("i64 begin[%d];", axes);
        if (operands > 0) {
            out.line("i64 offset[%d];", operands);
            out.line("i64 stride[%d][%d];", operands, axes);
        }
        out.line("u32 count;");
        out.line("u32 rank;");
        out.line("u32 size[%d];", axes);
        out.line("u32 magic[%d];", axes);
        out.line("u32 shift[%d];", axes);
        out.line("} %s;", name);
    }

    /**
     * Writes the way from a position to the operands' elements.
     *
     * @param out the program
     * @param walk the structure's name in C
     * @param position name of a u32 that counts elements of the part
     * @param at how an operand's position is to be named
     * @param declare whether those names are declared, at the operand's offset, or added to
     * @param axis the name of an array of i64 that gets the index along each axis, or null
     */
    void locate(
            SourceWriter out, String walk, String position, UnaryOperator<String> at, boolean declare, String axis) {
        for (int k = 0; declare && k < operands; k++) {
            out.line("i64 %s = %s.offset[%d];", at.apply("" + k), walk, k);
        }
        if (axis != null && declare) {
            out.line("i64 %s[%d];", axis, axes);
        }
        locate(out, walk, position, at, axis, "0", walk + ".rank");
    }

    /** Adds to the operands' positions what a position within the axes from one to before another amounts to. */
    void locate(
            SourceWriter out,
            String walk,
            String position,
            UnaryOperator<String> at,
            String axis,
            String from,
            String to) {
        out.line("{");
        out.line("u32 rest = %s;", position);
        out.line("for (u32 d = %s - 1; d > %s; d--) {", to, from);
        out.line("const u32 q = (MUL_HIGH(rest, %1$s.magic[d]) + rest) >> %1$s.shift[d];", walk);
        out.line("const i64 x = rest - q * %s.size[d];", walk);
        for (int k = 0; k < operands; k++) {
            out.line("%s += x * %s.stride[%d][d];", at.apply("" + k), walk, k);
        }
        if (axis != null) {
            out.line("%s[d] = %s.begin[d] + x;", axis, walk);
        }
        out.line("rest = q;");
        out.line("}");
        for (int k = 0; k < operands; k++) {
            out.line("%s += (i64)rest * %s.stride[%d][%s];", at.apply("" + k), walk, k, from);
        }
        if (axis != null) {
            out.line("%1$s[%3$s] = %2$s.begin[%3$s] + rest;", axis, walk, from);
        }
        out.line("}");
    }

    /** Writes a walk into memory as the structure. */
    void write(MemorySegment to, Walk walk) {
        write(to, walk, walk.count());
    }

    /** Writes a walk into memory, with another number of work items than it has elements. */
    void write(MemorySegment to, Walk walk, long items) {
        long at = 0;
        at = put(to, at, walk.first());
        for (int d = 0; d < axes; d++) {
            at = put(to, at, d < walk.rank() ? walk.begin()[d] : 0);
        }
        for (int k = 0; k < operands; k++) {
            at = put(to, at, walk.offsets()[k]);
        }
        for (int k = 0; k < operands; k++) {
            for (int d = 0; d < axes; d++) {
                at = put(to, at, d < walk.rank() ? walk.strides()[k][d] : 0);
            }
        }
        at = put(to, at, Math.toIntExact(items));
        at = put(to, at, walk.rank());
        long magic = at + 4L * axes;
        long shift = magic + 4L * axes;
        for (int d = 0; d < axes; d++) {
            int size = d < walk.rank() ? Math.toIntExact(walk.sizes()[d]) : 1;
            // The smallest power of two that is not below the size: q = (mulhi(n, m) + n) >> shift for n below 2³¹.
            int log = 32 - Integer.numberOfLeadingZeros(Math.max(size, 1) - 1);
            put(to, at, size);
            put(to, magic, (int) (((1L << 32) * ((1L << log) - size)) / Math.max(size, 1) + 1));
            put(to, shift, log);
            at += 4;
            magic += 4;
            shift += 4;
        }
    }

    private static long put(MemorySegment to, long at, long value) {
        to.set(ValueLayout.JAVA_LONG, at, value);
        return at + 8;
    }

    private static long put(MemorySegment to, long at, int value) {
        to.set(ValueLayout.JAVA_INT, at, value);
        return at + 4;
    }

    /** The layouts of operands, for {@link Walk#of}. */
    static List<dev.tenrec.type.Layout> layouts(List<dev.tenrec.backend.Operand> operands) {
        return operands.stream().map(dev.tenrec.backend.Operand::layout).toList();
    }
}
