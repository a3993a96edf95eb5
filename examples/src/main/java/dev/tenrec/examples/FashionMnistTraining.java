package dev.tenrec.examples;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.data.ArrayDataset;
import dev.tenrec.data.Batch;
import dev.tenrec.data.DataLoader;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.Scheduler;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Trains a network on Fashion-MNIST: cross-entropy, Adam, images scaled to 0 … 1. */
final class FashionMnistTraining implements TrainingJob {

    private static final int TEST_BATCH = 500;
    private static final int WRONG_SHOWN = 12;

    @Override
    public TrainingResult run(TrainingOptions options, FashionMnistData data, ProgressReporter progress)
            throws Exception {
        Network network = options.network();
        try (Sequential model = network.create(options.seed());
                Adam adam = new Adam(model.parameters(), options.learningRate())) {
            progress.note(model.summary(network.input(options.batchSize())));
            DataLoader training =
                    new DataLoader(dataset(data.training()), options.batchSize()).shuffled(options.seed());
            long steps = Math.ceilDiv(training.exampleCount(), (long) options.batchSize()) * options.epochs();
            Scheduler scheduler = new Scheduler(adam, options.schedule().over(steps));
            List<EpochResult> epochs = new ArrayList<>();
            Evaluation evaluation = null;
            for (int epoch = 1; epoch <= options.epochs(); epoch++) {
                progress.startEpoch(epoch, options.epochs(), training.exampleCount());
                long start = System.nanoTime();
                model.train();
                double loss = epoch(network, model, adam, scheduler, training, progress);
                double seconds = (System.nanoTime() - start) / 1e9;
                evaluation = evaluate(network, model, data.test());
                EpochResult result =
                        new EpochResult(epoch, loss, evaluation.confusion.accuracy(), training.exampleCount(), seconds);
                epochs.add(result);
                progress.endEpoch(result);
            }
            model.save(options.output().resolve(FashionMnist.WEIGHTS_FILE));
            Optional<FeatureMaps> maps =
                    network == Network.CNN ? Optional.of(maps(model, data.test())) : Optional.empty();
            return new TrainingResult(epochs, evaluation.confusion, evaluation.wrong, maps);
        }
    }

    /** What the network finds in the first test image. */
    private static FeatureMaps maps(Sequential model, ImageSet test) {
        return Scope.call(() -> Autograd.noGrad(() -> {
            byte[] image = test.image(0);
            Tensor x = scaled(Network.CNN, Tensor.ofBytes(image, 1, ImageSet.PIXELS));
            float[] first = null;
            for (int i = 0; i < Network.SECOND_BLOCK; i++) {
                x = model.get(i).forward(x);
                if (i == Network.FIRST_BLOCK - 1) {
                    first = x.toFloatArray();
                }
            }
            float[] filters = ((Conv2d) model.get(0)).weight().value().toFloatArray();
            return new FeatureMaps(image, filters, first, x.toFloatArray());
        }));
    }

    private static ArrayDataset dataset(ImageSet set) {
        int[] labels = new int[set.count()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = set.labels()[i];
        }
        return ArrayDataset.ofSize(set.count())
                .with(set.images(), ImageSet.PIXELS)
                .with(labels);
    }

    /** Bytes of a picture as numbers from 0 to 1. */
    private static Tensor scaled(Network network, Tensor pixels) {
        return network.shaped(pixels).to(DType.F32).div(255);
    }

    private static double epoch(
            Network network,
            Sequential model,
            Adam adam,
            Scheduler scheduler,
            DataLoader training,
            ProgressReporter progress) {
        double sum = 0;
        long seen = 0;
        for (Batch batch : training) {
            double loss = step(network, model, adam, batch);
            scheduler.step();
            sum += loss * batch.size();
            seen += batch.size();
            progress.step(batch.size(), sum / seen);
        }
        return sum / seen;
    }

    private static double step(Network network, Sequential model, Adam adam, Batch batch) {
        return Scope.call(() -> {
            Tensor logits = model.forward(scaled(network, batch.inputs()));
            Tensor loss = Losses.crossEntropy(logits, batch.labels());
            adam.step(loss.backward());
            return loss.item();
        });
    }

    private record Evaluation(ConfusionMatrix confusion, List<WrongPrediction> wrong) {}

    private static Evaluation evaluate(Network network, Sequential model, ImageSet test) {
        model.eval();
        ConfusionMatrix confusion = new ConfusionMatrix(FashionMnistData.CLASS_NAMES);
        List<WrongPrediction> wrong = new ArrayList<>();
        int first = 0;
        for (Batch batch : new DataLoader(dataset(test), TEST_BATCH)) {
            int from = first;
            Scope.run(() -> Autograd.noGrad(() -> {
                Tensor probabilities =
                        model.forward(scaled(network, batch.inputs())).softmax(1);
                long[] predicted = probabilities.argmax(1).toLongArray();
                float[] certainty = probabilities.max(1).toFloatArray();
                for (int i = 0; i < predicted.length; i++) {
                    int actual = test.labels()[from + i];
                    confusion.add(actual, (int) predicted[i]);
                    if (actual != predicted[i] && wrong.size() < WRONG_SHOWN) {
                        wrong.add(new WrongPrediction(test.image(from + i), actual, (int) predicted[i], certainty[i]));
                    }
                }
            }));
            first += batch.size();
        }
        return new Evaluation(confusion, wrong);
    }
}
