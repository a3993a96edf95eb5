package dev.tenrec.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.Device;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What every family renders, as it was last looked at. After a change that is meant,
 * {@code mvn -pl gpu-common -am test -Dtest=GoldenTextTest -Dtenrec.golden=renew} writes the files anew, and the change
 * shows in what is committed.
 */
class GoldenTextTest {

    /** What the names of texts for tensor cores end with. */
    static final String TF32 = "-tf32";

    private static final boolean RENEW = System.getProperty("tenrec.golden", "").equals("renew");

    @TestFactory
    Stream<DynamicTest> sources() {
        return Stream.of(Dialect.values())
                .flatMap(dialect -> Families.all().entrySet().stream()
                        .map(one -> DynamicTest.dynamicTest(
                                dialect + " " + one.getKey(), () -> compare(dialect, one.getKey(), one.getValue()))));
    }

    /** What renders otherwise for tensor cores. */
    @TestFactory
    Stream<DynamicTest> sourcesForTensorCores() {
        return Families.all().entrySet().stream()
                .filter(one -> one.getValue().kernel() instanceof Kernel.Convolution)
                .map(one -> DynamicTest.dynamicTest(
                        one.getKey(), () -> compare(Dialect.CUDA, one.getKey() + TF32, one.getValue())));
    }

    private static void compare(Dialect dialect, String name, Families.Example example) throws IOException {
        boolean opencl = dialect == Dialect.OPENCL;
        FakeDriver driver = new FakeDriver(dialect, opencl ? DeviceInfo.Kind.CPU : DeviceInfo.Kind.GPU, opencl);
        driver.tf32 = name.endsWith(TF32);
        Set<ScalarOp> lowered = opencl ? Set.of(ScalarOp.EXP, ScalarOp.LOG, ScalarOp.TANH) : Set.of();
        try (GpuBackend backend = new GpuBackend(new Device("fake", 0), driver.open(0), ProgramCache.NONE, lowered)) {
            example.run(backend);
        }
        StringBuilder text = new StringBuilder();
        for (String source : driver.sources) {
            assertTrue(source.startsWith(dialect.prelude(false)), "a program begins with its prelude");
            // The prelude is the same for all, and is kept in the class that holds it.
            text.append(source.substring(dialect.prelude(false).length())).append("----\n");
        }
        String file = "golden/" + dialect.name().toLowerCase(java.util.Locale.ROOT) + "/" + name + ".txt";
        if (RENEW) {
            Path path = Path.of("src/test/resources").resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
            return;
        }
        try (InputStream golden = GoldenTextTest.class.getClassLoader().getResourceAsStream(file)) {
            assertTrue(golden != null, "no golden text " + file + "; see this class for how to write it");
            assertEquals(new String(golden.readAllBytes(), StandardCharsets.UTF_8), text.toString(), file);
        }
    }
}
