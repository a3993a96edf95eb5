package dev.tenrec.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WalkTest {

    @Test
    void axesMergeWhereAllOperandsWalkThemWithOneStride() {
        Shape space = Shape.of(2, 1, 3, 4);
        Layout dense = Layout.dense(space);
        Layout row = Layout.of(space, new long[] {0, 0, 4, 1}, 7);
        Walk walk = Walk.of(space, List.of(dense, row), 0, 4, true);
        assertArrayEquals(new long[] {2, 12}, walk.sizes());
        assertArrayEquals(new long[] {12, 1}, walk.strides()[0]);
        assertArrayEquals(new long[] {0, 1}, walk.strides()[1]);
        assertArrayEquals(new long[] {0, 7}, walk.offsets());
        assertEquals(4, Walk.of(space, List.of(dense), 0, 4, false).rank());
        assertEquals(
                1,
                Walk.of(Shape.scalar(), List.of(Layout.dense(Shape.scalar())), 0, 0, true)
                        .count());
    }

    @Test
    void partsCoverASpaceInOrder() {
        Shape space = Shape.of(3, 5, 7);
        Walk whole = Walk.of(space, List.of(Layout.of(space, new long[] {100, 10, 1}, 5)), 0, 3, false);
        for (long limit : new long[] {1, 4, 7, 20, 35, 36, 70, 1000}) {
            List<Long> seen = new ArrayList<>();
            whole.split(limit, part -> {
                assertEquals(true, part.count() <= limit);
                assertEquals(seen.size(), part.first());
                for (long i = 0; i < part.count(); i++) {
                    seen.add(position(part, i));
                }
            });
            List<Long> expected = new ArrayList<>();
            for (long i = 0; i < space.elementCount(); i++) {
                expected.add(position(whole, i));
            }
            assertEquals(expected, seen, "limit " + limit);
        }
    }

    private static long position(Walk walk, long i) {
        long at = walk.offsets()[0];
        for (int d = walk.rank() - 1; d >= 0; d--) {
            at += i % walk.sizes()[d] * walk.strides()[0][d];
            i /= walk.sizes()[d];
        }
        return at;
    }

    /** The kernel's division by multiplication, for sizes and positions up to the limit. */
    @Test
    void magicNumbersDivide() {
        WalkStruct struct = new WalkStruct("Walk", 1, 6);
        Random random = new Random(1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(struct.bytes(), 8);
            for (int round = 0; round < 3000; round++) {
                long size = round < 1000 ? round + 1 : 1 + random.nextLong(WalkStruct.LIMIT);
                Shape space = Shape.of(1, size);
                Walk walk = new Walk(space.sizes(), new long[1], new long[][] {{size, 1}}, new long[2], 0);
                struct.write(memory, walk);
                long u32 = 8L * (1 + 6 + 1 + 6) + 8;
                assertEquals(size, memory.get(ValueLayout.JAVA_INT, u32 + 4));
                long magic = Integer.toUnsignedLong(memory.get(ValueLayout.JAVA_INT, u32 + 24 + 4));
                int shift = memory.get(ValueLayout.JAVA_INT, u32 + 48 + 4);
                for (int i = 0; i < 50; i++) {
                    long n = i == 0 ? size : i == 1 ? size - 1 : random.nextLong(1L << 31);
                    long high = n * magic >>> 32;
                    assertEquals(n / size, high + n >>> shift, n + " / " + size);
                }
            }
        }
    }
}
