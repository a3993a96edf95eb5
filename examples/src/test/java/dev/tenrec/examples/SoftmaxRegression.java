package dev.tenrec.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * A real but tiny training, in plain Java: one linear layer and softmax, by stochastic gradient descent. It lets the
 * command line, the progress and the reports be tested from end to end without the framework.
 */
final class SoftmaxRegression implements TrainingJob {
    private static final int CLASSES = FashionMnistData.CLASS_NAMES.size();

    private final float[][] weights = new float[CLASSES][ImageSet.PIXELS + 1];
    private final float[] probabilities = new float[CLASSES];

    /** Shows the example in a terminal before there is a framework: takes the options of the command line. */
    public static void main(String[] args) {
        System.exit(FashionMnist.execute(new SoftmaxRegression(), args));
    }

    @Override
    public TrainingResult run(TrainingOptions options, FashionMnistData data, ProgressReporter progress) {
        Random random = new Random(options.seed());
        List<EpochResult> epochs = new ArrayList<>();
        ConfusionMatrix confusion = null;
        List<WrongPrediction> wrong = List.of();
        for (int epoch = 1; epoch <= options.epochs(); epoch++) {
            int count = data.training().count();
            progress.startEpoch(epoch, options.epochs(), count);
            long start = System.nanoTime();
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += train(data.training(), random.nextInt(count), 10 * options.learningRate());
                int batch = i % options.batchSize() + 1;
                if (batch == options.batchSize() || i == count - 1) {
                    progress.step(batch, sum / (i + 1));
                }
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            confusion = new ConfusionMatrix(FashionMnistData.CLASS_NAMES);
            wrong = test(data.test(), confusion);
            EpochResult result = new EpochResult(epoch, sum / count, confusion.accuracy(), count, seconds);
            epochs.add(result);
            progress.endEpoch(result);
        }
        return new TrainingResult(epochs, confusion, wrong, Optional.empty());
    }

    private double train(ImageSet set, int index, float learningRate) {
        predict(set, index);
        int label = set.labels()[index];
        double loss = -Math.log(Math.max(1e-9, probabilities[label]));
        for (int c = 0; c < CLASSES; c++) {
            float gradient = (probabilities[c] - (c == label ? 1 : 0)) * learningRate;
            for (int p = 0; p < ImageSet.PIXELS; p++) {
                weights[c][p] -= gradient * pixel(set, index, p);
            }
            weights[c][ImageSet.PIXELS] -= gradient;
        }
        return loss;
    }

    private List<WrongPrediction> test(ImageSet set, ConfusionMatrix confusion) {
        List<WrongPrediction> wrong = new ArrayList<>();
        for (int i = 0; i < set.count(); i++) {
            int best = predict(set, i);
            confusion.add(set.labels()[i], best);
            if (best != set.labels()[i]) {
                wrong.add(new WrongPrediction(set.image(i), set.labels()[i], best, probabilities[best]));
            }
        }
        return wrong;
    }

    private int predict(ImageSet set, int index) {
        int best = 0;
        for (int c = 0; c < CLASSES; c++) {
            float sum = weights[c][ImageSet.PIXELS];
            for (int p = 0; p < ImageSet.PIXELS; p++) {
                sum += weights[c][p] * pixel(set, index, p);
            }
            probabilities[c] = sum;
            best = sum > probabilities[best] ? c : best;
        }
        float largest = probabilities[best];
        float total = 0;
        for (int c = 0; c < CLASSES; c++) {
            probabilities[c] = (float) Math.exp(probabilities[c] - largest);
            total += probabilities[c];
        }
        for (int c = 0; c < CLASSES; c++) {
            probabilities[c] /= total;
        }
        return best;
    }

    private static float pixel(ImageSet set, int index, int pixel) {
        return (set.images()[index * ImageSet.PIXELS + pixel] & 0xFF) / 255f;
    }
}
