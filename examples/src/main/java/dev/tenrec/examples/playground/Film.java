package dev.tenrec.examples.playground;

import dev.tenrec.data.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import javax.imageio.ImageIO;

/**
 * Trains and draws how the decision boundary moves.
 *
 * @param settings what to train
 * @param epochs how long
 * @param frames how many pictures, from before the first epoch to after the last
 * @param size pixels along a side
 */
record Film(Settings settings, int epochs, int frames, int size) {
    private static final int FRAME_MILLIS = 80;
    private static final int LAST_MILLIS = 2000;

    /** Checks the numbers. */
    Film {
        require("--epochs", 1, Session.MOST_EPOCHS, epochs);
        require("--frames", 2, 500, frames);
        require("--size", 100, 1000, size);
        if (frames > epochs + 1) {
            throw Refused.value("--frames", "at most one more than the epochs, " + (epochs + 1), frames);
        }
    }

    private static void require(String option, int least, int most, int given) {
        if (given < least || given > most) {
            throw Refused.value(option, "an integer from " + least + " to " + most, given);
        }
    }

    /** Where frames go. */
    @FunctionalInterface
    private interface Frames {
        void add(int number, BufferedImage image) throws IOException;
    }

    /**
     * Writes an animated GIF, or PNG files with numbers before their ending.
     *
     * @param file ends in .gif or .png; its folder exists
     * @param progress is told of each frame
     * @return the losses at the end
     * @throws IOException if nothing can be written there
     * @throws Refused if the file has another ending
     */
    Trainer.Standing write(Path file, Consumer<String> progress) throws IOException {
        String name = String.valueOf(file.getFileName());
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        switch (ending) {
            case "gif" -> {
                Trainer.Standing[] result = new Trainer.Standing[1];
                AtomicFile.writeStream(file, out -> result[0] = gif(out, progress));
                return result[0];
            }
            case "png" -> {
                String stem = name.substring(0, name.length() - ".png".length());
                return shoot(
                        (number, image) -> {
                            Path one = file.resolveSibling(String.format(Locale.ROOT, "%s-%03d.png", stem, number));
                            AtomicFile.writeStream(one, out -> ImageIO.write(image, "png", out));
                        },
                        progress);
            }
            default -> throw Refused.value("--picture", "a name that ends in .gif or .png", name);
        }
    }

    private Trainer.Standing gif(OutputStream out, Consumer<String> progress) throws IOException {
        try (GifSequence gif = new GifSequence(out)) {
            return shoot(
                    (number, image) -> gif.add(image, number == frames - 1 ? LAST_MILLIS : FRAME_MILLIS), progress);
        }
    }

    private Trainer.Standing shoot(Frames target, Consumer<String> progress) throws IOException {
        BoundaryPicture picture = new BoundaryPicture(size);
        Samples samples = Samples.draw(settings, false);
        try (Trainer trainer = new Trainer(settings)) {
            Trainer.Standing standing = trainer.losses();
            for (int i = 0; i < frames; i++) {
                int end = (int) ((long) epochs * i / (frames - 1));
                while (trainer.epoch() < end) {
                    trainer.train();
                }
                standing = trainer.losses();
                target.add(i, picture.draw(trainer.boundary(Math.min(size, 200)), samples, end, standing));
                progress.accept(String.format(
                        Locale.ROOT, "epoch %5d   loss %.4f   test %.4f", end, standing.train(), standing.test()));
            }
            return standing;
        }
    }
}
