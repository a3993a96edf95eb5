package dev.tenrec.tensor;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scoped;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;

/** Ways to make tensors. Called as {@code Tensor.zeros(…)}, {@code Tensor.of(…)}: static methods are inherited. */
public abstract sealed class TensorCreation extends Scoped permits Tensor {

    TensorCreation() {}

    /**
     * Makes a tensor of one value everywhere, on the current device.
     *
     * @param dtype element type
     * @param shape the sizes
     * @param value the value, rounded to the type
     * @return the tensor
     */
    public static Tensor full(DType dtype, Shape shape, double value) {
        return Creation.full(dtype, shape, value);
    }

    /**
     * Makes an F32 tensor of zeros, on the current device.
     *
     * @param sizes the sizes
     * @return the tensor
     */
    public static Tensor zeros(long... sizes) {
        return full(DType.F32, Shape.of(sizes), 0);
    }

    /**
     * Makes an F32 tensor of ones, on the current device.
     *
     * @param sizes the sizes
     * @return the tensor
     */
    public static Tensor ones(long... sizes) {
        return full(DType.F32, Shape.of(sizes), 1);
    }

    /**
     * Makes a tensor of zeros, on the current device.
     *
     * @param dtype element type
     * @param shape the sizes
     * @return the tensor
     */
    public static Tensor zeros(DType dtype, Shape shape) {
        return full(dtype, shape, 0);
    }

    /**
     * Makes a tensor of ones, on the current device.
     *
     * @param dtype element type
     * @param shape the sizes
     * @return the tensor
     */
    public static Tensor ones(DType dtype, Shape shape) {
        return full(dtype, shape, 1);
    }

    /**
     * Makes a scalar, on the current device.
     *
     * @param value the value
     * @return F32 [ ]
     */
    public static Tensor scalar(double value) {
        return full(DType.F32, Shape.scalar(), value);
    }

    /**
     * Makes the numbers start, start + step, … below end, on the current device.
     *
     * @param dtype element type
     * @param start the first
     * @param end the bound, excluded
     * @param step the distance, not 0
     * @return a tensor of one axis
     * @throws InvalidArgument if the step is 0 or a bound is not finite
     */
    public static Tensor arange(DType dtype, double start, double end, double step) {
        return Creation.arange(dtype, start, end, step);
    }

    /**
     * Makes the numbers 0, 1, … below a bound as I64, on the current device.
     *
     * @param end the bound, excluded
     * @return I64 [end]
     */
    public static Tensor arange(long end) {
        return arange(DType.I64, 0, end, 1);
    }

    /**
     * Makes evenly spaced numbers with both ends, on the current device.
     *
     * @param dtype F32 or F64
     * @param start the first
     * @param end the last
     * @param count how many, at least 1
     * @return a tensor of one axis
     */
    public static Tensor linspace(DType dtype, double start, double end, long count) {
        return Creation.linspace(dtype, start, end, count);
    }

    /**
     * Makes an identity matrix, on the current device.
     *
     * @param dtype element type
     * @param size rows and columns
     * @return [size, size], 1 on the diagonal and 0 elsewhere
     */
    public static Tensor eye(DType dtype, long size) {
        return Creation.eye(dtype, size);
    }

    /**
     * Makes a tensor of given values, on the current device.
     *
     * @param values the elements, row-major
     * @param sizes the sizes; none for one axis
     * @return F32
     * @throws ShapeMismatch if the sizes do not hold as many elements
     */
    public static Tensor of(float[] values, long... sizes) {
        return Creation.of(DType.F32, MemorySegment.ofArray(values), values.length, sizes);
    }

    /**
     * Makes a tensor of given values, on the current device.
     *
     * @param values the elements, row-major
     * @param sizes the sizes; none for one axis
     * @return F64
     * @throws ShapeMismatch if the sizes do not hold as many elements
     */
    public static Tensor of(double[] values, long... sizes) {
        return Creation.of(DType.F64, MemorySegment.ofArray(values), values.length, sizes);
    }

    /**
     * Makes a tensor of given values, on the current device.
     *
     * @param values the elements, row-major
     * @param sizes the sizes; none for one axis
     * @return I32
     * @throws ShapeMismatch if the sizes do not hold as many elements
     */
    public static Tensor of(int[] values, long... sizes) {
        return Creation.of(DType.I32, MemorySegment.ofArray(values), values.length, sizes);
    }

    /**
     * Makes a tensor of given values, on the current device.
     *
     * @param values the elements, row-major
     * @param sizes the sizes; none for one axis
     * @return I64
     * @throws ShapeMismatch if the sizes do not hold as many elements
     */
    public static Tensor of(long[] values, long... sizes) {
        return Creation.of(DType.I64, MemorySegment.ofArray(values), values.length, sizes);
    }

    /**
     * Makes a tensor of given values, on the current device.
     *
     * @param values the elements, row-major
     * @param sizes the sizes; none for one axis
     * @return BOOL
     * @throws ShapeMismatch if the sizes do not hold as many elements
     */
    public static Tensor of(boolean[] values, long... sizes) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return Creation.of(DType.BOOL, MemorySegment.ofArray(bytes), bytes.length, sizes);
    }

    /**
     * Makes a tensor of unsigned bytes, on the current device.
     *
     * @param values the elements, row-major
     * @param sizes the sizes; none for one axis
     * @return U8
     * @throws ShapeMismatch if the sizes do not hold as many elements
     */
    public static Tensor ofBytes(byte[] values, long... sizes) {
        return Creation.of(DType.U8, MemorySegment.ofArray(values), values.length, sizes);
    }

    /**
     * Makes a matrix, on the current device.
     *
     * @param rows the rows, all of one length
     * @return F32 [rows, columns]
     * @throws ShapeMismatch if the rows differ in length
     */
    public static Tensor of(float[][] rows) {
        return Creation.of(rows);
    }

    /**
     * Makes a tensor of raw elements, on the current device.
     *
     * @param dtype element type
     * @param shape the sizes
     * @param elements dense, row-major, in native byte order; copied
     * @return the tensor
     * @throws ShapeMismatch if the segment has another length
     */
    public static Tensor of(DType dtype, Shape shape, MemorySegment elements) {
        return Creation.of(dtype, shape, elements);
    }

    /**
     * Makes a tensor of an operation without tensor operands, such as random numbers, on the current device.
     *
     * @param op the operation
     * @param dtype the result's element type
     * @param shape the sizes
     * @param scalars the operation's run-time scalars
     * @return the tensor
     */
    public static Tensor generate(ElementwiseOp op, DType dtype, Shape shape, double... scalars) {
        return Creation.generate(op, dtype, shape, scalars);
    }

    /**
     * Puts tensors one after the other along an axis.
     *
     * @param axis which axis
     * @param parts at least one; of one type, and of one shape except along the axis
     * @return the whole
     * @throws ShapeMismatch if other sizes differ
     */
    public static Tensor concat(int axis, Tensor... parts) {
        return Shapes.concat(axis, parts);
    }

    /**
     * Puts tensors side by side along a new axis.
     *
     * @param axis where the new axis goes; −1 for after the last
     * @param parts at least one, of one type and shape
     * @return the whole
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor stack(int axis, Tensor... parts) {
        return Shapes.stack(axis, parts);
    }
}
