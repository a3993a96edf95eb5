package dev.tenrec.backend;

import dev.tenrec.type.Shape;
import java.util.List;

/**
 * One run of a kernel: everything that is not its structure. What space and operands mean is said at each kind of
 * {@link dev.tenrec.ir.Kernel}.
 *
 * @param space the iteration space
 * @param keptRank for reductions, how many leading axes of the space are kept; otherwise the space's rank
 * @param inputs what is read
 * @param outputs what is written
 * @param params run-time scalars: of floating types as {@link Double#doubleToRawLongBits}, others as they are
 */
public record Launch(Shape space, int keptRank, List<Operand> inputs, List<Operand> outputs, long[] params) {}
