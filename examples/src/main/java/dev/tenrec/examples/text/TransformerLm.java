package dev.tenrec.examples.text;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a small causal transformer to write, character by character, from the command line. */
@Command(
        name = "transformer",
        description = {
            "Trains a small causal transformer to predict the next character of a text.",
            "Prints what it writes while it learns, and its bits per character on text that it has not seen; draws"
                    + " the curves, where in a text it is surprised, and where the heads of the first layer look.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: transformer --steps 2000 --layers 4 --temperature 0.5"
        })
public final class TransformerLm extends CharacterCommand {
    private static final int SHOWN = 48;

    @Option(
            names = "--width",
            paramLabel = "<n>",
            description = "Size of the vector of a character (default: ${DEFAULT-VALUE}).")
    private int width = 128;

    @Option(
            names = "--heads",
            paramLabel = "<n>",
            description = "Heads of the attention; they divide the width (default: ${DEFAULT-VALUE}).")
    private int heads = 4;

    @Option(names = "--layers", paramLabel = "<n>", description = "Layers (default: ${DEFAULT-VALUE}).")
    private int layers = 2;

    TransformerLm(Supplier<ProgressReporter> reporters) {
        super(reporters, "transformer", 600, 16, 2e-3f, 96);
    }

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        main(new TransformerLm(ProgressReporter::ofSystem), args);
    }

    @Override
    void checkModel() {
        require(width >= 1, "--width", "an integer of at least 1", width);
        require(heads >= 1 && width % heads == 0, "--heads", "a divisor of the width " + width, heads);
        require(layers >= 1, "--layers", "an integer of at least 1", layers);
        require(length() >= 2, "--length", "an integer of at least 2", length());
    }

    @Override
    CharacterModel model(int characters) {
        return new TransformerCharacterModel(
                new TransformerLanguageModel(characters, length(), width, heads, layers), length());
    }

    @Override
    void pictures(CharacterModel model, int[] passage, Characters characters, ProgressReporter progress)
            throws IOException {
        int[] shown = Arrays.copyOf(passage, Math.min(SHOWN, Math.min(passage.length, length())));
        String[] labels = Arrays.stream(shown)
                .mapToObj(number -> String.valueOf(characters.symbol(number)))
                .toArray(String[]::new);
        float[][] weights = ((TransformerLanguageModel) model.module()).firstAttention(shown);
        picture(progress, "transformer-attention.png", file -> AttentionMap.write(file, labels, weights));
    }
}
