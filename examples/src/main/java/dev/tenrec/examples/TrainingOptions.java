package dev.tenrec.examples;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the user asked for.
 *
 * @param network what to train
 * @param epochs passes over the training images, at least 1
 * @param batchSize images per step, at least 1
 * @param learningRate step size of the optimizer, finite and above 0
 * @param schedule how that goes over the training
 * @param seed of the initial weights and of the order of the images
 * @param backend name of the backend, if the user chose one
 * @param data folder of the data set, if the user chose one
 * @param output folder of the reports
 */
public record TrainingOptions(
        Network network,
        int epochs,
        int batchSize,
        float learningRate,
        RateSchedule schedule,
        long seed,
        Optional<String> backend,
        Optional<String> data,
        Path output) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a value is out of its range; the message names the option
     */
    public TrainingOptions {
        require(epochs >= 1, "--epochs", "an integer of at least 1", epochs);
        require(batchSize >= 1, "--batch-size", "an integer of at least 1", batchSize);
        require(
                Float.isFinite(learningRate) && learningRate > 0,
                "--learning-rate",
                "a finite float32 number above 0",
                learningRate);
        require(backend.isEmpty() || !backend.get().isBlank(), "--backend", "a name", "an empty one");
        require(data.isEmpty() || !data.get().isBlank(), "--data", "a folder", "an empty name");
    }

    private static void require(boolean condition, String option, String expected, Object given) {
        if (!condition) {
            throw new IllegalArgumentException(
                    "Invalid value for option '" + option + "': expected " + expected + ", given " + given);
        }
    }
}
