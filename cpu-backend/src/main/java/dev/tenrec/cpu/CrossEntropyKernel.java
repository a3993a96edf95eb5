package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** Runs {@link Kernel.CrossEntropy} and its gradient, example by example. */
final class CrossEntropyKernel implements CompiledKernel {
    private final Kernel.CrossEntropy kernel;
    private final boolean gradient;
    private final DType dtype;
    private final int size;
    private final Lines lines;
    private final Workers workers;
    private final ScratchPool scratch;

    CrossEntropyKernel(Kernel.CrossEntropy kernel, boolean gradient, Workers workers, ScratchPool scratch) {
        this.kernel = kernel;
        this.gradient = gradient;
        this.dtype = kernel.dtype();
        this.size = dtype.byteSize();
        this.lines = Lines.of(dtype);
        this.workers = workers;
        this.scratch = scratch;
    }

    @Override
    public void run(Launch launch) {
        try (Run run = new Run(launch)) {
            if (gradient) {
                run.backward();
            } else {
                run.forward();
            }
        }
    }

    private double real(MemorySegment memory, long at) {
        return Double.longBitsToDouble(Elements.value(dtype, memory, at));
    }

    private void set(MemorySegment memory, long at, double value) {
        Elements.setValue(dtype, memory, at, Double.doubleToRawLongBits(value));
    }

    /** A vector or scalar operand: its elements one by one. */
    private record Values(MemorySegment memory, DType dtype, long base, long stride) {
        static Values of(Operand operand) {
            int size = operand.dtype().byteSize();
            long stride =
                    operand.layout().shape().rank() == 0 ? 0 : operand.layout().stride(0) * size;
            return new Values(
                    Binding.memory(operand), operand.dtype(), operand.layout().offset() * size, stride);
        }

        long get(long index) {
            return Elements.value(dtype, memory, base + index * stride);
        }

        double real(long index) {
            return Double.longBitsToDouble(get(index));
        }
    }

    /** One launch. */
    private final class Run implements AutoCloseable {
        private final Launch launch;
        private final long examples;
        private final int classes;
        private final double smoothing;
        private final Operand scores;
        private final MemorySegment x;
        private final Values labels;
        private final MemorySegment weights;
        private double allWeights;

        Run(Launch launch) {
            this.launch = launch;
            this.examples = launch.space().size(0);
            this.classes = Math.toIntExact(launch.space().size(1));
            this.smoothing = Double.longBitsToDouble(launch.params()[0]);
            this.scores = launch.inputs().get(0);
            this.x = Binding.memory(scores);
            this.labels = Values.of(launch.inputs().get(1));
            this.weights = kernel.weighted() ? scratch.acquire((long) classes * size) : null;
            this.allWeights = classes;
            if (weights != null) {
                Values given = Values.of(launch.inputs().get(gradient ? 5 : 2));
                allWeights = 0;
                for (int c = 0; c < classes; c++) {
                    set(weights, (long) c * size, given.real(c));
                    allWeights += given.real(c);
                }
            }
        }

        @Override
        public void close() {
            if (weights != null) {
                scratch.release(weights);
            }
        }

        private double weight(long label) {
            return weights == null ? 1 : real(weights, label * size);
        }

        /** The label of an example, −1 if it is ignored. */
        private long label(long example) {
            long label = labels.get(example);
            if (kernel.ignores() && label == launch.params()[1]) {
                return -1;
            }
            if (label < 0 || label >= classes) {
                throw new InvalidArgument(Message.of("crossEntropy", "label out of range")
                        .line("expected", "0 to " + (classes - 1), "predictions " + launch.space())
                        .line("given", label, "at position [" + example + "]")
                        .hint("labels count from 0; to leave examples out, give their label as ignoreIndex")
                        .toString());
            }
            return label;
        }

        private long offset(long example) {
            return (scores.layout().offset() + example * scores.layout().stride(0)) * size;
        }

        /** A dense line of scores: its memory is {@link #x}, or else scratch into which it is brought. */
        private boolean isDense() {
            return scores.layout().stride(1) == 1 || classes == 1;
        }

        private void bring(long example, MemorySegment target, long at) {
            long stride = scores.layout().stride(1) * size;
            Elements.copy(size, x, offset(example), stride, target, at, size, classes);
        }

        void forward() {
            View losses = View.of(launch.outputs().get(0));
            MemorySegment sums = scratch.acquire(2 * Double.BYTES * examples);
            SoftmaxKernel.parallel(workers, examples, classes, (from, to) -> {
                try (Tail tail = new Tail(scratch, dtype, 2 * classes)) {
                    losses(from, to, sums, tail);
                }
            });
            double loss = 0;
            double counted = 0;
            for (long i = 0; i < examples; i++) {
                double own = sums.get(JAVA_DOUBLE_UNALIGNED, 2 * i * Double.BYTES);
                counted += sums.get(JAVA_DOUBLE_UNALIGNED, (2 * i + 1) * Double.BYTES);
                loss += own;
                if (kernel.reduction() == ClassReduction.NONE) {
                    set(losses.segment(), losses.base() + i * size, own);
                }
            }
            scratch.release(sums);
            double divisor = kernel.reduction() == ClassReduction.MEAN ? counted : 1;
            View by = View.of(launch.outputs().get(2));
            set(by.segment(), by.base(), divisor);
            if (kernel.reduction() != ClassReduction.NONE) {
                set(losses.segment(), losses.base(), loss / divisor);
            }
        }

        private void losses(long from, long to, MemorySegment sums, Tail room) {
            View statistics = View.of(launch.outputs().get(1));
            MemorySegment line = isDense() ? x : room.memory;
            long copy = room.slot(2);
            long spare = copy + (long) classes * size;
            try (Tail tail = new Tail(scratch, dtype, classes)) {
                for (long i = from; i < to; i++) {
                    long at = isDense() ? offset(i) : copy;
                    if (!isDense()) {
                        bring(i, line, at);
                    }
                    double largest = lines.largest(line, at, classes);
                    double log = tail.logOfSum(lines, line, at, largest, room.memory, spare);
                    set(statistics.segment(), statistics.base() + 2 * i * size, largest);
                    set(statistics.segment(), statistics.base() + (2 * i + 1) * size, log);
                    long label = label(i);
                    double weight = label < 0 ? 0 : weight(label);
                    double loss = label < 0 ? 0 : loss(line, at, label, weight, largest, log, tail.whole);
                    sums.set(JAVA_DOUBLE_UNALIGNED, 2 * i * Double.BYTES, loss);
                    sums.set(JAVA_DOUBLE_UNALIGNED, (2 * i + 1) * Double.BYTES, weight);
                }
            }
        }

        private double loss(
                MemorySegment line, long at, long label, double weight, double largest, double log, int whole) {
            double loss = 0;
            if (smoothing < 1) {
                loss = (1 - smoothing) * weight * (log - (real(line, at + label * size) - largest));
            }
            if (smoothing > 0) {
                loss += smoothing / classes * (allWeights * log - shifted(line, at, largest, whole));
            }
            return loss;
        }

        /** Σ w·(x − largest) over the classes. */
        private double shifted(MemorySegment line, long at, double largest, int whole) {
            double sum = weights == null
                    ? lines.sum(line, at, largest, whole)
                    : lines.product(line, at, largest, weights, 0, whole);
            for (int c = whole; c < classes; c++) {
                sum += weight(c) * (real(line, at + (long) c * size) - largest);
            }
            return sum;
        }

        void backward() {
            View out = View.of(launch.outputs().get(0));
            SoftmaxKernel.parallel(workers, examples, classes, (from, to) -> {
                try (Tail tail = new Tail(scratch, dtype, classes)) {
                    gradients(from, to, out, tail);
                }
            });
        }

        private void gradients(long from, long to, View out, Tail tail) {
            Operand statistics = launch.inputs().get(2);
            MemorySegment pairs = Binding.memory(statistics);
            Values divisor = Values.of(launch.inputs().get(3));
            Values upstream = Values.of(launch.inputs().get(4));
            for (long i = from; i < to; i++) {
                long ro = out.base() + i * classes * size;
                long label = label(i);
                if (label < 0) {
                    Elements.fill(size, out.segment(), ro, 0, classes);
                    continue;
                }
                long pair =
                        (statistics.layout().offset() + i * statistics.layout().stride(0)) * size;
                double largest = real(pairs, pair);
                double log = real(pairs, pair + statistics.layout().stride(1) * size);
                double scale = upstream.real(i) / divisor.real(0);
                long at = isDense() ? offset(i) : tail.slot(2);
                MemorySegment line = isDense() ? x : tail.memory;
                if (!isDense()) {
                    bring(i, line, at);
                }
                gradient(line, at, label, largest, log, scale, out.segment(), ro, tail);
            }
        }

        private void gradient(
                MemorySegment line,
                long at,
                long label,
                double largest,
                double log,
                double scale,
                MemorySegment r,
                long ro,
                Tail tail) {
            double hit = scale * (1 - smoothing) * weight(label);
            double spread = scale * smoothing / classes;
            double factor = hit + spread * allWeights;
            double less = weights == null ? spread : 0;
            lines.scaledExponentials(line, at, largest, log, factor, less, r, ro, tail.whole);
            if (tail.rest > 0) {
                MemorySegment t = tail.memory;
                tail.load(line, at, 0, 0);
                lines.scaledExponentials(t, 0, largest, log, factor, less, t, 0, Program.GRANULE);
                tail.store(r, ro);
            }
            if (weights != null && spread != 0) {
                lines.subtract(weights, 0, spread, r, ro, tail.whole);
                for (int c = tail.whole; c < classes; c++) {
                    set(r, ro + (long) c * size, real(r, ro + (long) c * size) - spread * weight(c));
                }
            }
            set(r, ro + label * size, real(r, ro + label * size) - hit);
        }
    }
}
