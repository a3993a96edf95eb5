package dev.tenrec.gpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/** A structure of whole numbers and arrays of them, for kernels whose sizes have names. */
final class LongStruct {

    private final String name;
    private final Map<String, long[]> fields = new LinkedHashMap<>();

    LongStruct(String name) {
        this.name = name;
    }

    /** Adds a number. */
    LongStruct with(String field, long value) {
        return withAll(field, value);
    }

    /** Adds an array, which is a number in C if it has one element. */
    LongStruct withAll(String field, long... values) {
        fields.put(field, values.clone());
        return this;
    }

    /** Declares a structure of fields; of an array by its length, of a number with 0. */
    static void declare(SourceWriter out, String name, Map<String, Integer> lengths) {
        out.line("typedef struct {");
        lengths.forEach((field, length) -> out.line(length == 0 ? "i64 %s;" : "i64 %s[%d];", field, length));
        out.line("} %s;", name);
    }

    int bytes() {
        return 8 * fields.values().stream().mapToInt(values -> values.length).sum();
    }

    /** Writes the values in the order of the fields, which is that of the declaration. */
    void write(MemorySegment to) {
        long at = 0;
        for (long[] values : fields.values()) {
            for (long value : values) {
                to.set(ValueLayout.JAVA_LONG, at, value);
                at += 8;
            }
        }
    }

    @Override
    public String toString() {
        return name + fields.keySet();
    }
}
