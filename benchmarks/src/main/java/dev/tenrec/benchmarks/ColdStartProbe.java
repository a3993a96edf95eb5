package dev.tenrec.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.tenrec.benchmarks.work.BadInput;
import dev.tenrec.benchmarks.work.Elementwise;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.Reduction;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import dev.tenrec.type.Device;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What each JVM of {@link ColdStart} runs: one kernel over and over, timed at the end beside a {@link Yardstick}. */
final class ColdStartProbe {
    private static final String RESULT = "rates";
    private static final double NANOS = 1e9;

    /** Nanoseconds of calls between two looks at the yardstick. */
    private static final long STRETCH = 10_000_000;

    /** How much longer than on a quiet machine a phase lasts at most. */
    private static final double LONGEST = 4;

    /** Share of the processor time wanted that ends a phase: threads also wait for each other. */
    private static final double ENOUGH = 0.8;

    /** The kernels. Their operands fit into a cache, so that code and not memory decides. */
    enum Work {
        /** The product of two square matrices. */
        MATMUL(1024) {
            @Override
            Problem problem(int size) {
                return new MatMul(1, size, size, size, false, false);
            }
        },

        /** relu(a · b + c) · 0.5 of square matrices. */
        MAP(256) {
            @Override
            Problem problem(int size) {
                return new Elementwise(Elementwise.Op.SCALED_RELU, Math.multiplyExact(size, size));
            }
        },

        /** The sums of a square matrix's rows. */
        REDUCE(256) {
            @Override
            Problem problem(int size) {
                return new Reduction(Reduction.Op.SUM_AXIS_1, size, size);
            }
        },

        /** A training step, where size is that of the batch. */
        TRAIN(128) {
            @Override
            Problem problem(int size) {
                return new TrainStep(size);
            }
        };

        private final int size;

        Work(int size) {
            this.size = size;
        }

        abstract Problem problem(int size);

        /** {@return the unit of rates} */
        String unit() {
            return problem(size).bound() == Problem.Bound.MEMORY ? "GB/s" : "GFLOP/s";
        }

        /** {@return rows and columns, or the batch, when nothing else is asked for} */
        int size() {
            return size;
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Work parse(String name) {
            for (Work work : values()) {
                if (work.label().equals(name)) {
                    return work;
                }
            }
            throw new BadInput("--kernel is not one of matmul, map, reduce, train, all: \"" + name + '"');
        }
    }

    private ColdStartProbe() {}

    /** Arguments: kernel, size, seconds, backend, threads. */
    public static void main(String[] args) {
        Work work = Work.parse(args[0]);
        int size = Integer.parseInt(args[1]);
        double seconds = Double.parseDouble(args[2]);
        Device device = BackendNames.device(args[3]);
        int threads = Integer.parseInt(args[4]);
        Problem problem = work.problem(size);
        Task call = new TenrecLibrary(device).prepare(problem);

        double measured = Math.min(1, seconds / 3);
        try (Yardstick yardstick = new Yardstick(threads)) {
            run(call, yardstick, new Phase(seconds - measured, threads));
            MachineLoad before = MachineLoad.now();
            List<Timed> times = run(call, yardstick, new Phase(measured, threads));
            double others = before.othersUntilNow();
            double perCall = problem.boundAmount() * NANOS;
            System.out.println(String.join(
                    " ",
                    RESULT,
                    Double.toString(perCall / sorted(times, Timed::nanos)[times.size() / 2]),
                    Double.toString(perCall / sorted(times, Timed::nanos)[0]),
                    Double.toString(perCall / sorted(times, Timed::work)[times.size() / 2]),
                    Double.toString(others)));
        }
    }

    private static double[] sorted(List<Timed> times, ToDoubleFunction<Timed> value) {
        return times.stream().mapToDouble(value).sorted().toArray();
    }

    /**
     * A stretch of time. On a machine with other load it lasts longer, so that the compilers and the kernels get about as
     * much processor time as on a quiet one.
     */
    private static final class Phase {
        private final OperatingSystemMXBean system =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        private final long wallStart = System.nanoTime();
        private final long ownStart = system.getProcessCpuTime();
        private final double nanos;
        private final int threads;

        Phase(double seconds, int threads) {
            nanos = seconds * NANOS;
            this.threads = threads;
        }

        boolean over() {
            double wall = System.nanoTime() - wallStart;
            return wall >= LONGEST * nanos
                    || wall >= nanos && system.getProcessCpuTime() - ownStart >= ENOUGH * threads * nanos;
        }
    }

    /**
     * A call.
     *
     * @param nanos how long it took
     * @param pace GFLOP/s of the yardstick around it
     */
    private record Timed(double nanos, double pace) {

        /** Multiply-adds that the processors could have done meanwhile. */
        double work() {
            return nanos * pace;
        }
    }

    /** Calls until a phase is over, at least once, with the yardstick in between. */
    private static List<Timed> run(Task call, Yardstick yardstick, Phase phase) {
        List<Timed> times = new ArrayList<>();
        List<Long> calls = new ArrayList<>();
        double pace = yardstick.rate();
        do {
            calls.clear();
            long start = System.nanoTime();
            do {
                long before = System.nanoTime();
                call.run();
                calls.add(System.nanoTime() - before);
            } while (System.nanoTime() - start < STRETCH);
            double next = yardstick.rate();
            for (long nanos : calls) {
                times.add(new Timed(nanos, (pace + next) / 2));
            }
            pace = next;
        } while (!phase.over());
        return times;
    }

    /** Reads what {@link #main} printed. */
    static ColdStart.Rates parse(String output) throws IOException {
        for (String line : output.lines().toList()) {
            String[] words = line.split(" ");
            if (words.length == 5 && words[0].equals(RESULT)) {
                return new ColdStart.Rates(
                        Double.parseDouble(words[1]),
                        Double.parseDouble(words[2]),
                        Double.parseDouble(words[3]),
                        Double.parseDouble(words[4]));
            }
        }
        throw new IOException("a JVM gave no rates but said: " + output.strip());
    }
}
