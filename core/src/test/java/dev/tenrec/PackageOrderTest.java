package dev.tenrec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each package of core uses only those before it in the order that ARCHITECTURE.md lists. */
class PackageOrderTest {

    private static final List<String> ORDER = List.of(
            "error",
            "type",
            "ir",
            "op",
            "backend",
            "memory",
            "engine",
            "tensor",
            "autograd",
            "diagnostics",
            "random",
            "data",
            "io",
            "nn",
            "optim");

    private static final Pattern NAME = Pattern.compile("dev/tenrec/([a-z]+)/[A-Z]");

    @Test
    void noPackageUsesALaterOne() throws IOException, URISyntaxException {
        Path classes = classes();
        Set<String> found = new TreeSet<>();
        List<String> wrong = new ArrayList<>();
        try (Stream<Path> files = Files.walk(classes.resolve("dev/tenrec"))) {
            files.filter(file -> file.toString().endsWith(".class")).forEach(file -> {
                String path = classes.relativize(file).toString().replace('\\', '/');
                String own = path.split("/")[2];
                found.add(own);
                for (String used : packagesUsed(file)) {
                    if (ORDER.indexOf(used) > ORDER.indexOf(own) || !ORDER.contains(used)) {
                        wrong.add(path + " uses " + used);
                    }
                }
            });
        }
        assertEquals(List.of(), wrong);
        assertEquals(new TreeSet<>(ORDER), found, "packages of core and packages in the order");
        assertTrue(
                packagesUsed(classes.resolve("dev/tenrec/tensor/Tensor.class")).contains("engine"));
    }

    /** The folder of core's compiled classes. */
    private static Path classes() throws URISyntaxException {
        String name = "dev/tenrec/tensor/Tensor.class";
        URI tensor = PackageOrderTest.class.getClassLoader().getResource(name).toURI();
        return Path.of(tensor).getParent().getParent().getParent().getParent();
    }

    /** Packages named in a class file: of classes, and in descriptors and signatures. */
    private static Set<String> packagesUsed(Path file) {
        ClassModel model;
        try {
            model = ClassFile.of().parse(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Set<String> used = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            String text = switch (entry) {
                case ClassEntry name -> name.asInternalName();
                case Utf8Entry utf8 -> utf8.stringValue();
                default -> "";
            };
            Matcher matcher = NAME.matcher(text);
            while (matcher.find()) {
                used.add(matcher.group(1));
            }
        }
        return used;
    }
}
