package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.error.DeviceMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** The text of each error that a tensor's methods raise. */
class ErrorTextTest extends ErrorTexts {

    @Test
    void creation() {
        shape("""
            tensor: shape and number of elements differ
              shape [2, 2]              holds 4 elements
              given 3 elements of F32\
            """, () -> Tensor.of(new float[3], 2, 2));
        shape("""
            tensor: rows differ in length
              row 0 2 elements
              row 1 1 elements\
            """, () -> Tensor.of(new float[][] {{1, 2}, {3}}));
        argument("""
            arange: no such range
              expected finite bounds and a step other than 0
              given    from 0.0 to 1.0 by 0.0\
            """, () -> Tensor.arange(DType.F32, 0, 1, 0));
        argument("""
            arange: no such range
              expected finite bounds and a step other than 0
              given    from 0.0 to Infinity by 1.0\
            """, () -> Tensor.arange(DType.F32, 0, Double.POSITIVE_INFINITY, 1));
        type("""
            arange: element type does not fit
              expected F32, F64, I32 or I64
              given    BOOL\
            """, () -> Tensor.arange(DType.BOOL, 0, 1, 1));
        argument("""
            linspace: no elements
              expected a count of at least 1
              given    0\
            """, () -> Tensor.linspace(DType.F32, 0, 1, 0));
        type("""
            linspace: element type does not fit
              expected F32 or F64   type
              given    I32
              hint: convert with .to(DType.F32)\
            """, () -> Tensor.linspace(DType.I32, 0, 1, 3));
        argument("""
            shape: negative size
              expected sizes of 0 or more
              given    [-1]\
            """, () -> Tensor.zeros(-1));
        argument("""
            shape: too many axes
              expected at most 8
              given    9 axes: [1, 1, 1, 1, 1, 1, 1, 1, 1]
              hint: reshape to merge axes\
            """, () -> Tensor.zeros(1, 1, 1, 1, 1, 1, 1, 1, 1));
        argument("""
            shape: too many elements
              expected a product of sizes below 2^63
              given    [4611686018427387904, 4]\
            """, () -> Tensor.zeros(1L << 62, 4));
        argument("""
            generate: operation does not fit
              expected no tensor operands, 0 scalars
              given    exp: 1 operands, 0 scalars\
            """, () -> Tensor.generate(Ops.EXP, DType.F32, Shape.of(2)));
    }

    @Test
    void elementwise() {
        shape("""
            add: shapes do not broadcast
              left  [2, 3]   size of axis -1 = 3
              right [2]      size of axis -1 = 2
              hint: sizes must be equal, or one of them 1, counted from the last axis\
            """, () -> matrix().add(Tensor.zeros(2)));
        type("""
            add: element types do not fit
              expected F32, F64, I32 or I64   the same for all operands
              given    [F32, F64]
              hint: convert one operand, such as .to(DType.F32)\
            """, () -> matrix().add(Tensor.zeros(DType.F64, Shape.of(3))));
        type("""
            exp: element types do not fit
              expected F32 or F64
              given    [I64]
              hint: convert one operand, such as .to(DType.F32)\
            """, () -> Tensor.arange(3).exp());
        type("""
            relu: element types do not fit
              expected F32, F64, I32 or I64
              given    [F16]
              hint: BF16, F16 and U8 are storage types: convert first, such as .to(DType.F32)\
            """, () -> matrix().to(DType.F16).relu());
        type("""
            and: element types do not fit
              expected I32, I64 or BOOL   the same for all operands
              given    [F32, F32]
              hint: convert one operand, such as .to(DType.F32)\
            """, () -> matrix().and(matrix()));
        type("""
            where: element types do not fit
              expected BOOL first, then one type   the same for all operands
              given    [F32, F32, F32]
              hint: convert one operand, such as .to(DType.F32)\
            """, () -> matrix().where(matrix(), matrix()));
        argument("""
            add: wrong number of operands
              expected 2 tensors and 0 scalars
              given    1 tensors and 0 scalars\
            """, () -> matrix().apply(Ops.ADD));
        argument("""
            mulScalar: scalar is not of the operand's type
              expected a whole number that I64 can hold
              given    0.5
              hint: convert the tensor first, such as .to(DType.F32)\
            """, () -> Tensor.arange(3).mul(0.5));
        argument("""
            lessScalar: scalar is not of the operand's type
              expected a whole number that I32 can hold
              given    3.0E9
              hint: convert the tensor first, such as .to(DType.F32)\
            """, () -> Tensor.of(new int[] {1}).lt(3e9));
        argument("""
            arange: scalar is not of the operand's type
              expected a whole number that I32 can hold
              given    0.5
              hint: convert the tensor first, such as .to(DType.F32)\
            """, () -> Tensor.arange(DType.I32, 0, 2, 0.5));
    }

    @Test
    void devices() {
        Device elsewhere = new Device("elsewhere", 0);
        DeviceMismatch error = assertThrows(DeviceMismatch.class, () -> {
            Tensor other = OtherDevice.tensor(elsewhere);
            matrix().add(other);
        });
        assertEquals("""
            add: operands live on different devices
              operand 0 reference:0
              operand 1 elsewhere:0
              hint: move one with .to(device)\
            """, error.getMessage());
        try (Variable v = Variable.parameter("w", matrix())) {
            InvalidArgument assigned = assertThrows(
                    InvalidArgument.class,
                    () -> v.assign(OtherDevice.tensor(elsewhere).expand(2, 3)));
            assertEquals("""
                assign: device differs
                  variable reference:0   w
                  value    elsewhere:0
                  hint: move with .to(device)\
                """, assigned.getMessage());
        }
        Tensor moved = OtherDevice.tensor(elsewhere).to(matrix().device());
        assertEquals(1, matrix().add(moved).max().item());
    }

    @Test
    void reductions() {
        argument("""
            sum: no such axis
              expected -2 to 1
              given    2
              shape    [2, 3]\
            """, () -> matrix().sum(2));
        argument("""
            max: an axis is named twice
              expected distinct axes
              given    [0, -2]
              shape    [2, 3]\
            """, () -> matrix().max(0, -2));
        argument("""
            argmax: no such axis
              expected none: a scalar has no axes
              given    0
              shape    []\
            """, () -> Tensor.scalar(1).argmax(0));
        argument("""
            max: no elements along an axis
              expected at least one element
              given    [2, 0]                 size of axis 1 = 0\
            """, () -> Tensor.zeros(2, 0).max(1));
        argument("""
            logSumExp: no elements along an axis
              expected at least one element
              given    [2, 0]                 size of axis 1 = 0\
            """, () -> Tensor.zeros(2, 0).logSumExp(1));
        argument("""
            logSumExp: no such axis
              expected -2 to 1
              given    5
              shape    [2, 3]\
            """, () -> matrix().logSumExp(5));
        type("""
            sum: element type does not fit
              expected F32, F64, I32 or I64   operand
              given    BOOL
              hint: convert with .to(DType.F32)\
            """, () -> matrix().gt(0).sum());
        type("""
            mean: element type does not fit
              expected F32 or F64   operand
              given    I64
              hint: convert with .to(DType.F32)\
            """, () -> Tensor.arange(3).mean());
        type("""
            any: element type does not fit
              expected BOOL   operand
              given    F32
              hint: convert with .to(DType.BOOL)\
            """, () -> matrix().any());
        argument("""
            norm: exponent out of range
              expected p above 0
              given    0.0\
            """, () -> matrix().norm(0, false));
        argument("""
            softmax: no such axis
              expected -2 to 1
              given    -3
              shape    [2, 3]\
            """, () -> matrix().softmax(-3));
        shape("""
            sumTo: shape does not broadcast to this one
              this   [2, 3]
              target [2]\
            """, () -> matrix().sumTo(Shape.of(2)));
    }

    @Test
    void products() {
        shape("""
            matmul: inner sizes differ
              left  [2, 3]     size of axis 1 = 3
              right [64, 10]   size of axis 0 = 64
              hint: right.transpose() is [10, 64]; did you mean weights of shape [3, 10]?\
            """, () -> matrix().matmul(Tensor.zeros(64, 10)));
        shape("""
            matmul: inner sizes differ
              left  [2, 3]   size of axis 1 = 3
              right [2, 3]   size of axis 0 = 2
              hint: right.transpose() is [3, 2], which fits\
            """, () -> matrix().matmul(matrix()));
        shape("""
            matmul: shapes do not broadcast
              left  [2]   size of axis -1 = 2
              right [3]   size of axis -1 = 3
              hint: sizes must be equal, or one of them 1, counted from the last axis\
            """, () -> Tensor.zeros(2, 1, 3).matmul(Tensor.zeros(3, 3, 1)));
        shape("""
            matmul: a scalar is no matrix
              left  [2, 3]
              right []
              hint: mul multiplies by a scalar\
            """, () -> matrix().matmul(Tensor.scalar(2)));
        type("""
            matmul: element type does not fit
              expected F32, F64, BF16 or F16   left
              given    I64
              hint: convert with .to(DType.F32)\
            """, () -> Tensor.arange(3).matmul(Tensor.arange(3)));
        type("""
            matmul: element types differ
              left  F32   shape [2, 3]
              right F64   shape [3, 3]
              hint: convert one operand, such as .to(DType.F32)\
            """, () -> matrix().matmul(Tensor.eye(DType.F64, 3)));
        shape("""
            dot: not two vectors of one size
              left  [2, 3]
              right [2, 3]
              hint: matmul multiplies matrices\
            """, () -> matrix().dot(matrix()));
    }

    @Test
    void readsAndVariables() {
        shape("""
            item: not exactly one element
              expected 1 element
              given    [2, 3]      6 elements
              hint: select or reduce first, or read an array\
            """, () -> matrix().item());
        shape("""
            copyTo: segment has another size
              expected 24 bytes   F32 [2, 3]
              given    8 bytes\
            """, () -> matrix().copyTo(MemorySegment.ofArray(new byte[8])));
        try (Variable v = Variable.parameter("w", matrix())) {
            shape("""
                assign: shape differs
                  variable [2, 3]   w
                  value    [3]\
                """, () -> v.assign(Tensor.zeros(3)));
            type("""
                assign: element type differs
                  variable F32   w
                  value    F64
                  hint: convert with .to(DType.F32)\
                """, () -> v.assign(Tensor.zeros(DType.F64, Shape.of(2, 3))));
        }
    }
}
