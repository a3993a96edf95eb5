package dev.tenrec.benchmarks.onednn;

import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Elementwise;
import dev.tenrec.benchmarks.work.Library;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Reduction;
import dev.tenrec.benchmarks.work.Softmax;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reduction;
import org.bytedeco.dnnl.softmax_forward;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** Primitives of oneDNN, with what can be fused into one fused, into memory that was allocated before. */
public final class OneDnnLibrary implements Library {

    private final engine processor = new engine(engine.kind.cpu, 0);
    private final stream queue = new stream(processor);

    /** For the service loader. */
    public OneDnnLibrary() {}

    @Override
    public String describe() {
        var version = dnnl.dnnl_version();
        return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch()
                + ", instruction set " + dnnl.dnnl_get_effective_cpu_isa() + ", OpenMP threads of all "
                + Runtime.getRuntime().availableProcessors() + " processors";
    }

    @Override
    public Task prepare(Problem problem) {
        return switch (problem) {
            case MatMul product -> matmul(product);
            case Elementwise map -> map(map);
            case Reduction reduction -> reduce(reduction);
            case Softmax softmax -> softmax(softmax);
            case TrainStep _, CnnStep _, RecurrentStep _, Predict _ ->
                throw new UnsupportedOperationException("oneDNN has kernels but no networks: " + problem);
        };
    }

    private static memory.desc dense(long... sizes) {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        return new memory.desc(sizes, memory.data_type.f32, strides);
    }

    private static memory.desc matrices(int batch, long rows, long columns, boolean transposed) {
        long[] sizes = {batch, rows, columns};
        long[] strides = {rows * columns, transposed ? 1 : columns, transposed ? rows : 1};
        return batch > 1
                ? new memory.desc(sizes, memory.data_type.f32, strides)
                : new memory.desc(
                        new long[] {rows, columns}, memory.data_type.f32, new long[] {strides[1], strides[2]});
    }

    private Task matmul(MatMul p) {
        memory.desc left = matrices(p.batch(), p.rows(), p.inner(), p.leftTransposed());
        memory.desc right = matrices(p.batch(), p.inner(), p.columns(), p.rightTransposed());
        memory.desc product = matrices(p.batch(), p.rows(), p.columns(), false);
        Call call = new Call(new matmul(new matmul.primitive_desc(processor, left, right, product)));
        call.operand(dnnl.DNNL_ARG_SRC, left, p.left());
        call.operand(dnnl.DNNL_ARG_WEIGHTS, right, p.right());
        call.result(product, p.batch() * p.rows() * p.columns());
        return call;
    }

    private Task map(Elementwise p) {
        memory.desc array = dense(p.elements());
        Call call = switch (p.op()) {
            case ADD -> {
                Call add = new Call(new binary(
                        new binary.primitive_desc(processor, dnnl.algorithm.binary_add, array, array, array)));
                add.operand(dnnl.DNNL_ARG_SRC_0, array, p.operand(0));
                add.operand(dnnl.DNNL_ARG_SRC_1, array, p.operand(1));
                yield add;
            }
            case MULTIPLY_ADD, SCALED_RELU -> fused(p, array);
            case RELU -> single(p, array, dnnl.algorithm.eltwise_relu);
            case SIGMOID -> single(p, array, dnnl.algorithm.eltwise_logistic);
            case EXP -> single(p, array, dnnl.algorithm.eltwise_exp);
            case TANH -> single(p, array, dnnl.algorithm.eltwise_tanh);
            case GELU_TANH -> single(p, array, dnnl.algorithm.eltwise_gelu_tanh);
        };
        call.result(array, p.elements());
        return call;
    }

    private Call single(Elementwise p, memory.desc array, dnnl.algorithm algorithm) {
        Call call = new Call(new eltwise_forward(new eltwise_forward.primitive_desc(
                processor, dnnl.prop_kind.forward_inference, algorithm, array, array, 0, 0)));
        call.operand(dnnl.DNNL_ARG_SRC, array, p.operand(0));
        return call;
    }

    /** A product whose sum with c, and what follows, is done while it is at hand. */
    private Call fused(Elementwise p, memory.desc array) {
        post_ops after = new post_ops();
        after.append_binary(dnnl.algorithm.binary_add, array);
        if (p.op() == Elementwise.Op.SCALED_RELU) {
            after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
            after.append_eltwise(dnnl.algorithm.eltwise_linear, 0.5f, 0);
        }
        primitive_attr attributes = new primitive_attr();
        attributes.set_post_ops(after);
        Call call = new Call(new binary(new binary.primitive_desc(
                processor, dnnl.algorithm.binary_mul, array, array, array, attributes, false)));
        call.operand(dnnl.DNNL_ARG_SRC_0, array, p.operand(0));
        call.operand(dnnl.DNNL_ARG_SRC_1, array, p.operand(1));
        call.operand(dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | dnnl.DNNL_ARG_SRC_1, array, p.operand(2));
        return call;
    }

    private Task reduce(Reduction p) {
        memory.desc matrix = dense(p.rows(), p.columns());
        long rows = p.op() == Reduction.Op.SUM_AXIS_1 ? p.rows() : 1;
        long columns = p.op() == Reduction.Op.SUM_AXIS_0 ? p.columns() : 1;
        memory.desc result = dense(rows, columns);
        dnnl.algorithm algorithm =
                p.op() == Reduction.Op.MAX ? dnnl.algorithm.reduction_max : dnnl.algorithm.reduction_sum;
        Call call = new Call(new reduction(new reduction.primitive_desc(processor, algorithm, matrix, result, 0, 0)));
        call.operand(dnnl.DNNL_ARG_SRC, matrix, p.values());
        call.result(result, (int) (rows * columns));
        return call;
    }

    private Task softmax(Softmax p) {
        if (p.op() != Softmax.Op.SOFTMAX) {
            throw new UnsupportedOperationException("oneDNN has no negative log-likelihood");
        }
        memory.desc matrix = dense(p.rows(), p.columns());
        Call call = new Call(new softmax_forward(new softmax_forward.primitive_desc(
                processor, dnnl.prop_kind.forward_inference, dnnl.algorithm.softmax_accurate, matrix, matrix, 1)));
        call.operand(dnnl.DNNL_ARG_SRC, matrix, p.logits());
        call.result(matrix, p.rows() * p.columns());
        return call;
    }

    /** A primitive with its arguments. */
    private final class Call implements Task {
        private final primitive kernel;
        private final IntMemoryMap arguments = new IntMemoryMap();
        private final List<Pointer> owned = new ArrayList<>();
        private FloatPointer result;
        private int resultCount;

        Call(primitive kernel) {
            this.kernel = kernel;
        }

        private FloatPointer argument(int index, memory.desc layout) {
            // The library allocates, as it likes it aligned.
            memory values = new memory(layout, processor);
            arguments.put(index, values);
            owned.add(values);
            return new FloatPointer(values.get_data_handle());
        }

        void operand(int index, memory.desc layout, float[] values) {
            argument(index, layout).put(values);
        }

        void result(memory.desc layout, int count) {
            result = argument(dnnl.DNNL_ARG_DST, layout);
            resultCount = count;
        }

        @Override
        public void run() {
            kernel.execute(queue, arguments);
            queue._wait();
        }

        @Override
        public float[] result() {
            float[] values = new float[resultCount];
            result.get(values);
            return values;
        }

        @Override
        public void close() {
            owned.forEach(Pointer::close);
            arguments.close();
            kernel.close();
        }
    }
}
