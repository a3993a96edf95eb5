package dev.tenrec.tensor;

import dev.tenrec.engine.Composites;
import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Matrix products with their gradients. */
final class Products {

    private Products() {}

    static Tensor matmul(Tensor left, Tensor right) {
        Checks.sameDevice("matmul", left, right);
        Checks.type("matmul", "left", left.dtype(), DType.F32, DType.F64, DType.BF16, DType.F16);
        Checks.sameType("matmul", left, right);
        if (left.rank() == 0 || right.rank() == 0) {
            throw new ShapeMismatch(Message.of("matmul", "a scalar is no matrix")
                    .line("left", left.shape())
                    .line("right", right.shape())
                    .hint("mul multiplies by a scalar")
                    .toString());
        }
        checkInnerSizes(left, right);
        if (left.rank() == 1 || right.rank() == 1) {
            Tensor a = left.rank() == 1 ? left.unsqueeze(0) : left;
            Tensor b = right.rank() == 1 ? right.unsqueeze(1) : right;
            Tensor product = matmul(a, b);
            Shape shape = product.shape();
            shape = right.rank() == 1 ? shape.without(-1) : shape;
            shape = left.rank() == 1 ? shape.without(right.rank() == 1 ? -1 : -2) : shape;
            return product.reshape(shape);
        }
        if (right.rank() == 2 && left.rank() > 2) {
            // One large product instead of many small ones with the same right factor.
            long[] sizes = left.shape().sizes();
            long rows = 1;
            for (int i = 0; i < sizes.length - 1; i++) {
                rows *= sizes[i];
            }
            sizes[sizes.length - 1] = right.size(1);
            return matmul(left.reshape(rows, left.size(-1)), right).reshape(sizes);
        }
        return product(left, right);
    }

    private static Tensor product(Tensor left, Tensor right) {
        Shape batch = Shape.broadcast("matmul", batch(left.shape()), batch(right.shape()));
        Shape shape = batch.insert(-1, left.size(-2)).insert(-1, right.size(-1));
        DType dtype = left.dtype();
        boolean half = !dtype.isArithmetic();
        if (half && !Composites.areClaimed(left.context(), Kernel.HalfMatMul.class)) {
            return product(left.to(DType.F32), right.to(DType.F32)).to(dtype);
        }
        Node result = half ? half(left, right, shape) : Operations.matmul(left.node(), right.node(), shape);
        Shape leftShape = left.shape();
        Shape rightShape = right.shape();
        return GradientFunction.record("matmul", result, List.of(left, right), List.of(left, right), false, call -> {
            Tensor[] gradients = new Tensor[2];
            if (call.needs(0)) {
                gradients[0] = sumTo(matmul(call.upstream(), call.saved(1).transpose()), leftShape);
            }
            if (call.needs(1)) {
                gradients[1] = sumTo(product(call.saved(0).transpose(), call.upstream()), rightShape);
            }
            return gradients;
        });
    }

    private static Tensor sumTo(Tensor gradient, Shape shape) {
        if (gradient.dtype().isArithmetic()) {
            return gradient.sumTo(shape);
        }
        return gradient.shape().equals(shape)
                ? gradient
                : gradient.to(DType.F32).sumTo(shape).to(gradient.dtype());
    }

    /** The product of numbers of 16 bits by a kernel of its own. */
    private static Node half(Tensor left, Tensor right, Shape shape) {
        long depth = left.size(-1);
        Node a = Operations.withUnitStride(left.node());
        Node b = Operations.withUnitStride(right.node());
        try {
            return Composites.run(
                            left.context(),
                            new Kernel.HalfMatMul(left.dtype()),
                            shape.insert(-1, depth),
                            shape.rank() + 1,
                            left.dtype(),
                            List.of(matrices(a, shape.with(-1, depth)), matrices(b, shape.with(-2, depth))),
                            List.of(Composites.Target.of(shape)))
                    .get(0);
        } finally {
            a.release();
            b.release();
            Reference.reachabilityFence(left);
            Reference.reachabilityFence(right);
        }
    }

    private static Composites.Source matrices(Node node, Shape shape) {
        return new Composites.Source(node, layout -> Optional.of(layout.expand(shape)));
    }

    private static Shape batch(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.sizes(), shape.rank() - 2));
    }

    private static void checkInnerSizes(Tensor left, Tensor right) {
        int leftAxis = left.rank() - 1;
        int rightAxis = Math.max(0, right.rank() - 2);
        long inner = left.size(leftAxis);
        long outer = right.size(rightAxis);
        if (inner == outer) {
            return;
        }
        Message message = Message.of("matmul", "inner sizes differ")
                .line("left", left.shape(), "size of axis " + leftAxis + " = " + inner)
                .line("right", right.shape(), "size of axis " + rightAxis + " = " + outer);
        if (right.rank() >= 2) {
            Shape transposed = right.shape().with(-1, outer).with(-2, right.size(-1));
            boolean wouldFit = right.size(-1) == inner;
            Shape meant = right.shape().with(-2, inner);
            message.hint("right.transpose() is " + transposed
                    + (wouldFit ? ", which fits" : "; did you mean weights of shape " + meant + "?"));
        }
        throw new ShapeMismatch(message.toString());
    }

    static Tensor dot(Tensor left, Tensor right) {
        if (left.rank() != 1 || !left.shape().equals(right.shape())) {
            throw new ShapeMismatch(Message.of("dot", "not two vectors of one size")
                    .line("left", left.shape())
                    .line("right", right.shape())
                    .hint("matmul multiplies matrices")
                    .toString());
        }
        return left.mul(right).sum();
    }
}
