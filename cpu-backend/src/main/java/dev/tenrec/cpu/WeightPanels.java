package dev.tenrec.cpu;

import dev.tenrec.cpu.ConvolutionSizes.Image;

/**
 * The weights of a part of a convolution, in panels, block of depth by block of depth.
 *
 * @param arrays where they go
 * @param columns the part
 * @param weight where they are
 * @param width rows of a panel
 * @param start where the first panel begins
 */
record WeightPanels(ConvolutionArrays arrays, ConvolutionColumns columns, Image weight, int width, int start) {
    /** Depth of a block: its panels of weights and columns take half of a first-level cache. */
    private static final int MAX_DEPTH = 256;

    /** Where the next part's panels begin. */
    int end() {
        return ConvolutionSizes.size(start + (long) columns.groups() * rows() * columns.depth());
    }

    private int rows() {
        return Math.ceilDiv(columns.rows(), width) * width;
    }

    /** Depth of all blocks but the last. */
    int blockDepth() {
        int blocks = Math.max(1, Math.ceilDiv(columns.depth(), MAX_DEPTH));
        return Math.max(1, Math.ceilDiv(Math.ceilDiv(columns.depth(), blocks), 4) * 4);
    }

    /** Where the panels of a block of a group begin. */
    int at(int group, int d0) {
        return start + rows() * (group * columns.depth() + d0);
    }

    /** Packs all weights of a group. */
    void pack(int group) {
        long first = weight.offset() + group * columns.groupStride();
        int step = blockDepth();
        for (int d0 = 0; d0 < columns.depth(); d0 += step) {
            int depth = Math.min(step, columns.depth() - d0);
            arrays.packWeights(
                    Binding.memory(weight.operand()),
                    first,
                    columns.rowStride(),
                    columns.weightAt(),
                    d0,
                    depth,
                    columns.rows(),
                    width,
                    at(group, d0));
        }
    }
}
