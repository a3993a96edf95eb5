package dev.tenrec.testkit.kernel;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Cases of determinism: a launch gives the same bits again, also when eight threads run one compiled kernel at once. */
public final class RepeatCases {

    private static final int THREADS = 8;
    private static final int ROUNDS = 4;

    private RepeatCases() {}

    private record Subject(
            String name, Kernel kernel, Shape space, int keptRank, List<TestOperand> in, DType type, Shape result) {}

    /**
     * Makes the cases.
     *
     * @return one per kind of kernel
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (Class<?> kind : Kernel.class.getPermittedSubclasses()) {
            Class<? extends Kernel> kernel = kind.asSubclass(Kernel.class);
            if (hasSubject(kernel)) {
                cases.add(new ConformanceCase(
                        "repeat " + kernel.getSimpleName().toLowerCase(java.util.Locale.ROOT),
                        kernel,
                        Optional.empty(),
                        Purpose.FORWARD,
                        Set.of(DType.F32),
                        (backend, tolerance) -> {
                            try (Rig rig = new Rig(backend, tolerance)) {
                                run(rig, subject(rig, kernel));
                            }
                        }));
            }
        }
        return cases;
    }

    private static boolean hasSubject(Class<? extends Kernel> kernel) {
        return List.of(
                        Kernel.Map.class,
                        Kernel.Reduce.class,
                        Kernel.MatMul.class,
                        Kernel.Gather.class,
                        Kernel.Scatter.class,
                        Kernel.Copy.class)
                .contains(kernel);
    }

    private static Subject subject(Rig rig, Class<? extends Kernel> kind) {
        Samples samples = Samples.uniform(-2, 2, 1);
        Expr x = Expr.input(0, DType.F32);
        if (kind == Kernel.Map.class) {
            Shape space = Shape.of(173, 97);
            List<TestOperand> in = List.of(rig.input(DType.F32, space, View.TRANSPOSED, samples));
            Kernel kernel = new Kernel.Map(List.of(x.mul(0.7).tanh().add(x.exp())), Rig.specs(in), 0);
            return new Subject("map", kernel, space, 2, in, DType.F32, space);
        }
        if (kind == Kernel.Reduce.class) {
            Shape space = Shape.of(5, 4099);
            List<TestOperand> in = List.of(rig.input(DType.F32, space, View.CONTIGUOUS, samples));
            Kernel kernel = new Kernel.Reduce(ReduceOp.SUM, x.mul(x).sub(0.3), Rig.specs(in), 0);
            return new Subject("reduce", kernel, space, 1, in, DType.F32, Shape.of(5));
        }
        if (kind == Kernel.MatMul.class) {
            Shape space = Shape.of(65, 131, 97);
            List<TestOperand> in = List.of(
                    rig.input(DType.F32, Shape.of(65, 97), View.CONTIGUOUS, samples),
                    rig.input(DType.F32, Shape.of(97, 131), View.TRANSPOSED, samples));
            Kernel kernel = new Kernel.MatMul(DType.F32, List.of(x), List.of(), 0);
            return new Subject("matmul", kernel, space, 3, in, DType.F32, Shape.of(65, 131));
        }
        Shape space = Shape.of(3000, 3);
        TestOperand source = rig.input(DType.F32, space, View.CONTIGUOUS, samples);
        if (kind == Kernel.Copy.class) {
            return new Subject("copy", new Kernel.Copy(DType.F32), space, 2, List.of(source), DType.F32, space);
        }
        java.util.Random random = new java.util.Random(5);
        TestOperand index = rig.input(DType.I32, space, View.CONTIGUOUS, _ -> random.nextInt(11));
        if (kind == Kernel.Gather.class) {
            TestOperand table = rig.input(DType.F32, Shape.of(11, 3), View.CONTIGUOUS, samples);
            Kernel kernel = new Kernel.Gather(DType.F32, DType.I32, 0);
            return new Subject("gather", kernel, space, 2, List.of(table, index), DType.F32, space);
        }
        Kernel kernel = new Kernel.Scatter(DType.F32, DType.I32, 0);
        return new Subject("scatter", kernel, space, 2, List.of(source, index), DType.F32, Shape.of(11, 3));
    }

    private static void run(Rig rig, Subject subject) {
        CompiledKernel compiled = rig.compile(subject.kernel);
        List<TestOperand> outputs = new ArrayList<>();
        List<Launch> launches = new ArrayList<>();
        for (int i = 0; i < 2 + THREADS * ROUNDS; i++) {
            // Values are set before: a scatter adds to them.
            TestOperand out = rig.output(subject.type, View.CONTIGUOUS.layout(subject.result), Samples.whole(4, 7));
            outputs.add(out);
            launches.add(Rig.launch(subject.space, subject.keptRank, subject.in, List.of(out)));
        }
        compiled.run(launches.get(0));
        compiled.run(launches.get(1));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            List<Launch> own = launches.subList(2 + t * ROUNDS, 2 + (t + 1) * ROUNDS);
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    start.await();
                    own.forEach(compiled::run);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        start.countDown();
        for (Thread thread : threads) {
            join(thread);
        }
        if (failure.get() != null) {
            throw new AssertionError(subject.name + " failed when run by " + THREADS + " threads", failure.get());
        }
        long[] expected = Rig.readOutputs(subject.in, outputs.subList(0, 1))[0];
        for (int i = 1; i < outputs.size(); i++) {
            int at = Arrays.mismatch(expected, outputs.get(i).read("output of run " + i));
            if (at >= 0) {
                throw new AssertionError(subject.name + (i == 1 ? " run again" : " run by " + THREADS + " threads")
                        + " gives other bits at position " + at);
            }
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while kernels ran", e);
        }
    }
}
