package dev.tenrec.examples;

import java.util.List;
import java.util.Optional;

/**
 * What a whole training gave.
 *
 * @param epochs one entry per epoch, in order
 * @param confusion every test image, by its class and by the class it was taken for
 * @param wrong test images that were taken for another class; the report shows the first twelve
 * @param maps what a convolutional network looks for; none of other networks
 */
public record TrainingResult(
        List<EpochResult> epochs, ConfusionMatrix confusion, List<WrongPrediction> wrong, Optional<FeatureMaps> maps) {
    /** Copies the lists. */
    public TrainingResult {
        epochs = List.copyOf(epochs);
        wrong = List.copyOf(wrong);
    }
}
