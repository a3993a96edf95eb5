package dev.tenrec.gpu;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.List;
import java.util.Set;

/**
 * Writes kernels that treat lines of elements: a line belongs to a group whose items take turns, or, on processors, to
 * one work item. What the items of a group found is combined as a tree, so that results do not depend on timing.
 */
final class LineWriter {

    private final SourceWriter out;
    private final boolean grouped;
    private final int group;
    private final DType dtype;

    LineWriter(GpuContext context, SourceWriter out, DType dtype) {
        this(out, context.prefersGroups(), groupSize(context), dtype);
    }

    LineWriter(SourceWriter out, boolean grouped, int group, DType dtype) {
        this.out = out;
        this.grouped = grouped;
        this.group = group;
        this.dtype = dtype;
    }

    static int groupSize(GpuContext context) {
        return Math.min(context.prefersGroups() ? 256 : 16, context.group());
    }

    static Grid grid(GpuContext context, long lines) {
        int size = groupSize(context);
        return context.prefersGroups() ? new Grid(lines, 1, 1, size, 1) : Grid.linear(lines, size);
    }

    /** Writes the function of a primitive, as arithmetic where the device's own is not exact enough. */
    static void function(SourceWriter out, String name, ScalarOp op, DType dtype, Set<ScalarOp> lowered) {
        List<Expr> body = ExprWriter.lower(List.of(Expr.apply(op, List.of(Expr.input(0, dtype)))), lowered);
        String type = CTypes.value(out, dtype);
        out.line("FUNCTION %s %s(%s x) {", type, name, type);
        String value = new ExprWriter(out, "t")
                .write(body, new ExprWriter.Environment() {
                    @Override
                    public String input(int index, DType inputType) {
                        return "x";
                    }

                    @Override
                    public String index(int axis) {
                        throw new IllegalStateException("a function has no index");
                    }
                })
                .get(0);
        out.line("return %s;", value);
        out.line("}");
    }

    /** Begins a kernel over {@code lines} lines of which {@code line} is the current one. */
    void begin(String name, String parameters) {
        out.line("KERNEL(%d, 1) void %s(%s, u32 lines) {", group, name, parameters);
        if (grouped) {
            out.line("SHARED %s shared[%d];", CTypes.value(out, dtype), group);
            out.line("const u32 line = GROUP_X;");
        } else {
            out.line("const u32 line = GROUP_X * %du + ITEM_X;", group);
        }
        out.line("if (line < lines) {");
    }

    void end() {
        out.line("}");
        out.line("}");
    }

    /** Begins a loop over a line's elements. */
    void loop(String variable, String count) {
        out.line(
                grouped
                        ? "for (u32 %1$s = ITEM_X; %1$s < %2$s; %1$s += %3$du) {"
                        : "for (u32 %1$s = 0; %1$s < %2$s; %1$s++) {",
                variable,
                count,
                group);
    }

    /** Makes of what each item found, in a variable, what all found. */
    void all(ReduceOp op, String variable) {
        if (!grouped) {
            return;
        }
        Folding folding = new Folding(op, dtype);
        out.line("shared[ITEM_X] = %s;", variable);
        out.line("BARRIER();");
        out.line("for (u32 half_size = %du; half_size > 0; half_size >>= 1) {", group / 2);
        out.line("if (ITEM_X < half_size) {");
        folding.combine(out, "shared[ITEM_X]", "", "shared[ITEM_X + half_size]", "");
        out.line("}");
        out.line("BARRIER();");
        out.line("}");
        out.line("%s = shared[0];", variable);
        out.line("BARRIER();");
    }

    /** Begins what only one item of a line does. */
    void once() {
        out.line(grouped ? "if (ITEM_X == 0) {" : "{");
    }
}
