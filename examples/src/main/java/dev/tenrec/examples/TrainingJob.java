package dev.tenrec.examples;

/** The training that the command line starts. */
@FunctionalInterface
public interface TrainingJob {
    /**
     * Trains a network and tests it after every epoch.
     *
     * @param options what the user asked for, already checked
     * @param data the images
     * @param progress is told about every epoch and every batch
     * @return losses, accuracies and predictions
     * @throws Exception if training fails
     */
    TrainingResult run(TrainingOptions options, FashionMnistData data, ProgressReporter progress) throws Exception;
}
