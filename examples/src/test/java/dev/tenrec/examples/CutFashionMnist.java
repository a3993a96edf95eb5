package dev.tenrec.examples;

import dev.tenrec.data.IdxElementType;
import dev.tenrec.data.IdxFile;
import dev.tenrec.data.IdxHeader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Cuts the embedded subset out of the full Fashion-MNIST set: the first 1,100 training and the first 200 test images of
 * each class, in their original order.
 *
 * <p>Run with the folder of the full set (the Debian package {@code dataset-fashion-mnist} installs it in
 * {@link FashionMnistData#SYSTEM_FOLDER}) and the folder to write to:
 * {@code CutFashionMnist /usr/share/datasets/fashion-mnist src/main/resources/dev/tenrec/examples/fashion-mnist}.
 * The output depends on the input alone.
 */
final class CutFashionMnist {
    static final int TRAINING_PER_CLASS = 1100;
    static final int TEST_PER_CLASS = 200;

    private CutFashionMnist() {}

    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: CutFashionMnist <folder of the full set> <folder to write to>");
            System.exit(2);
        }
        FashionMnistData full = FashionMnistData.load(Optional.of(args[0]));
        Path target = Files.createDirectories(Path.of(args[1]));
        write(cut(full.training(), TRAINING_PER_CLASS), target, "train");
        write(cut(full.test(), TEST_PER_CLASS), target, "t10k");
    }

    /** Takes the first images of each class, in their original order. */
    static ImageSet cut(ImageSet full, int perClass) {
        int classes = FashionMnistData.CLASS_NAMES.size();
        byte[] images = new byte[classes * perClass * ImageSet.PIXELS];
        byte[] labels = new byte[classes * perClass];
        int[] taken = new int[classes];
        int count = 0;
        for (int i = 0; i < full.count(); i++) {
            byte label = full.labels()[i];
            if (taken[label] < perClass) {
                taken[label]++;
                System.arraycopy(full.image(i), 0, images, count * ImageSet.PIXELS, ImageSet.PIXELS);
                labels[count++] = label;
            }
        }
        if (count != labels.length) {
            throw new IllegalArgumentException("expected " + perClass + " images of each class, given " + count
                    + " images in " + classes + " classes");
        }
        return new ImageSet(images, labels);
    }

    private static void write(ImageSet set, Path folder, String prefix) throws IOException {
        IdxHeader images = IdxHeader.of(IdxElementType.U8, set.count(), ImageSet.SIDE, ImageSet.SIDE);
        IdxHeader labels = IdxHeader.of(IdxElementType.U8, set.count());
        new IdxFile(images, MemorySegment.ofArray(set.images()))
                .write(folder.resolve(prefix + "-images-idx3-ubyte.gz"), true);
        new IdxFile(labels, MemorySegment.ofArray(set.labels()))
                .write(folder.resolve(prefix + "-labels-idx1-ubyte.gz"), true);
    }
}
