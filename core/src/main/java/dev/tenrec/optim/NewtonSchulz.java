package dev.tenrec.optim;

import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;

/**
 * Makes a matrix nearly orthogonal: the singular values of U·S·Vᵀ are driven towards 1 by an odd polynomial of the
 * matrix, without computing them. The coefficients (Jordan et al., "Muon: an optimizer for hidden layers in neural
 * networks", 2024) grow small singular values as fast as possible and leave all in about [0.7, 1.2] after five steps.
 */
final class NewtonSchulz {

    private static final double A = 3.4445;
    private static final double B = -4.7750;
    private static final double C = 2.0315;
    private static final double TINY = 1e-7;

    private NewtonSchulz() {}

    /**
     * Iterates X = a·X + (b·X·Xᵀ + c·(X·Xᵀ)²)·X from X = M/‖M‖.
     *
     * @param matrix [rows, columns]
     * @param steps how often
     * @return of that shape, of the current scope
     */
    static Tensor orthogonalize(Tensor matrix, int steps) {
        // X·Xᵀ is as small as it can be if there are no more rows than columns.
        boolean tall = matrix.size(0) > matrix.size(1);
        Tensor x = Scope.call(() -> {
            Tensor wide = tall ? matrix.transpose() : matrix;
            return wide.div(wide.norm().add(TINY));
        });
        for (int i = 0; i < steps; i++) {
            Tensor before = x;
            x = Scope.call(() -> {
                Tensor square = before.matmul(before.transpose()).materialize();
                Tensor polynomial = square.matmul(square).mul(C).add(square.mul(B));
                return polynomial.matmul(before).add(before.mul(A));
            });
            before.close();
        }
        return tall ? x.transpose() : x;
    }
}
