package dev.tenrec.gpu;

/**
 * How many work items run a kernel: groups along two axes, of one size that is part of the program.
 *
 * @param groupsX groups along the first axis
 * @param groupsY groups along the second
 * @param groupsZ groups along the third
 * @param sizeX work items of a group along the first axis
 * @param sizeY work items of a group along the second
 */
public record Grid(long groupsX, long groupsY, long groupsZ, int sizeX, int sizeY) {

    /**
     * Covers a number of elements with groups along one axis.
     *
     * @param elements how many, above 0
     * @param size work items of a group
     * @return as many groups as are needed
     */
    public static Grid linear(long elements, int size) {
        return new Grid((elements + size - 1) / size, 1, 1, size, 1);
    }
}
