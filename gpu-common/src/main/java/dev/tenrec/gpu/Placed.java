package dev.tenrec.gpu;

import java.util.function.Consumer;

/**
 * Elements that lie where two parts say together: one depends on the index across, the other on that along the depth. Each
 * is a position in memory and coordinates that are checked once they are added up. Parts take divisions, so they are
 * computed for a whole row or column of a tile and kept.
 *
 * @param name what the variables that keep parts begin with
 * @param neighboursAcross whether neighbours across lie next to each other in memory; otherwise those along the depth do,
 *     and the part across takes no divisions
 * @param axes coordinates
 * @param coordinate the type of a coordinate, in C
 * @param across writes statements that add to {@code at} and {@code axis0}, {@code axis1} … what {@code j} contributes
 * @param along likewise for {@code k}
 * @param load writes statements that assign to {@code value} the element that both say, if there is one
 */
record Placed(
        String name,
        boolean neighboursAcross,
        int axes,
        String coordinate,
        Consumer<SourceWriter> across,
        Consumer<SourceWriter> along,
        Consumer<SourceWriter> load)
        implements TileWriter.Elements {

    /** Declares what parts are kept in. */
    void declare(SourceWriter out, String qualifier, String part, String length) {
        out.line("%si64 %s_%s_at%s;", qualifier, name, part, length);
        for (int d = 0; d < axes; d++) {
            out.line("%s%s %s_%s%d%s;", qualifier, coordinate, name, part, d, length);
        }
    }

    /** Declares a place, to which parts are added. */
    void begin(SourceWriter out) {
        out.line("i64 at = 0;");
        for (int d = 0; d < axes; d++) {
            out.line("%s axis%d = 0;", coordinate, d);
        }
    }

    /** Keeps the place as a part. */
    void keep(SourceWriter out, String part, String index) {
        out.line("%s_%s_at%s = at;", name, part, index);
        for (int d = 0; d < axes; d++) {
            out.line("%s_%s%d%s = axis%d;", name, part, d, index, d);
        }
    }

    /** Adds a part that was kept. */
    void add(SourceWriter out, String part, String index) {
        out.line("at += %s_%s_at%s;", name, part, index);
        for (int d = 0; d < axes; d++) {
            out.line("axis%1$d += %2$s_%3$s%1$d%4$s;", d, name, part, index);
        }
    }
}
