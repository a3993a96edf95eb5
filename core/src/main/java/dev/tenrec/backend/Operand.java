package dev.tenrec.backend;

import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;

/**
 * A view of a buffer that a kernel reads or writes.
 *
 * @param buffer the memory
 * @param dtype element type
 * @param layout shape, strides and offset in elements
 */
public record Operand(DeviceBuffer buffer, DType dtype, Layout layout) {}
