package dev.tenrec.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.ir.Interpreter;
import dev.tenrec.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ElementsTest {

    @Test
    void everyTypeKeepsItsValues() {
        double[] values = {0, 1, 0.5, -2, 100, 255, Double.POSITIVE_INFINITY, -0.0};
        try (Arena arena = Arena.ofConfined()) {
            for (DType dtype : DType.values()) {
                MemorySegment memory = arena.allocate((values.length + 2L) * dtype.byteSize(), 64);
                memory.fill((byte) 0x5A);
                long before = Elements.read(memory, dtype, 0);
                for (int i = 0; i < values.length; i++) {
                    long value = Interpreter.convert(Double.doubleToRawLongBits(values[i]), DType.F64, dtype);
                    Elements.write(memory, dtype, i + 1, value);
                    assertEquals(value, Elements.read(memory, dtype, i + 1), dtype + " " + values[i]);
                }
                assertEquals(before, Elements.read(memory, dtype, 0), "the neighbour of " + dtype);
                assertThrows(IndexOutOfBoundsException.class, () -> Elements.read(memory, dtype, values.length + 2));
                assertThrows(IndexOutOfBoundsException.class, () -> Elements.write(memory, dtype, -1, 0));
            }
        }
    }

    @Test
    void patternsInMemoryAreTheUsualOnes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16, 64);
            Elements.write(memory, DType.BF16, 0, Double.doubleToRawLongBits(1));
            assertEquals(0x3F80, memory.get(ValueLayout.JAVA_SHORT, 0));
            Elements.write(memory, DType.F16, 0, Double.doubleToRawLongBits(1));
            assertEquals(0x3C00, memory.get(ValueLayout.JAVA_SHORT, 0));
            Elements.write(memory, DType.F32, 0, Double.doubleToRawLongBits(1));
            assertEquals(0x3F800000, memory.get(ValueLayout.JAVA_INT, 0));
            Elements.write(memory, DType.U8, 0, 200);
            assertEquals(-56, memory.get(ValueLayout.JAVA_BYTE, 0));
            memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 0x80);
            assertEquals(1, Elements.read(memory, DType.BOOL, 0));
            Elements.write(memory, DType.BOOL, 0, 1);
            assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, 0));
        }
    }

    @Test
    void copiesKeepEveryBit() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16, 64);
            memory.set(ValueLayout.JAVA_INT, 0, 0x7F800001);
            Elements.copy(memory, 0, memory, 3, DType.F32);
            assertEquals(0x7F800001, memory.get(ValueLayout.JAVA_INT, 12));
        }
    }
}
