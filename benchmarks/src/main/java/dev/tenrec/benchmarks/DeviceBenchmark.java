package dev.tenrec.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tenrec.benchmarks.work.BadInput;
import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.MatMul;
import dev.tenrec.benchmarks.work.RecurrentNetwork.Cell;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Times products and training steps on one device in one JVM, for machines where JMH's many JVMs would cost more than
 * the measurement: a GPU host that is lent for minutes. Each work is warmed up, then timed in rounds; the median counts.
 */
public final class DeviceBenchmark {

    private static final int ROUNDS = 7;

    private DeviceBenchmark() {}

    /**
     * Measures, prints a table and writes a JSON file of microseconds by work.
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
        works(quick).forEach((name, work) -> {
            double time = measure(work.apply(library), quick);
            micros.put(name, time);
            System.out.printf(Locale.ROOT, "%-24s %12.1f us%n", name, time);
        });
        write(Path.of(args[1]), device, micros);
    }

    private static Map<String, Function<TenrecLibrary, Task>> works(boolean quick) {
        Map<String, Function<TenrecLibrary, Task>> works = new LinkedHashMap<>();
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
            works.put("matmul " + shape, library -> library.prepare(MatMul.parse(shape)));
        }
        for (String shape : quick ? new String[] {"64"} : new String[] {"1024", "4096", "8192"}) {
            works.put("matmul-bf16 " + shape, library -> library.prepare(MatMul.parse(shape), DType.BF16));
        }
        String batch = quick ? "2" : "128";
        works.put("train mlp " + batch, library -> library.prepare(TrainStep.parse(batch)));
        works.put("train cnn " + batch, library -> library.prepare(CnnStep.parse(batch)));
        String sequences = quick ? "1" : "32";
        works.put("train lstm " + sequences, library -> library.prepare(RecurrentStep.parse(Cell.LSTM, sequences)));
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

    private static void write(Path file, Device device, Map<String, Double> micros) throws IOException {
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
            json.writeEndObject();
        }
    }
}
