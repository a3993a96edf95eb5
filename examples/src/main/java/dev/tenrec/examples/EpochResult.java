package dev.tenrec.examples;

/**
 * What one epoch gave.
 *
 * @param epoch the number of the epoch, from 1
 * @param trainingLoss the mean loss over the training images, as they were trained
 * @param testAccuracy the share of test images that are classified rightly after the epoch, 0 to 1
 * @param samples the number of training images
 * @param seconds the time spent on training, without the test
 */
public record EpochResult(int epoch, double trainingLoss, double testAccuracy, long samples, double seconds) {}
