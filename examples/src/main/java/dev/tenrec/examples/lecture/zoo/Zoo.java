package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.memory.Scope;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;

/** The networks, from the oldest idea to the newest. */
public enum Zoo {
    /** Rosenblatt's rule. */
    PERCEPTRON("perceptron", "clothes: trousers or a dress?", Perceptron::run),
    /** Two layers and backpropagation. */
    MULTILAYER("mlp", "clothes: which of ten classes?", MultilayerPerceptron::run),
    /** Units around centres. */
    RADIAL("rbf", "two spirals told apart", RadialBasis::run),
    /** Through a narrow layer. */
    AUTOENCODER("autoencoder", "clothes through 16 numbers and back", Autoencoder::run),
    /** From damaged images. */
    DENOISING("denoising", "clothes, cleaned of noise", Denoising::run),
    /** Codes with a distribution. */
    VARIATIONAL("vae", "clothes drawn from two numbers", Variational::run),
    /** A memory of patterns. */
    HOPFIELD("hopfield", "letters recalled from damaged ones", Hopfield::run),
    /** Visible and hidden units with an energy. */
    BOLTZMANN("rbm", "features of clothes, by contrastive divergence", Boltzmann::run),
    /** Elman's network. */
    RNN("rnn", "running parity of 32 bits, learned on 8", Recurrence::run),
    /** Gates that keep. */
    LSTM("lstm", "the adding problem, 20 steps", Adding::run),
    /** Fewer gates. */
    GRU("gru", "clothes, read line by line", Lines::run),
    /** Shared weights. */
    CNN("cnn", "clothes: which of ten classes?", Convolutional::run),
    /** Transposed convolutions. */
    DECONVOLUTION("deconvolution", "clothes enlarged from 7 x 7 to 28 x 28", Deconvolution::run),
    /** Two networks against each other. */
    GAN("gan", "points drawn on a ring", Adversarial::run),
    /** Shortcuts around layers. */
    RESIDUAL("residual", "clothes by 40 layers, with and without shortcuts", ResidualNetwork::run),
    /** Weighted looks at all places. */
    ATTENTION("attention", "sequences of ten digits written backwards", SelfAttention::run);

    private final String title;
    private final String task;
    private final Network network;

    /** Trains, tells and draws. */
    @FunctionalInterface
    private interface Network {
        Result run(PrintWriter out, Path folder, double effort) throws IOException;
    }

    Zoo(String title, String task, Network network) {
        this.title = title;
        this.task = task;
        this.network = network;
    }

    /** {@return its name in commands} */
    public String title() {
        return title;
    }

    /** {@return what it learns} */
    public String task() {
        return task;
    }

    /**
     * Trains it, in seconds.
     *
     * @param out where the working is printed
     * @param folder where pictures go; it exists
     * @return what it reached
     * @throws IOException if a picture cannot be written
     */
    public Result run(PrintWriter out, Path folder) throws IOException {
        return run(out, folder, 1);
    }

    /** Trains it with a share of the steps, above 0. */
    Result run(PrintWriter out, Path folder, double effort) throws IOException {
        try {
            Result result = Scope.call(() -> {
                try {
                    return network.run(out, folder, effort);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            out.printf(Locale.ROOT, "%,d parameters: %s%n", result.parameters(), result.text());
            out.flush();
            return result;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Trains all and prints one table of them.
     *
     * @param out where it is printed, as the rows of a table in Markdown
     * @param folder where pictures go; it exists
     * @throws IOException if a picture cannot be written
     */
    public static void table(PrintWriter out, Path folder) throws IOException {
        out.println("| network | parameters | task | result | seconds |");
        out.println("|---|---|---|---|---|");
        for (Zoo one : values()) {
            long start = System.nanoTime();
            Result result = one.run(new PrintWriter(PrintWriter.nullWriter()), folder);
            out.printf(
                    Locale.ROOT,
                    "| `%s` | %,d | %s | %s | %.1f |%n",
                    one.title,
                    result.parameters(),
                    one.task,
                    result.text(),
                    (System.nanoTime() - start) / 1e9);
            out.flush();
        }
        out.println("Each alone: mvn -q package -Drun -Dexample=lecture.Lecture -Dargs=NETWORK");
    }
}
