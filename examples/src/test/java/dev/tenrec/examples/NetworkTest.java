package dev.tenrec.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class NetworkTest {
    @TempDir
    Path folder;

    private static ImageSet first(ImageSet set, int count) {
        return new ImageSet(Arrays.copyOf(set.images(), count * ImageSet.PIXELS), Arrays.copyOf(set.labels(), count));
    }

    @ParameterizedTest
    @EnumSource
    void everyNetworkLearns(Network network) throws Exception {
        FashionMnistData all = FashionMnistData.load(Optional.of(FashionMnistData.EMBEDDED));
        FashionMnistData some = new FashionMnistData(first(all.training(), 640), first(all.test(), 200), "a part");
        TrainingOptions options = new TrainingOptions(
                network, 3, 32, 0.002f, network.schedule(), 1, Optional.empty(), Optional.empty(), folder);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        TrainingResult result;
        try (ProgressReporter progress = ProgressReporter.to(new PrintStream(text, true, StandardCharsets.UTF_8))) {
            result = new FashionMnistTraining().run(options, some, progress);
        }
        assertTrue(
                result.confusion().accuracy() > 0.5,
                "accuracy " + result.confusion().accuracy());
        assertEquals(network == Network.CNN, result.maps().isPresent());
    }

    @Test
    void mapsFillTheirPicture() throws Exception {
        float[] filters = new float[32 * 9];
        filters[0] = 1;
        filters[8] = -0.5f;
        float[] second = new float[64 * 14 * 14];
        second[second.length - 1] = 2;
        FeatureMaps maps = new FeatureMaps(new byte[ImageSet.PIXELS], filters, new float[32 * 784], second);
        Path file = folder.resolve("maps.png");
        maps.write(file);
        var image = ImageIO.read(file.toFile());
        int red = 0;
        int blue = 0;
        int black = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int rgb = image.getRGB(x, y) & 0xFFFFFF;
                red += rgb == 0xFF0000 ? 1 : 0;
                blue += (rgb & 0xFF) == 0xFF && (rgb >> 16) < 0x90 ? 1 : 0;
                black += rgb == 0 ? 1 : 0;
            }
        }
        assertTrue(red > 500, "the largest weight is red: " + red);
        assertTrue(blue > 500, "one below 0 is blue: " + blue);
        assertTrue(black > 20, "the largest value of a map is black: " + black);
    }
}
