package dev.tenrec.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tenrec.benchmarks.work.BadInput;
import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Elementwise;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.Problem.Bound;
import dev.tenrec.benchmarks.work.RecurrentNetwork.Cell;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Reduction;
import dev.tenrec.benchmarks.work.Softmax;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times products, kernels that memory limits and training steps on one device in one JVM, for machines where JMH's many JVMs would cost more than
 * the measurement: a GPU host that is lent for minutes. Each work is warmed up, then timed in rounds; the median counts.
 */
public final class DeviceBenchmark {

    private static final int ROUNDS = 7;

    /** What is timed. */
    private record Work(Problem problem, DType dtype) {

        static Work of(Problem problem) {
            return new Work(problem, DType.F32);
        }

        Task prepare(TenrecLibrary library) {
            return problem instanceof MatMul product ? library.prepare(product, dtype) : library.prepare(problem);
        }
    }

    private DeviceBenchmark() {}

    /**
     * Measures, prints a table and writes a JSON file of microseconds by work, and of the gigabytes that those move which
     * memory limits.
     *
     * @param args the device, such as {@code cuda:0}; the file to write; {@code quick} for small work and few runs, to
     *     see that it works
     * @throws IOException if the file cannot be written
     */
    public static void main(String[] args) throws IOException {
        if (args.length < 2 || args.length > 3 || args.length == 3 && !args[2].equals("quick")) {
            throw new BadInput("expected DEVICE FILE [quick], given " + String.join(" ", args));
        }
        boolean quick = args.length == 3;
        Device device = Device.parse(args[0]);
        TenrecLibrary library = new TenrecLibrary(device);
        System.out.println(library.describe());
        Map<String, Double> micros = new LinkedHashMap<>();
        Map<String, Work> works = works(quick);
        works.forEach((name, work) -> {
            double time = measure(work.prepare(library), quick);
            micros.put(name, time);
            System.out.printf(Locale.ROOT, "%-24s %12.1f us%n", name, time);
        });
        write(Path.of(args[1]), device, micros, works);
    }

    private static Map<String, Work> works(boolean quick) {
        Map<String, Work> works = new LinkedHashMap<>();
        String[] shapes = quick
                ? new String[] {"64", "64x96x32", "2*32x16x32"}
                : new String[] {
                    "256",
                    "512",
                    "1024",
                    "2048",
                    "4096",
                    "1024-nt",
                    "1024-tn",
                    "64x784x256",
                    "128x512x512",
                    "32*128x64x128"
                };
        for (String shape : shapes) {
            works.put("matmul " + shape, Work.of(MatMul.parse(shape)));
        }
        for (String shape : quick ? new String[] {"64"} : new String[] {"1024", "4096", "8192"}) {
            works.put("matmul-bf16 " + shape, new Work(MatMul.parse(shape), DType.BF16));
        }
        String elements = quick ? "5000" : "67108864";
        for (String op : List.of("add", "relu", "scaled-relu", "gelu-tanh")) {
            works.put("map " + op + " " + elements, Work.of(Elementwise.parse(op, elements)));
        }
        String rows = quick ? "50" : "8192";
        for (String op : List.of("sum", "sum-axis-0", "sum-axis-1")) {
            works.put("reduce " + op + " " + rows, Work.of(Reduction.parse(op, rows, rows)));
        }
        works.put("softmax softmax " + rows, Work.of(Softmax.parse("softmax", rows, rows)));
        String batch = quick ? "2" : "128";
        works.put("train mlp " + batch, Work.of(TrainStep.parse(batch)));
        works.put("train cnn " + batch, Work.of(CnnStep.parse(batch)));
        String sequences = quick ? "1" : "32";
        works.put("train lstm " + sequences, Work.of(RecurrentStep.parse(Cell.LSTM, sequences)));
        return works;
    }

    /** The median over rounds of the mean time of a run, in microseconds. */
    private static double measure(Task prepared, boolean quick) {
        try (Task task = prepared) {
            long enough = quick ? 1 : 100_000_000;
            int warm = quick ? 1 : 20;
            for (int i = 0; i < warm; i++) {
                task.run();
            }
            double[] rounds = new double[quick ? 1 : ROUNDS];
            for (int round = 0; round < rounds.length; round++) {
                long start = System.nanoTime();
                long spent = 0;
                int runs = 0;
                while (spent < enough) {
                    task.run();
                    runs++;
                    spent = System.nanoTime() - start;
                }
                rounds[round] = spent / 1e3 / runs;
            }
            Arrays.sort(rounds);
            return rounds[rounds.length / 2];
        }
    }

    private static void write(Path file, Device device, Map<String, Double> micros, Map<String, Work> works)
            throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.writeStartObject();
            json.writeStringField("library", "Tenrec");
            json.writeStringField("device", device.toString());
            json.writeStringField("tf32", System.getProperty("tenrec.cuda.tf32", "false"));
            json.writeObjectFieldStart("microseconds");
            for (Map.Entry<String, Double> entry : micros.entrySet()) {
                json.writeNumberField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
            json.writeObjectFieldStart("gigabytes");
            for (Map.Entry<String, Work> entry : works.entrySet()) {
                Problem problem = entry.getValue().problem;
                if (problem.bound() == Bound.MEMORY) {
                    json.writeNumberField(entry.getKey(), problem.amount());
                }
            }
            json.writeEndObject();
            json.writeEndObject();
        }
    }
}
