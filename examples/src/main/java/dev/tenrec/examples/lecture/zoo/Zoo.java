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
    PERCEPTRON("perceptron", "perceptron", "clothes: trousers or a dress?", Perceptron::run),
    /** Two layers and backpropagation. */
    MULTILAYER("mlp", "multilayer perceptron", "clothes: which of ten classes?", MultilayerPerceptron::run),
    /** Units around centres. */
    RADIAL("rbf", "radial-basis network", "two spirals told apart", RadialBasis::run),
    /** Through a narrow layer. */
    AUTOENCODER("autoencoder", "autoencoder", "clothes through 16 numbers and back", Autoencoder::run),
    /** From damaged images. */
    DENOISING("denoising", "denoising autoencoder", "clothes, cleaned of noise", Denoising::run),
    /** Codes with a distribution. */
    VARIATIONAL("vae", "variational autoencoder", "clothes drawn from two numbers", Variational::run),
    /** A memory of patterns. */
    HOPFIELD("hopfield", "Hopfield network", "letters recalled from damaged ones", Hopfield::run),
    /** Visible and hidden units with an energy. */
    BOLTZMANN("rbm", "restricted Boltzmann machine", "features of clothes, by contrastive divergence", Boltzmann::run),
    /** Elman's network. */
    RNN("rnn", "recurrent network (RNN)", "running parity of 32 bits, learned on 8", Recurrence::run),
    /** Gates that keep. */
    LSTM("lstm", "LSTM", "the adding problem, 20 steps", Adding::run),
    /** Fewer gates. */
    GRU("gru", "GRU", "clothes, read line by line", Lines::run),
    /** Shared weights. */
    CNN("cnn", "convolutional network", "clothes: which of ten classes?", Convolutional::run),
    /** Transposed convolutions. */
    DECONVOLUTION("deconvolution", "deconvolution", "clothes enlarged from 7 x 7 to 28 x 28", Deconvolution::run),
    /** Two networks against each other. */
    GAN("gan", "adversarial networks (GAN)", "points drawn on a ring", Adversarial::run),
    /** Shortcuts around layers. */
    RESIDUAL("residual", "residual network", "clothes by 42 layers, with and without shortcuts", ResidualNetwork::run),
    /** Weighted looks at all places. */
    ATTENTION("attention", "attention", "sequences of ten digits written backwards", SelfAttention::run);

    private final String title;
    private final String kind;
    private final String task;
    private final Network network;

    /** Trains, tells and draws. */
    @FunctionalInterface
    private interface Network {
        Result run(PrintWriter out, Path folder, double effort) throws IOException;
    }

    Zoo(String title, String kind, String task, Network network) {
        this.title = title;
        this.kind = kind;
        this.task = task;
        this.network = network;
    }

    /** {@return its name in commands} */
    public String title() {
        return title;
    }

    /** {@return what kind of network it is} */
    public String kind() {
        return kind;
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
        out.println("| network | parameters | task | result | `-Dargs=` |");
        out.println("|---|---|---|---|---|");
        for (Zoo one : values()) {
            Result result = one.run(new PrintWriter(PrintWriter.nullWriter()), folder);
            out.printf(
                    Locale.ROOT,
                    "| %s | %,d | %s | %s | `%s` |%n",
                    one.kind,
                    result.parameters(),
                    one.task,
                    result.text(),
                    one.title);
            out.flush();
        }
    }
}
