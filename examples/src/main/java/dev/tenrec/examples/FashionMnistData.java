package dev.tenrec.examples;

import dev.tenrec.data.IdxElementType;
import dev.tenrec.data.IdxFile;
import dev.tenrec.data.IdxHeader;
import dev.tenrec.error.InvalidFileException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Fashion-MNIST by Zalando SE: grey 28 x 28 images of clothes in ten classes.
 *
 * <p>The full set has 60,000 training and 10,000 test images. A class-balanced part of it, 11,000 and 2,000 images, is
 * embedded in this library, so that the example needs no network and no installation.
 *
 * @param training the images to learn from
 * @param test the images to judge by
 * @param source where the images come from, for people: {@code embedded subset} or a folder
 * @see <a href="https://arxiv.org/abs/1708.07747">Xiao, Rasul, Vollgraf: Fashion-MNIST (2017)</a>
 */
public record FashionMnistData(ImageSet training, ImageSet test, String source) {
    /** The names of the classes, by label. */
    public static final List<String> CLASS_NAMES = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    /** The folder of the Debian package {@code dataset-fashion-mnist}. */
    public static final Path SYSTEM_FOLDER = Path.of("/usr/share/datasets/fashion-mnist");

    /** The name that stands for the embedded subset where a folder is expected. */
    public static final String EMBEDDED = "embedded";

    static final String RESOURCES = "fashion-mnist/";

    private static final String TRAINING_PREFIX = "train";
    private static final String TEST_PREFIX = "t10k";
    private static final String IMAGES_SUFFIX = "-images-idx3-ubyte";
    private static final String LABELS_SUFFIX = "-labels-idx1-ubyte";
    private static final String PACKED = ".gz";
    /** Ten times the full set; more is another data set. */
    private static final long MAX_BYTES = 600_000L * ImageSet.PIXELS;

    private static final String FILES_HINT = "the folder needs train-images-idx3-ubyte, train-labels-idx1-ubyte, "
            + "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or with .gz";

    /** Opens one file of the set by its name without {@code .gz}. */
    @FunctionalInterface
    private interface Opener {
        Opened open(String name) throws IOException;
    }

    private record Opened(String name, IdxFile file) {}

    /**
     * Loads the set from the first place that has it: the given folder, else {@link #SYSTEM_FOLDER} if it holds all
     * four files, else the embedded subset.
     *
     * @param folder a folder with the four files, or {@link #EMBEDDED} for the embedded subset
     * @return the images and where they come from
     * @throws InvalidFileException if a file is not what its name says
     * @throws IOException if the given folder or one of its files is missing or cannot be read
     */
    public static FashionMnistData load(Optional<String> folder) throws IOException {
        return load(folder, SYSTEM_FOLDER);
    }

    static FashionMnistData load(Optional<String> folder, Path systemFolder) throws IOException {
        if (folder.isPresent() && !folder.get().equals(EMBEDDED)) {
            Path path = Path.of(folder.get());
            if (!Files.exists(path)) {
                throw new NoSuchFileException(path.toString(), null, "no such folder\n  hint: " + FILES_HINT);
            }
            if (!Files.isDirectory(path)) {
                throw new NotDirectoryException(path + ": not a folder\n  hint: " + FILES_HINT);
            }
            return fromFolder(path);
        }
        if (folder.isEmpty() && isComplete(systemFolder)) {
            return fromFolder(systemFolder);
        }
        return load(FashionMnistData::openResource, "embedded subset");
    }

    private static boolean isComplete(Path folder) {
        for (String prefix : List.of(TRAINING_PREFIX, TEST_PREFIX)) {
            for (String suffix : List.of(IMAGES_SUFFIX, LABELS_SUFFIX)) {
                String name = prefix + suffix;
                if (!Files.exists(folder.resolve(name)) && !Files.exists(folder.resolve(name + PACKED))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static FashionMnistData fromFolder(Path folder) throws IOException {
        return load(name -> openFile(folder, name), folder.toString());
    }

    private static FashionMnistData load(Opener opener, String source) throws IOException {
        return new FashionMnistData(loadSet(opener, TRAINING_PREFIX), loadSet(opener, TEST_PREFIX), source);
    }

    private static Opened openFile(Path folder, String name) throws IOException {
        Path packed = folder.resolve(name + PACKED);
        Path file = Files.exists(packed) ? packed : folder.resolve(name);
        if (!Files.exists(file)) {
            throw new NoSuchFileException(
                    folder.toString(),
                    null,
                    "neither " + name + PACKED + " nor " + name + " is there\n  hint: " + FILES_HINT);
        }
        return new Opened(file.toString(), IdxFile.read(file, Arena.ofAuto(), MAX_BYTES));
    }

    private static Opened openResource(String name) throws IOException {
        String resource = RESOURCES + name + PACKED;
        try (InputStream in = FashionMnistData.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new NoSuchFileException(
                        resource, null, "not in the jar\n  hint: build the examples again, with their resources");
            }
            return new Opened(resource, IdxFile.read(resource, in, Arena.ofAuto(), MAX_BYTES));
        }
    }

    private static ImageSet loadSet(Opener opener, String prefix) throws IOException {
        // Labels first: they are small, and a folder of other files is refused sooner.
        Opened labels = opener.open(prefix + LABELS_SUFFIX);
        check(labels, labels.file().header().rank() == 1, "u8 [count]: one label per image");
        Opened images = opener.open(prefix + IMAGES_SUFFIX);
        IdxHeader header = images.file().header();
        long side = ImageSet.SIDE;
        check(
                images,
                header.rank() == 3
                        && header.sizes().get(1) == side
                        && header.sizes().get(2) == side,
                "u8 [count, 28, 28]");
        long count = labels.file().header().elementCount();
        if (header.sizes().get(0) != count) {
            throw new InvalidFileException(
                    images.name(),
                    "images and labels do not match",
                    count + " images, as there are labels in " + labels.name(),
                    header.sizes().get(0) + " images",
                    "take both files from the same data set");
        }
        byte[] classes = labels.file().toByteArray();
        for (int i = 0; i < classes.length; i++) {
            int label = classes[i] & 0xFF;
            if (label >= CLASS_NAMES.size()) {
                throw new InvalidFileException(
                        labels.name(),
                        "label out of range",
                        "labels of 0 to " + (CLASS_NAMES.size() - 1),
                        "label " + label + " at index " + i,
                        "check that this is a label file of Fashion-MNIST");
            }
        }
        return new ImageSet(images.file().toByteArray(), classes);
    }

    private static void check(Opened opened, boolean shapeIsRight, String expected) throws InvalidFileException {
        IdxHeader header = opened.file().header();
        if (!shapeIsRight || header.elementType() != IdxElementType.U8) {
            throw new InvalidFileException(
                    opened.name(), "wrong element type or shape", expected, header.toString(), FILES_HINT);
        }
    }
}
