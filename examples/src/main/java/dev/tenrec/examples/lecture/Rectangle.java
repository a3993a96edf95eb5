package dev.tenrec.examples.lecture;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.examples.Plane;
import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Decision regions of step units: the rectangle is where x₁ − left, right − x₁, x₂ − bottom and top − x₂ are all at least
 * zero, so four half-planes and an AND. A union of rectangles takes one more layer, an OR; unions of small rectangles come
 * as close to any region as one likes.
 *
 * @param left the least x₁ inside
 * @param right the greatest x₁ inside
 * @param bottom the least x₂ inside
 * @param top the greatest x₂ inside
 */
record Rectangle(float left, float right, float bottom, float top) {

    /** Checks the sides: finite, and not crossed. */
    Rectangle {
        if (!(left <= right && bottom <= top) || !Float.isFinite(right - left) || !Float.isFinite(top - bottom)) {
            throw new InvalidArgument(Message.of("rectangle", "sides do not enclose a region")
                    .line("expected", "finite left <= right and bottom <= top")
                    .line("given", left + " to " + right + " and " + bottom + " to " + top)
                    .toString());
        }
    }

    boolean contains(float x1, float x2) {
        return left <= x1 && x1 <= right && bottom <= x2 && x2 <= top;
    }

    /** Θ⁽¹⁾ for rectangles, [4n, 3]: four half-planes each. */
    static float[][] halfPlanes(Rectangle... rectangles) {
        float[][] theta = new float[4 * rectangles.length][];
        for (int i = 0; i < rectangles.length; i++) {
            Rectangle r = rectangles[i];
            theta[4 * i] = new float[] {-r.left, 1, 0};
            theta[4 * i + 1] = new float[] {r.right, -1, 0};
            theta[4 * i + 2] = new float[] {-r.bottom, 0, 1};
            theta[4 * i + 3] = new float[] {r.top, 0, -1};
        }
        return theta;
    }

    /** Θ⁽²⁾ for n rectangles, [n, 4n + 1]: each an AND of its own four units. */
    static float[][] ands(int n) {
        float[][] theta = new float[n][4 * n + 1];
        for (int i = 0; i < n; i++) {
            theta[i][0] = -3.5f;
            for (int j = 1; j <= 4; j++) {
                theta[i][4 * i + j] = 1;
            }
        }
        return theta;
    }

    /**
     * Decides by the network.
     *
     * @param x samples [2, m]
     * @param rectangles whose union is the region
     * @return 1 inside, 0 outside, [1, m]
     */
    static Tensor classify(Tensor x, Rectangle... rectangles) {
        int n = rectangles.length;
        float[][] or = new float[1][n + 1];
        Arrays.fill(or[0], 1);
        or[0][0] = -0.5f;
        return FeedForward.forward(
                        x, Notation::step, Tensor.of(halfPlanes(rectangles)), Tensor.of(ands(n)), Tensor.of(or))
                .getLast()
                .a();
    }

    static void run(PrintWriter out, Path folder) throws IOException {
        Rectangle one = new Rectangle(-0.5f, 0.5f, -0.25f, 0.75f);
        Rectangle[] three = {
            new Rectangle(-0.9f, -0.6f, -0.9f, 0.9f),
            new Rectangle(-0.9f, 0.6f, -0.9f, -0.5f),
            new Rectangle(0.2f, 0.8f, 0.3f, 0.8f)
        };
        out.println("Θ1 = " + Notation.text(Tensor.of(halfPlanes(one))) + " (rows of three)");
        out.println("Θ2 = " + Notation.text(Tensor.of(ands(1))));
        picture(out, one);
        out.println();
        out.println("the union of three, with an OR on top:");
        picture(out, three);
        Plane.write(
                out,
                folder.resolve("rectangle.png"),
                List.of(plane("A rectangle", one), plane("The union of three", three)));
    }

    /** What the network says of each place, and samples that are inside (1) or not. */
    private static Plane plane(String title, Rectangle... rectangles) {
        float[] x = RandomKey.of(9).uniform(DType.F32, Shape.of(300), -1, 1).toFloatArray();
        return new Plane(
                title,
                -1,
                1,
                places -> Scope.call(() -> classify(
                                Tensor.of(places, places.length / 2, 2).transpose(), rectangles)
                        .toFloatArray()),
                IntStream.range(0, x.length / 2)
                        .mapToObj(i -> new Plane.Point(
                                x[2 * i],
                                x[2 * i + 1],
                                Arrays.stream(rectangles).anyMatch(r -> r.contains(x[2 * i], x[2 * i + 1])) ? 1 : 0))
                        .toList());
    }

    private static void picture(PrintWriter out, Rectangle... rectangles) {
        int columns = 41;
        int rows = 21;
        float[] x = new float[2 * rows * columns];
        for (int i = 0; i < rows * columns; i++) {
            x[i] = -1 + 2f * (i % columns) / (columns - 1);
            x[rows * columns + i] = 1 - 2f * (i / columns) / (rows - 1);
        }
        float[] inside = classify(Tensor.of(x, 2, rows * columns), rectangles).toFloatArray();
        int wrong = 0;
        for (int i = 0; i < rows * columns; i++) {
            boolean expected = false;
            for (Rectangle rectangle : rectangles) {
                expected |= rectangle.contains(x[i], x[rows * columns + i]);
            }
            wrong += expected == (inside[i] == 1) ? 0 : 1;
            out.print(inside[i] == 1 ? '#' : '.');
            if (i % columns == columns - 1) {
                out.println();
            }
        }
        out.println(String.format(Locale.ROOT, "%d of %d samples wrong", wrong, rows * columns));
    }
}
