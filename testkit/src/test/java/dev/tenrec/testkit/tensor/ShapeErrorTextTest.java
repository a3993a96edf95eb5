package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import org.junit.jupiter.api.Test;

/** The text of each error that views, combinations and indexing raise. */
class ShapeErrorTextTest extends ErrorTexts {

    @Test
    void shapes() {
        shape("""
            reshape: numbers of elements differ
              from [2, 3]   6 elements
              to   [4]      4 elements\
            """, () -> matrix().reshape(4));
        shape("""
            reshape: numbers of elements differ
              from [2, 3]    6 elements
              to   [4, -1]   4 elements\
            """, () -> matrix().reshape(4, -1));
        argument("""
            reshape: sizes out of range
              expected sizes of 0 or more, and at most one -1
              given    [-1, -1]\
            """, () -> matrix().reshape(-1, -1));
        shape("""
            transpose: too few axes
              expected at least two
              given    [6]
              hint: unsqueeze(0) makes a row, unsqueeze(1) a column\
            """, () -> matrix().flatten().transpose());
        argument("""
            permute: not a permutation of the axes
              expected each of the 2 axes once
              given    [0, 0]
              shape    [2, 3]\
            """, () -> matrix().permute(0, 0));
        argument("""
            slice: range outside of the axis
              expected start and end within -3 to 3, step other than 0
              given    start 1, end 4, step 1
              shape    [2, 3]                                            axis 1 has size 3\
            """, () -> matrix().slice(1, 1, 4));
        argument("""
            slice: step is 0
              expected start and end within -3 to 3, step other than 0
              given    start 0, end 3, step 0
              shape    [2, 3]                                            axis 1 has size 3\
            """, () -> matrix().slice(1, 0, 3, 0));
        argument("""
            select: index outside of the axis
              expected -2 to 1
              given    2
              shape    [2, 3]    axis 0\
            """, () -> matrix().select(0, 2));
        shape("""
            expand: shape does not stretch to the target
              from [2, 3]
              to   [3, 3]
              hint: sizes must be equal or 1, counted from the last axis\
            """, () -> matrix().expand(3, 3));
        shape("""
            squeeze: axis has a size other than 1
              expected size 1
              given    [2, 3]   size of axis 0 = 2\
            """, () -> matrix().squeeze(0));
        argument("""
            axis: no such place for a new axis
              expected -3 to 2
              given    3
              shape    [2, 3]\
            """, () -> matrix().unsqueeze(3));
        argument("""
            pad: negative padding
              expected 0 or more on both sides
              given    -1 before, 0 after
              hint: slice cuts elements off\
            """, () -> matrix().pad(0, -1, 0, 0));
        argument("""
            split: size of the parts is not above 0
              expected 1 or more
              given    0\
            """, () -> matrix().split(0, 0));
        shape("""
            split: sizes do not add up to the axis
              expected 3        size of axis 1 of [2, 3]
              given    [1, 1]\
            """, () -> matrix().split(1, new long[] {1, 1}));
        shape("""
            concat: shapes differ beyond axis 0
              part 0 [2, 3]
              part 1 [2, 2]\
            """, () -> Tensor.concat(0, matrix(), Tensor.zeros(2, 2)));
        argument("""
            concat: nothing to put together
              expected at least one tensor
              given    none\
            """, () -> Tensor.concat(0));
        shape("""
            stack: shapes differ
              part 0 [2, 3]
              part 1 [3]\
            """, () -> Tensor.stack(0, matrix(), Tensor.zeros(3)));
    }

    @Test
    void indexing() {
        type("""
            gather: element type does not fit
              expected I64 or I32   index
              given    F32
              hint: convert with .to(DType.I64)\
            """, () -> matrix().gather(0, matrix()));
        shape("""
            gather: index does not fit
              this  [2, 3]
              index [2, 2]   sizes other than that of axis 0 must be equal or 1\
            """, () -> matrix().gather(0, Tensor.zeros(DType.I64, Shape.of(2, 2))));
        shape("""
            scatterAdd: source or index does not fit
              this   [2, 3]
              source [2, 2]   sizes other than that of axis 0 must be this tensor's
              index  [2, 2]   sizes must be the source's or 1\
            """, () -> matrix().scatterAdd(0, Tensor.zeros(DType.I64, Shape.of(2, 2)), Tensor.zeros(2, 2)));
        argument("""
            oneHot: no classes
              expected 1 or more
              given    0\
            """, () -> Tensor.arange(3).oneHot(0, DType.F32));
        argument("""
            topK: count out of range
              expected 0 to 3   size of axis 1 of [2, 3]
              given    4\
            """, () -> matrix().topK(4, 1));
        for (int bad : new int[] {-1, 2}) {
            InvalidArgument error =
                    assertThrows(InvalidArgument.class, () -> matrix().indexSelect(0, Tensor.of(new int[] {0, bad})));
            assertEquals(true, error.getMessage().contains(Integer.toString(bad)), error.getMessage());
        }
    }
}
