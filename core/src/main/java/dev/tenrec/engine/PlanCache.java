package dev.tenrec.engine;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/**
 * How regions were launched before: found again by structure, sizes and strides, so that a program which does the same
 * thing again plans nothing. Buffers, offsets and scalars are no part of a plan. Bounded: plans that were not used while
 * as many others as half the bound were made are dropped. Guarded by the device's lock.
 */
final class PlanCache {

    /**
     * A launch but for buffers, offsets and scalars.
     *
     * @param kernel what runs it
     * @param space the iteration space
     * @param keptRank as in {@link dev.tenrec.backend.Launch}
     * @param inputs the layouts of the operands over the space, as the first such launch had them
     * @param output the layout of every output
     */
    record Plan(CompiledKernel kernel, Shape space, int keptRank, Layout[] inputs, Layout output) {}

    /** What a plan is found by. */
    static final class Key {
        private final int variant;
        private final Shape shape;
        private final int[] code;
        private final Layout[] layouts;
        private final int hash;
        private Plan plan;
        private Key next;

        /**
         * Takes a key.
         *
         * @param variant the kind of kernel, and what else it depends on
         * @param shape the region's shape
         * @param code the region's structure
         * @param layouts how what it reads lies in memory
         */
        Key(int variant, Shape shape, int[] code, Layout[] layouts) {
            this.variant = variant;
            this.shape = shape;
            this.code = code;
            this.layouts = layouts;
            this.hash = hash(variant, shape, code, code.length, layouts, layouts.length);
        }
    }

    /** Half of the bound; the table of a generation has as many lists. */
    private static final int GENERATION = Limits.CACHED_KERNELS / 2;

    private Key[] young = new Key[GENERATION];
    private Key[] old = new Key[GENERATION];
    private int size;

    /** Finds the plan of a key given as in {@link Key}, of whose arrays the first elements count; null if there is none. */
    Plan find(int variant, Shape shape, int[] code, int codes, Layout[] layouts, int count) {
        int hash = hash(variant, shape, code, codes, layouts, count);
        for (Key key = young[slot(hash)]; key != null; key = key.next) {
            if (key.hash == hash && matches(key, variant, shape, code, codes, layouts, count)) {
                return key.plan;
            }
        }
        Key before = null;
        for (Key key = old[slot(hash)]; key != null; key = key.next) {
            if (key.hash == hash && matches(key, variant, shape, code, codes, layouts, count)) {
                if (before == null) {
                    old[slot(hash)] = key.next;
                } else {
                    before.next = key.next;
                }
                insert(key);
                return key.plan;
            }
            before = key;
        }
        return null;
    }

    /** Remembers a plan. */
    void put(Key key, Plan plan) {
        if (find(key.variant, key.shape, key.code, key.code.length, key.layouts, key.layouts.length) == null) {
            key.plan = plan;
            insert(key);
        }
    }

    private void insert(Key key) {
        if (size == GENERATION) {
            old = young;
            young = new Key[GENERATION];
            size = 0;
        }
        int slot = slot(key.hash);
        key.next = young[slot];
        young[slot] = key;
        size++;
    }

    private static int slot(int hash) {
        return (hash ^ hash >>> 16) & GENERATION - 1;
    }

    private static int hash(int variant, Shape shape, int[] code, int codes, Layout[] layouts, int count) {
        int hash = 31 * variant + shape.hashCode();
        for (int i = 0; i < codes; i++) {
            hash = 31 * hash + code[i];
        }
        for (int i = 0; i < count; i++) {
            hash = 31 * hash + layouts[i].hashExceptOffset();
        }
        return hash;
    }

    private static boolean matches(
            Key key, int variant, Shape shape, int[] code, int codes, Layout[] layouts, int count) {
        boolean same = key.variant == variant
                && key.layouts.length == count
                && Arrays.equals(key.code, 0, key.code.length, code, 0, codes)
                && key.shape.equals(shape);
        for (int i = 0; same && i < count; i++) {
            same = key.layouts[i].equalsExceptOffset(layouts[i]);
        }
        return same;
    }
}
