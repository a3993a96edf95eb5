package dev.tenrec.examples.playground;

import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** What the network is given of a point. */
enum Feature implements Named {
    /** x₁. */
    X1("x1", (a, _) -> a),
    /** x₂. */
    X2("x2", (_, b) -> b),
    /** x₁². */
    X1_SQUARED("x1^2", (a, _) -> a * a),
    /** x₂². */
    X2_SQUARED("x2^2", (_, b) -> b * b),
    /** x₁x₂. */
    PRODUCT("x1*x2", (a, b) -> a * b),
    /** sin x₁. */
    SIN_X1("sin(x1)", (a, _) -> Math.sin(a)),
    /** sin x₂. */
    SIN_X2("sin(x2)", (_, b) -> Math.sin(b));

    private final String title;
    private final DoubleBinaryOperator function;

    Feature(String title, DoubleBinaryOperator function) {
        this.title = title;
        this.function = function;
    }

    @Override
    public String title() {
        return title;
    }

    /**
     * Computes features of points.
     *
     * @param features which
     * @param x1 horizontal coordinates, [n]
     * @param x2 vertical coordinates, [n]
     * @return [n, features], row by row
     */
    static float[] of(List<Feature> features, double[] x1, double[] x2) {
        int width = features.size();
        float[] table = new float[x1.length * width];
        for (int i = 0; i < x1.length; i++) {
            for (int j = 0; j < width; j++) {
                table[i * width + j] = (float) features.get(j).function.applyAsDouble(x1[i], x2[i]);
            }
        }
        return table;
    }
}
