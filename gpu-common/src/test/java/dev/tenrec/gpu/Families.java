package dev.tenrec.gpu;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.ir.Kernel.InputSpec;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A launch of every kind of kernel, of every type and form that renders differently: what golden text is kept of. */
public final class Families {

    /** A kernel and the shapes of a launch. */
    public record Example(
            Kernel kernel,
            Shape space,
            int keptRank,
            List<Layout> in,
            List<Layout> out,
            List<DType> types,
            boolean together,
            long... params) {

        /** One launch. */
        Example(
                Kernel kernel,
                Shape space,
                int keptRank,
                List<Layout> in,
                List<Layout> out,
                List<DType> types,
                long... params) {
            this(kernel, space, keptRank, in, out, types, false, params);
        }

        /** The same, launched twice as parts of a whole. */
        Example joined() {
            return new Example(kernel, space, keptRank, in, out, types, true, params);
        }

        /** Launches it on memory of a backend that holds zeros; twice, as parts of a whole, if that is to be seen. */
        public void run(Backend backend) {
            CompiledKernel compiled = backend.compile(kernel);
            List<Launch> launches = new ArrayList<>();
            try {
                launches.add(launch(backend));
                if (together) {
                    launches.add(launch(backend));
                    backend.together(() -> launches.forEach(compiled::run));
                } else {
                    compiled.run(launches.get(0));
                }
            } finally {
                for (Launch launch : launches) {
                    launch.inputs().forEach(operand -> operand.buffer().close());
                    launch.outputs().forEach(operand -> operand.buffer().close());
                }
            }
        }

        private Launch launch(Backend backend) {
            List<Operand> operands = new ArrayList<>();
            for (int i = 0; i < in.size() + out.size(); i++) {
                Layout layout = i < in.size() ? in.get(i) : out.get(i - in.size());
                long bytes = Math.max(1, (layout.bounds()[1] + 1) * types.get(i).byteSize());
                DeviceBuffer buffer = backend.allocate(bytes);
                try (Arena arena = Arena.ofConfined()) {
                    backend.upload(arena.allocate(bytes), buffer, 0);
                }
                operands.add(new Operand(buffer, types.get(i), layout));
            }
            List<Operand> inputs = List.copyOf(operands.subList(0, in.size()));
            List<Operand> outputs = List.copyOf(operands.subList(in.size(), operands.size()));
            return new Launch(space, keptRank, inputs, outputs, params);
        }
    }

    private Families() {}

    private static Layout dense(long... sizes) {
        return Layout.dense(Shape.of(sizes));
    }

    private static Layout transposed(long rows, long columns) {
        return Layout.of(Shape.of(rows, columns), new long[] {1, rows}, 0);
    }

    /** All examples by name. */
    public static Map<String, Example> all() {
        Map<String, Example> all = new LinkedHashMap<>();
        maps(all);
        reductions(all);
        products(all);
        moves(all);
        composites(all);
        return all;
    }

    private static Example map(List<Expr> outputs, List<DType> inputs, boolean strided, long... params) {
        long rows = strided ? 50 : 100;
        Layout out = dense(rows, 100);
        List<InputSpec> specs = new ArrayList<>();
        List<Layout> in = new ArrayList<>();
        List<DType> types = new ArrayList<>(inputs);
        for (DType dtype : inputs) {
            in.add(strided ? transposed(rows, 100) : out);
            specs.add(new InputSpec(dtype, LayoutClass.of(in.get(in.size() - 1))));
        }
        outputs.forEach(output -> types.add(output.dtype()));
        List<Layout> outs = outputs.stream().map(_ -> out).toList();
        return new Example(
                new Kernel.Map(outputs, specs, params.length), Shape.of(rows, 100), 2, in, outs, types, params);
    }

    private static void maps(Map<String, Example> all) {
        Expr x = Expr.input(0, DType.F32);
        Expr y = Expr.input(1, DType.F32);
        List<DType> two = List.of(DType.F32, DType.F32);
        long half = Double.doubleToRawLongBits(0.5);
        all.put("map-dense", map(List.of(x.mul(y).add(Expr.param(0, DType.F32))), two, false, half));
        all.put(
                "map-joined",
                map(List.of(x.mul(y).add(Expr.param(0, DType.F32))), two, false, half)
                        .joined());
        all.put("map-strided", map(List.of(x.mul(y).add(Expr.param(0, DType.F32))), two, true, half));
        all.put("map-lowered", map(List.of(x.exp(), x.tanh()), List.of(DType.F32), false));
        all.put(
                "map-index",
                map(List.of(Expr.index(0).add(Expr.index(1)).cast(DType.F32).add(x)), List.of(DType.F32), true));
        all.put("map-flat-index", map(List.of(Expr.index(Expr.Index.FLAT)), List.of(), false));
        for (DType dtype : DType.values()) {
            Expr in = Expr.input(0, dtype);
            List<Expr> casts = new ArrayList<>();
            for (DType to : DType.values()) {
                if (to != dtype) {
                    casts.add(in.cast(to));
                }
            }
            all.put("map-cast-" + dtype, map(casts, List.of(dtype), true));
        }
        for (DType dtype : List.of(DType.I32, DType.I64)) {
            Expr a = Expr.input(0, dtype);
            Expr b = Expr.input(1, dtype);
            all.put(
                    "map-whole-" + dtype,
                    map(
                            List.of(a.div(b), a.mul(b).sub(a), a.lt(b).choose(a.abs(), b.neg())),
                            List.of(dtype, dtype),
                            true));
        }
    }

    private static void reductions(Map<String, Example> all) {
        for (ReduceOp op : ReduceOp.values()) {
            all.put("reduce-" + op, reduce(op, DType.F32, 5, 300));
        }
        all.put("reduce-SUM-chunks", reduce(ReduceOp.SUM, DType.F32, 3, 70_000));
        all.put("reduce-ARGMAX-chunks", reduce(ReduceOp.ARGMAX, DType.I64, 3, 70_000));
        all.put("reduce-MAX-BOOL", reduce(ReduceOp.MAX, DType.BOOL, 5, 300));
        all.put("reduce-SUM-I32", reduce(ReduceOp.SUM, DType.I32, 5, 300));
    }

    private static Example reduce(ReduceOp op, DType dtype, long kept, long reduced) {
        return new Example(
                new Kernel.Reduce(op, Expr.input(0, dtype), List.of(new InputSpec(dtype, LayoutClass.CONTIGUOUS)), 0),
                Shape.of(kept, reduced),
                1,
                List.of(dense(kept, reduced)),
                List.of(dense(kept)),
                List.of(dtype, op.resultType(dtype)));
    }

    private static void products(Map<String, Example> all) {
        Expr product = Expr.input(0, DType.F32);
        Expr bias = Expr.input(1, DType.F32);
        Layout row = Layout.of(Shape.of(2, 64, 48), new long[] {0, 0, 1}, 0);
        all.put(
                "matmul-tiled",
                new Example(
                        new Kernel.MatMul(
                                DType.F32,
                                List.of(product.add(bias).max(product.like(0))),
                                List.of(new InputSpec(DType.F32, LayoutClass.STRIDED)),
                                0),
                        Shape.of(2, 64, 48, 32),
                        4,
                        List.of(dense(2, 64, 32), dense(2, 32, 48), row),
                        List.of(dense(2, 64, 48)),
                        List.of(DType.F32, DType.F32, DType.F32, DType.F32)));
        all.put(
                "matmul-direct",
                new Example(
                        new Kernel.MatMul(DType.F64, List.of(Expr.input(0, DType.F64)), List.of(), 0),
                        Shape.of(3, 4, 5),
                        3,
                        List.of(dense(3, 5), dense(5, 4)),
                        List.of(dense(3, 4)),
                        List.of(DType.F64, DType.F64, DType.F64)));
        all.put(
                "matmul-BF16",
                new Example(
                        new Kernel.HalfMatMul(DType.BF16),
                        Shape.of(3, 4, 5),
                        3,
                        List.of(dense(3, 5), dense(5, 4)),
                        List.of(dense(3, 4)),
                        List.of(DType.BF16, DType.BF16, DType.BF16)));
    }

    private static void moves(Map<String, Example> all) {
        for (DType dtype : List.of(DType.U8, DType.F16, DType.F32, DType.F64)) {
            all.put(
                    "gather-" + dtype,
                    new Example(
                            new Kernel.Gather(dtype, DType.I64, 0),
                            Shape.of(7, 3),
                            2,
                            List.of(dense(5, 3), Layout.of(Shape.of(7, 3), new long[] {1, 0}, 0)),
                            List.of(dense(7, 3)),
                            List.of(dtype, DType.I64, dtype)));
            all.put(
                    "copy-" + dtype,
                    new Example(
                            new Kernel.Copy(dtype),
                            Shape.of(4, 6),
                            2,
                            List.of(transposed(4, 6)),
                            List.of(dense(4, 6)),
                            List.of(dtype, dtype)));
        }
        for (ScatterMode mode : ScatterMode.values()) {
            all.put(
                    "scatter-" + mode,
                    new Example(
                            new Kernel.Scatter(DType.F32, DType.I32, 0, mode),
                            Shape.of(7, 3),
                            2,
                            List.of(dense(7, 3), Layout.of(Shape.of(7, 3), new long[] {1, 0}, 0)),
                            List.of(dense(5, 3)),
                            List.of(DType.F32, DType.I32, DType.F32)));
        }
    }

    private static void composites(Map<String, Example> all) {
        for (boolean log : new boolean[] {false, true}) {
            Layout lines = dense(2, 9, 3);
            all.put(
                    log ? "log-softmax" : "softmax",
                    new Example(
                            new Kernel.Softmax(DType.F32, log),
                            lines.shape(),
                            3,
                            List.of(lines),
                            List.of(lines),
                            List.of(DType.F32, DType.F32)));
            all.put(
                    log ? "log-softmax-gradient" : "softmax-gradient",
                    new Example(
                            new Kernel.SoftmaxGradient(DType.F32, log),
                            lines.shape(),
                            3,
                            List.of(lines, lines),
                            List.of(lines),
                            List.of(DType.F32, DType.F32, DType.F32)));
        }
        for (ClassReduction reduction : ClassReduction.values()) {
            crossEntropy(all, reduction);
        }
        all.put(
                "moments",
                new Example(
                        new Kernel.Moments(DType.F32),
                        Shape.of(4, 50),
                        1,
                        List.of(dense(4, 50)),
                        List.of(dense(4), dense(4)),
                        List.of(DType.F32, DType.F32, DType.F32)));
        List<Layout> xwy = List.of(dense(2, 3, 8, 8), dense(4, 3, 3, 3), dense(2, 4, 6, 6));
        long[] params = {1, 1, 1, 0, 0, 1, 1};
        convolution(all, ConvolutionPass.FORWARD, xwy.get(0), xwy.get(1), xwy.get(2), params);
        convolution(all, ConvolutionPass.INPUT_GRADIENT, xwy.get(2), xwy.get(1), xwy.get(0), params);
        convolution(all, ConvolutionPass.WEIGHT_GRADIENT, xwy.get(0), xwy.get(2), xwy.get(1), params);
        Layout large = dense(60, 3, 8, 8);
        convolution(all, ConvolutionPass.WEIGHT_GRADIENT, large, dense(60, 4, 6, 6), xwy.get(1), params);
        attention(all, DType.F32, false, 64, 64);
        attention(all, DType.F32, true, 128, 128);
        attention(all, DType.F64, true, 40, 24);
        long[] window = {2, 2, 2, 2, 1, 1};
        all.put(
                "max-pool",
                new Example(
                        new Kernel.MaxPool(DType.F32, 2),
                        Shape.of(3, 2, 2),
                        3,
                        List.of(dense(3, 4, 4)),
                        List.of(dense(3, 2, 2)),
                        List.of(DType.F32, DType.F32),
                        window));
        all.put(
                "max-pool-gradient",
                new Example(
                        new Kernel.MaxPoolGradient(DType.F32, 2),
                        Shape.of(3, 4, 4),
                        3,
                        List.of(dense(3, 4, 4), dense(3, 2, 2), dense(3, 2, 2)),
                        List.of(dense(3, 4, 4)),
                        List.of(DType.F32, DType.F32, DType.F32, DType.F32),
                        window));
    }

    /** Of 40 queries and 40 keys, two tiles in F64, with a mask of each kind if causal. */
    private static void attention(Map<String, Example> all, DType dtype, boolean causal, long depth, long width) {
        List<DType> masks = causal ? List.of(dtype, DType.BOOL) : List.of();
        Kernel.Attention forward = new Kernel.Attention(dtype, causal, masks);
        Shape space = Shape.of(1, 1, 40, 40);
        Layout scores = dense(1, 1, 40, 40);
        Layout q = dense(1, 1, 40, depth);
        Layout y = dense(1, 1, 40, width);
        Layout statistics = dense(1, 1, 40, 2);
        List<Layout> in = new ArrayList<>(List.of(q, q, y));
        List<DType> types = new ArrayList<>(List.of(dtype, dtype, dtype));
        masks.forEach(_ -> in.add(scores));
        types.addAll(masks);
        List<Layout> inGradient = new ArrayList<>(in);
        inGradient.addAll(List.of(y, statistics, y));
        List<DType> typesGradient = new ArrayList<>(types);
        typesGradient.addAll(List.of(dtype, dtype, dtype, dtype, dtype, dtype));
        types.addAll(List.of(dtype, dtype));
        String name = (causal ? "-causal" : "") + "-" + dtype + "-" + depth;
        long scale = Double.doubleToRawLongBits(0.125);
        all.put("attention" + name, new Example(forward, space, 4, in, List.of(y, statistics), types, scale));
        all.put(
                "attention-gradient" + name,
                new Example(
                        new Kernel.AttentionGradient(forward),
                        space,
                        4,
                        inGradient,
                        List.of(q, q, y),
                        typesGradient,
                        scale));
    }

    private static void convolution(
            Map<String, Example> all, ConvolutionPass pass, Layout first, Layout second, Layout out, long[] params) {
        String name = "convolution-" + pass + (first.shape().size(0) > 2 ? "-chunks" : "");
        all.put(
                name,
                new Example(
                        new Kernel.Convolution(DType.F32, pass, 2),
                        out.shape(),
                        4,
                        List.of(first, second),
                        List.of(out),
                        List.of(DType.F32, DType.F32, DType.F32),
                        params));
    }

    private static void crossEntropy(Map<String, Example> all, ClassReduction reduction) {
        boolean weighted = reduction == ClassReduction.MEAN;
        Kernel.CrossEntropy forward = new Kernel.CrossEntropy(DType.F32, DType.I32, reduction, weighted, weighted);
        Layout loss = reduction == ClassReduction.NONE ? dense(6) : dense();
        List<Layout> in = new ArrayList<>(List.of(dense(6, 5), dense(6)));
        List<DType> types = new ArrayList<>(List.of(DType.F32, DType.I32));
        List<Layout> inGradient = new ArrayList<>(List.of(dense(6, 5), dense(6), dense(6, 2), dense(), loss));
        List<DType> typesGradient = new ArrayList<>(List.of(DType.F32, DType.I32, DType.F32, DType.F32, DType.F32));
        if (weighted) {
            in.add(dense(5));
            types.add(DType.F32);
            inGradient.add(dense(5));
            typesGradient.add(DType.F32);
        }
        types.addAll(List.of(DType.F32, DType.F32, DType.F32));
        typesGradient.add(DType.F32);
        long[] params = {Double.doubleToRawLongBits(0.1), -1};
        all.put(
                "cross-entropy-" + reduction,
                new Example(forward, Shape.of(6, 5), 2, in, List.of(loss, dense(6, 2), dense()), types, params));
        all.put(
                "cross-entropy-gradient-" + reduction,
                new Example(
                        new Kernel.CrossEntropyGradient(forward),
                        Shape.of(6, 5),
                        2,
                        inGradient,
                        List.of(dense(6, 5)),
                        typesGradient,
                        params));
    }
}
