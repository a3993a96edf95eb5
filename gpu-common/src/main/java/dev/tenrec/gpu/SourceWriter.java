package dev.tenrec.gpu;

import java.util.EnumSet;
import java.util.Set;

/** A program under construction: declarations before its kernels, helpers it uses, lines with indentation. */
final class SourceWriter {

    private final Dialect dialect;
    private final Set<Helper> helpers = EnumSet.noneOf(Helper.class);
    private final StringBuilder body = new StringBuilder();
    private boolean fp64;
    private int depth;

    SourceWriter(Dialect dialect) {
        this.dialect = dialect;
    }

    Dialect dialect() {
        return dialect;
    }

    /** Notes that a helper is called, and returns how it is named in C. */
    String call(Helper helper) {
        helpers.add(helper);
        fp64 |= helper.usesDoubles();
        return helper.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Notes that F64 is computed in. */
    void useDoubles() {
        fp64 = true;
    }

    /** Adds a line; a format is applied to arguments if there are any. */
    SourceWriter line(String text, Object... arguments) {
        String line = arguments.length == 0 ? text : text.formatted(arguments);
        if (line.startsWith("}")) {
            depth--;
        }
        body.append("  ".repeat(depth)).append(line).append('\n');
        if (line.endsWith("{")) {
            depth++;
        }
        return this;
    }

    /** Adds lines as they are, each with the indentation of this place. */
    SourceWriter lines(String text) {
        text.lines().forEach(this::line);
        return this;
    }

    /** Returns the whole program. */
    String text() {
        StringBuilder text = new StringBuilder(dialect.prelude(fp64));
        for (Helper helper : Helper.ALL) {
            if (helpers.contains(helper)) {
                text.append(helper.text());
            }
        }
        return text.append(body).toString();
    }
}
