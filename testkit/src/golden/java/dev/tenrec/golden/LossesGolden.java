package dev.tenrec.golden;

import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Losses and their gradients as libtorch computes them; run with {@code -Dgolden=LossesGolden}. */
public final class LossesGolden {

    private static final int NONE = 0;
    private static final int MEAN = 1;
    private static final int SUM = 2;

    private LossesGolden() {}

    /**
     * Writes {@code losses/losses.npz}.
     *
     * @param args the folder of golden values
     * @throws IOException if it cannot be written
     */
    public static void main(String[] args) throws IOException {
        Libtorch golden = new Libtorch(1);
        Tensor signs = Libtorch.of(new double[] {1, -1, -1, 1, -1, 1}, 6);
        golden.put("signs", signs);

        Tensor logits = golden.leaf(6, 5);
        Tensor q = torch.log_softmax(golden.leaf(6, 5), 1).detach().set_requires_grad(true);
        Tensor p = torch.softmax(logits, 1).detach().set_requires_grad(true);
        golden.putLoss("kl", torch.kl_div(q, p, SUM, false), q, p);
        Tensor logQ = golden.leaf(6, 5);
        Tensor logP = golden.leaf(6, 5);
        golden.putLoss("klLog", torch.kl_div(logQ, logP, SUM, true), logQ, logP);

        Tensor left = golden.leaf(6, 5);
        Tensor right = golden.leaf(6, 5);
        golden.putLoss("cosine", torch.cosine_embedding_loss(left, right, signs, -0.3, MEAN), left, right);

        triplet(golden, "triplet", 2, false);
        triplet(golden, "tripletSwap", 2, true);
        triplet(golden, "triplet1", 1, false);
        triplet(golden, "triplet3", 3, true);

        Tensor distances = golden.leaf(6);
        golden.putLoss("hinge", torch.hinge_embedding_loss(distances, signs, 0.7, NONE), distances);

        long[] labels = {3, 0, 4, 4, 1, 2};
        golden.put("labels", labels, 6);
        Tensor weights = Libtorch.of(new double[] {0.5, 2, 1.5, 0.25, 1}, 5);
        golden.put("weights", weights);
        multiMargin(golden, "multi", labels, 1, new TensorOptional());
        multiMargin(golden, "multiSquared", labels, 2, new TensorOptional());
        multiMargin(golden, "multiWeighted", labels, 1, new TensorOptional(weights));
        multiMargin(golden, "multiSquaredWeighted", labels, 2, new TensorOptional(weights));

        ctc(golden);
        golden.write(Path.of(args[0], "losses", "losses.npz"));
    }

    private static void triplet(Libtorch golden, String name, double p, boolean swap) {
        Tensor anchors = golden.leaf(6, 5);
        Tensor positives = golden.leaf(6, 5);
        Tensor negatives = golden.leaf(6, 5);
        Tensor loss = torch.triplet_margin_loss(anchors, positives, negatives, 0.8, p, 1e-6, swap, MEAN);
        golden.putLoss(name, loss, anchors, positives, negatives);
    }

    private static void multiMargin(Libtorch golden, String name, long[] labels, int p, TensorOptional weights) {
        Tensor scores = golden.leaf(6, 5);
        Tensor loss =
                torch.multi_margin_loss(scores, Libtorch.of(labels, 6), new Scalar(p), new Scalar(0.8), weights, NONE);
        golden.putLoss(name, loss, scores);
    }

    private static void ctc(Libtorch golden) {
        int steps = 14;
        int rows = 5;
        int classes = 6;
        long[] inputs = {14, 9, 12, 3, 7};
        long[] lengths = {5, 4, 0, 1, 6};
        // The last target has equal neighbours and does not fit into 7 steps: 6 labels and 3 blanks.
        long[] targets = {
            1, 2, 2, 5, 4, 1, //
            4, 1, 4, 2, 1, 1, //
            1, 1, 1, 1, 1, 1, //
            5, 1, 1, 1, 1, 1, //
            2, 2, 2, 4, 4, 1
        };
        golden.put("ctc.inputs", inputs, rows);
        golden.put("ctc.lengths", lengths, rows);
        golden.put("ctc.targets", targets, rows, 6);
        int[] reductions = {NONE, MEAN, SUM, MEAN};
        long[] blanks = {0, 3, 0, 0};
        for (int i = 0; i < reductions.length; i++) {
            Tensor logits = golden.leaf(steps, rows, classes);
            Tensor loss = torch.ctc_loss(
                    torch.log_softmax(logits, 2),
                    Libtorch.of(targets, rows, 6),
                    inputs,
                    lengths,
                    blanks[i],
                    reductions[i],
                    true);
            golden.putLoss("ctc" + i, loss, logits);
        }
    }
}
