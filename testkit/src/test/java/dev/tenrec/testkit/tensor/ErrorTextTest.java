package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.DeviceMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.error.TensorException;
import dev.tenrec.memory.Scope;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The text of each error a tensor's methods raise, and that raising it costs no memory. */
class ErrorTextTest extends DeviceTest {

    private Tensor matrix;

    @BeforeEach
    void matrix2x3() {
        matrix = Tensor.zeros(2, 3).materialize();
    }

    private Tensor matrix() {
        return matrix;
    }

    private void check(Class<? extends TensorException> type, String text, Runnable call) {
        long before = device.liveBytes();
        Scope.run(() -> assertEquals(text, assertThrows(type, call::run).getMessage()));
        assertEquals(before, device.liveBytes());
    }

    private void shape(String text, Runnable call) {
        check(ShapeMismatch.class, text, call);
    }

    private void type(String text, Runnable call) {
        check(DTypeMismatch.class, text, call);
    }

    private void argument(String text, Runnable call) {
        check(InvalidArgument.class, text, call);
    }

    @Test
    void creation() {
        shape(
                """
                tensor: shape and number of elements differ
                  shape [2, 2]              holds 4 elements
                  given 3 elements of F32""",
                () -> Tensor.of(new float[3], 2, 2));
        shape(
                """
                tensor: rows differ in length
                  row 0 2 elements
                  row 1 1 elements""",
                () -> Tensor.of(new float[][] {{1, 2}, {3}}));
        argument(
                """
                arange: no such range
                  expected finite bounds and a step other than 0
                  given    from 0.0 to 1.0 by 0.0""",
                () -> Tensor.arange(DType.F32, 0, 1, 0));
        argument(
                """
                arange: no such range
                  expected finite bounds and a step other than 0
                  given    from 0.0 to Infinity by 1.0""",
                () -> Tensor.arange(DType.F32, 0, Double.POSITIVE_INFINITY, 1));
        type(
                """
                arange: element type does not fit
                  expected F32, F64, I32 or I64
                  given    BOOL""",
                () -> Tensor.arange(DType.BOOL, 0, 1, 1));
        argument(
                """
                linspace: no elements
                  expected a count of at least 1
                  given    0""",
                () -> Tensor.linspace(DType.F32, 0, 1, 0));
        type(
                """
                linspace: element type does not fit
                  expected F32 or F64   type
                  given    I32
                  hint: convert with .to(DType.F32)""",
                () -> Tensor.linspace(DType.I32, 0, 1, 3));
        argument(
                """
                shape: negative size
                  expected sizes of 0 or more
                  given    [-1]""",
                () -> Tensor.zeros(-1));
        argument(
                """
                shape: too many axes
                  expected at most 8
                  given    9 axes: [1, 1, 1, 1, 1, 1, 1, 1, 1]
                  hint: reshape to merge axes""",
                () -> Tensor.zeros(1, 1, 1, 1, 1, 1, 1, 1, 1));
        argument(
                """
                shape: too many elements
                  expected a product of sizes below 2^63
                  given    [4611686018427387904, 4]""",
                () -> Tensor.zeros(1L << 62, 4));
        argument(
                """
                generate: operation does not fit
                  expected no tensor operands, 0 scalars
                  given    exp: 1 operands, 0 scalars""",
                () -> Tensor.generate(Ops.EXP, DType.F32, Shape.of(2)));
    }

    @Test
    void elementwise() {
        shape(
                """
                add: shapes do not broadcast
                  left  [2, 3]   size of axis -1 = 3
                  right [2]      size of axis -1 = 2
                  hint: sizes must be equal, or one of them 1, counted from the last axis""",
                () -> matrix().add(Tensor.zeros(2)));
        type(
                """
                add: element types do not fit
                  expected F32, F64, I32 or I64   the same for all operands
                  given    [F32, F64]
                  hint: convert one operand, such as .to(DType.F32)""",
                () -> matrix().add(Tensor.zeros(DType.F64, Shape.of(3))));
        type(
                """
                exp: element types do not fit
                  expected F32 or F64
                  given    [I64]
                  hint: convert one operand, such as .to(DType.F32)""",
                () -> Tensor.arange(3).exp());
        type(
                """
                relu: element types do not fit
                  expected F32, F64, I32 or I64
                  given    [F16]
                  hint: BF16, F16 and U8 are storage types: convert first, such as .to(DType.F32)""",
                () -> matrix().to(DType.F16).relu());
        type(
                """
                and: element types do not fit
                  expected I32, I64 or BOOL   the same for all operands
                  given    [F32, F32]
                  hint: convert one operand, such as .to(DType.F32)""",
                () -> matrix().and(matrix()));
        type(
                """
                where: element types do not fit
                  expected BOOL first, then one type   the same for all operands
                  given    [F32, F32, F32]
                  hint: convert one operand, such as .to(DType.F32)""",
                () -> matrix().where(matrix(), matrix()));
        argument(
                """
                add: wrong number of operands
                  expected 2 tensors and 0 scalars
                  given    1 tensors and 0 scalars""",
                () -> matrix().apply(Ops.ADD));
        argument(
                """
                mulScalar: scalar is not of the operand's type
                  expected a whole number that I64 can hold
                  given    0.5
                  hint: convert the tensor first, such as .to(DType.F32)""",
                () -> Tensor.arange(3).mul(0.5));
        argument(
                """
                lessScalar: scalar is not of the operand's type
                  expected a whole number that I32 can hold
                  given    3.0E9
                  hint: convert the tensor first, such as .to(DType.F32)""",
                () -> Tensor.of(new int[] {1}).lt(3e9));
        argument(
                """
                arange: scalar is not of the operand's type
                  expected a whole number that I32 can hold
                  given    0.5
                  hint: convert the tensor first, such as .to(DType.F32)""",
                () -> Tensor.arange(DType.I32, 0, 2, 0.5));
    }

    @Test
    void devices() {
        Device elsewhere = new Device("elsewhere", 0);
        DeviceMismatch error = assertThrows(DeviceMismatch.class, () -> {
            Tensor other = OtherDevice.tensor(elsewhere);
            matrix().add(other);
        });
        assertEquals(
                """
                add: operands live on different devices
                  operand 0 reference:0
                  operand 1 elsewhere:0
                  hint: move one with .to(device)""",
                error.getMessage());
        try (Variable v = Variable.parameter("w", matrix())) {
            InvalidArgument assigned = assertThrows(
                    InvalidArgument.class,
                    () -> v.assign(OtherDevice.tensor(elsewhere).expand(2, 3)));
            assertEquals(
                    """
                    assign: device differs
                      variable reference:0   w
                      value    elsewhere:0
                      hint: move with .to(device)""",
                    assigned.getMessage());
        }
        Tensor moved = OtherDevice.tensor(elsewhere).to(matrix().device());
        assertEquals(1, matrix().add(moved).max().item());
    }

    @Test
    void reductions() {
        argument(
                """
                sum: no such axis
                  expected -2 to 1
                  given    2
                  shape    [2, 3]""",
                () -> matrix().sum(2));
        argument(
                """
                max: an axis is named twice
                  expected distinct axes
                  given    [0, -2]
                  shape    [2, 3]""",
                () -> matrix().max(0, -2));
        argument(
                """
                argmax: no such axis
                  expected none: a scalar has no axes
                  given    0
                  shape    []""",
                () -> Tensor.scalar(1).argmax(0));
        argument(
                """
                max: no elements along an axis
                  expected at least one element
                  given    [2, 0]                 size of axis 1 = 0""",
                () -> Tensor.zeros(2, 0).max(1));
        argument(
                """
                logSumExp: no elements along an axis
                  expected at least one element
                  given    [2, 0]                 size of axis 1 = 0""",
                () -> Tensor.zeros(2, 0).logSumExp(1));
        argument(
                """
                logSumExp: no such axis
                  expected -2 to 1
                  given    5
                  shape    [2, 3]""",
                () -> matrix().logSumExp(5));
        type(
                """
                sum: element type does not fit
                  expected F32, F64, I32 or I64   operand
                  given    BOOL
                  hint: convert with .to(DType.F32)""",
                () -> matrix().gt(0).sum());
        type(
                """
                mean: element type does not fit
                  expected F32 or F64   operand
                  given    I64
                  hint: convert with .to(DType.F32)""",
                () -> Tensor.arange(3).mean());
        type(
                """
                any: element type does not fit
                  expected BOOL   operand
                  given    F32
                  hint: convert with .to(DType.BOOL)""",
                () -> matrix().any());
        argument(
                """
                norm: exponent out of range
                  expected p above 0
                  given    0.0""",
                () -> matrix().norm(0, false));
        argument(
                """
                softmax: no such axis
                  expected -2 to 1
                  given    -3
                  shape    [2, 3]""",
                () -> matrix().softmax(-3));
        shape(
                """
                sumTo: shape does not broadcast to this one
                  this   [2, 3]
                  target [2]""",
                () -> matrix().sumTo(Shape.of(2)));
    }

    @Test
    void shapes() {
        shape(
                """
                reshape: numbers of elements differ
                  from [2, 3]   6 elements
                  to   [4]      4 elements""",
                () -> matrix().reshape(4));
        shape(
                """
                reshape: numbers of elements differ
                  from [2, 3]    6 elements
                  to   [4, -1]   4 elements""",
                () -> matrix().reshape(4, -1));
        argument(
                """
                reshape: sizes out of range
                  expected sizes of 0 or more, and at most one -1
                  given    [-1, -1]""",
                () -> matrix().reshape(-1, -1));
        shape(
                """
                transpose: too few axes
                  expected at least two
                  given    [6]
                  hint: unsqueeze(0) makes a row, unsqueeze(1) a column""",
                () -> matrix().flatten().transpose());
        argument(
                """
                permute: not a permutation of the axes
                  expected each of the 2 axes once
                  given    [0, 0]
                  shape    [2, 3]""",
                () -> matrix().permute(0, 0));
        argument(
                """
                slice: range outside of the axis
                  expected start and end within -3 to 3, step other than 0
                  given    start 1, end 4, step 1
                  shape    [2, 3]                                            axis 1 has size 3""",
                () -> matrix().slice(1, 1, 4));
        argument(
                """
                slice: step is 0
                  expected start and end within -3 to 3, step other than 0
                  given    start 0, end 3, step 0
                  shape    [2, 3]                                            axis 1 has size 3""",
                () -> matrix().slice(1, 0, 3, 0));
        argument(
                """
                select: index outside of the axis
                  expected -2 to 1
                  given    2
                  shape    [2, 3]    axis 0""",
                () -> matrix().select(0, 2));
        shape(
                """
                expand: shape does not stretch to the target
                  from [2, 3]
                  to   [3, 3]
                  hint: sizes must be equal or 1, counted from the last axis""",
                () -> matrix().expand(3, 3));
        shape(
                """
                squeeze: axis has a size other than 1
                  expected size 1
                  given    [2, 3]   size of axis 0 = 2""",
                () -> matrix().squeeze(0));
        argument(
                """
                axis: no such place for a new axis
                  expected -3 to 2
                  given    3
                  shape    [2, 3]""",
                () -> matrix().unsqueeze(3));
        argument(
                """
                pad: negative padding
                  expected 0 or more on both sides
                  given    -1 before, 0 after
                  hint: slice cuts elements off""",
                () -> matrix().pad(0, -1, 0, 0));
        argument(
                """
                split: size of the parts is not above 0
                  expected 1 or more
                  given    0""",
                () -> matrix().split(0, 0));
        shape(
                """
                split: sizes do not add up to the axis
                  expected 3        size of axis 1 of [2, 3]
                  given    [1, 1]""",
                () -> matrix().split(1, new long[] {1, 1}));
        shape(
                """
                concat: shapes differ beyond axis 0
                  part 0 [2, 3]
                  part 1 [2, 2]""",
                () -> Tensor.concat(0, matrix(), Tensor.zeros(2, 2)));
        argument(
                """
                concat: nothing to put together
                  expected at least one tensor
                  given    none""",
                () -> Tensor.concat(0));
        shape(
                """
                stack: shapes differ
                  part 0 [2, 3]
                  part 1 [3]""",
                () -> Tensor.stack(0, matrix(), Tensor.zeros(3)));
    }

    @Test
    void indexing() {
        type(
                """
                gather: element type does not fit
                  expected I64 or I32   index
                  given    F32
                  hint: convert with .to(DType.I64)""",
                () -> matrix().gather(0, matrix()));
        shape(
                """
                gather: index does not fit
                  this  [2, 3]
                  index [2, 2]   sizes other than that of axis 0 must be equal or 1""",
                () -> matrix().gather(0, Tensor.zeros(DType.I64, Shape.of(2, 2))));
        shape(
                """
                scatterAdd: source or index does not fit
                  this   [2, 3]
                  source [2, 2]   sizes other than that of axis 0 must be this tensor's
                  index  [2, 2]   sizes must be the source's or 1""",
                () -> matrix().scatterAdd(0, Tensor.zeros(DType.I64, Shape.of(2, 2)), Tensor.zeros(2, 2)));
        argument(
                """
                oneHot: no classes
                  expected 1 or more
                  given    0""",
                () -> Tensor.arange(3).oneHot(0, DType.F32));
        argument(
                """
                topK: count out of range
                  expected 0 to 3   size of axis 1 of [2, 3]
                  given    4""",
                () -> matrix().topK(4, 1));
        for (int bad : new int[] {-1, 2}) {
            InvalidArgument error = assertThrows(
                    InvalidArgument.class, () -> matrix().indexSelect(0, Tensor.of(new int[] {0, bad})));
            assertEquals(true, error.getMessage().contains(Integer.toString(bad)), error.getMessage());
        }
    }

    @Test
    void products() {
        shape(
                """
                matmul: inner sizes differ
                  left  [2, 3]     size of axis 1 = 3
                  right [64, 10]   size of axis 0 = 64
                  hint: right.transpose() is [10, 64]; did you mean weights of shape [3, 10]?""",
                () -> matrix().matmul(Tensor.zeros(64, 10)));
        shape(
                """
                matmul: inner sizes differ
                  left  [2, 3]   size of axis 1 = 3
                  right [2, 3]   size of axis 0 = 2
                  hint: right.transpose() is [3, 2], which fits""",
                () -> matrix().matmul(matrix()));
        shape(
                """
                matmul: shapes do not broadcast
                  left  [2]   size of axis -1 = 2
                  right [3]   size of axis -1 = 3
                  hint: sizes must be equal, or one of them 1, counted from the last axis""",
                () -> Tensor.zeros(2, 1, 3).matmul(Tensor.zeros(3, 3, 1)));
        shape(
                """
                matmul: a scalar is no matrix
                  left  [2, 3]
                  right []
                  hint: mul multiplies by a scalar""",
                () -> matrix().matmul(Tensor.scalar(2)));
        type(
                """
                matmul: element type does not fit
                  expected F32 or F64   left
                  given    I64
                  hint: convert with .to(DType.F32)""",
                () -> Tensor.arange(3).matmul(Tensor.arange(3)));
        type(
                """
                matmul: element types differ
                  left  F32   shape [2, 3]
                  right F64   shape [3, 3]
                  hint: convert one operand, such as .to(DType.F32)""",
                () -> matrix().matmul(Tensor.eye(DType.F64, 3)));
        shape(
                """
                dot: not two vectors of one size
                  left  [2, 3]
                  right [2, 3]
                  hint: matmul multiplies matrices""",
                () -> matrix().dot(matrix()));
    }

    @Test
    void readsAndVariables() {
        shape(
                """
                item: not exactly one element
                  expected 1 element
                  given    [2, 3]      6 elements
                  hint: select or reduce first, or read an array""",
                () -> matrix().item());
        shape(
                """
                copyTo: segment has another size
                  expected 24 bytes   F32 [2, 3]
                  given    8 bytes""",
                () -> matrix().copyTo(MemorySegment.ofArray(new byte[8])));
        try (Variable v = Variable.parameter("w", matrix())) {
            shape(
                    """
                    assign: shape differs
                      variable [2, 3]   w
                      value    [3]""",
                    () -> v.assign(Tensor.zeros(3)));
            type(
                    """
                    assign: element type differs
                      variable F32   w
                      value    F64
                      hint: convert with .to(DType.F32)""",
                    () -> v.assign(Tensor.zeros(DType.F64, Shape.of(2, 3))));
        }
    }
}
