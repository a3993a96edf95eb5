package dev.tenrec.benchmarks.work;

import dev.tenrec.benchmarks.work.RecurrentNetwork.Cell;
import java.util.Arrays;
import java.util.List;

/** {@link RecurrentNetwork} in double precision, sequence by sequence, slow and obvious. */
final class DoubleRecurrent {
    private static final int HIDDEN = RecurrentNetwork.HIDDEN;
    private static final int EMBEDDING = RecurrentNetwork.EMBEDDING;
    private static final int STEPS = RecurrentNetwork.STEPS;
    private static final int VOCABULARY = RecurrentNetwork.VOCABULARY;

    /** A product with weights [in, out] and a bias, and the gradients of both. */
    private static final class Linear {
        private final int in;
        private final int out;
        private final DoubleParameters weights;
        private final DoubleParameters biases;
        private final double[] ofWeights;
        private final double[] ofBiases;

        Linear(Parameter start) {
            out = (int) start.shape()[0];
            in = (int) start.shape()[1];
            weights = start.transposed();
            biases = new DoubleParameters(out);
            ofWeights = new double[in * out];
            ofBiases = new double[out];
        }

        double[] forward(double[] input) {
            double[] result = biases.values.clone();
            for (int i = 0; i < in; i++) {
                for (int j = 0; j < out; j++) {
                    result[j] += input[i] * weights.values[i * out + j];
                }
            }
            return result;
        }

        double[] backward(double[] input, double[] upstream) {
            double[] ofInput = new double[in];
            for (int j = 0; j < out; j++) {
                ofBiases[j] += upstream[j];
            }
            for (int i = 0; i < in; i++) {
                for (int j = 0; j < out; j++) {
                    ofWeights[i * out + j] += input[i] * upstream[j];
                }
                double sum = 0;
                for (int j = 0; j < out; j++) {
                    sum += weights.values[i * out + j] * upstream[j];
                }
                ofInput[i] = sum;
            }
            return ofInput;
        }

        void step(double rate, int step) {
            weights.step(ofWeights, rate, step);
            biases.step(ofBiases, rate, step);
            Arrays.fill(ofWeights, 0);
            Arrays.fill(ofBiases, 0);
        }
    }

    private final Cell cell;
    private final DoubleParameters table = new DoubleParameters(VOCABULARY * EMBEDDING);
    private final double[] ofTable = new double[VOCABULARY * EMBEDDING];
    private final Linear fromInput;
    private final Linear fromHidden;
    private final Linear dense;
    private int steps;

    /** Of each step; states also before the first. */
    private final double[][] embedded = new double[STEPS][];

    private final double[][] ofInput = new double[STEPS][];
    private final double[][] ofHidden = new double[STEPS][];
    private final double[][] hidden = new double[STEPS + 1][HIDDEN];
    private final double[][] cells = new double[STEPS + 1][HIDDEN];

    DoubleRecurrent(Cell cell) {
        this.cell = cell;
        List<Parameter> start = RecurrentNetwork.parameters(cell);
        for (int i = 0; i < table.values.length; i++) {
            table.values[i] = start.get(0).values()[i];
        }
        fromInput = new Linear(start.get(1));
        fromHidden = new Linear(start.get(2));
        dense = new Linear(start.get(5));
    }

    /** Takes a step of Adam and returns the mean cross-entropy before it. */
    double step(int[] inputs, int[] targets, double rate) {
        int batch = inputs.length / STEPS;
        double loss = 0;
        for (int b = 0; b < batch; b++) {
            int[] sequence = Arrays.copyOfRange(inputs, b * STEPS, (b + 1) * STEPS);
            double[] logits = forward(sequence);
            int[] wanted = Arrays.copyOfRange(targets, b * STEPS, (b + 1) * STEPS);
            loss += DoubleMlp.crossEntropyGradient(logits, wanted) / batch;
            for (int i = 0; i < logits.length; i++) {
                logits[i] /= batch;
            }
            backward(sequence, logits);
        }
        steps++;
        table.step(ofTable, rate, steps);
        Arrays.fill(ofTable, 0);
        fromInput.step(rate, steps);
        fromHidden.step(rate, steps);
        dense.step(rate, steps);
        return loss;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private double[] forward(int[] sequence) {
        double[] logits = new double[STEPS * VOCABULARY];
        for (int t = 0; t < STEPS; t++) {
            int row = sequence[t] * EMBEDDING;
            embedded[t] = Arrays.copyOfRange(table.values, row, row + EMBEDDING);
            ofInput[t] = fromInput.forward(embedded[t]);
            ofHidden[t] = fromHidden.forward(hidden[t]);
            for (int j = 0; j < HIDDEN; j++) {
                if (cell == Cell.LSTM) {
                    cells[t + 1][j] = forget(t, j) * cells[t][j] + update(t, j) * candidate(t, j);
                    hidden[t + 1][j] = output(t, j) * Math.tanh(cells[t + 1][j]);
                } else {
                    double z = forget(t, j);
                    hidden[t + 1][j] = (1 - z) * candidate(t, j) + z * hidden[t][j];
                }
            }
            System.arraycopy(dense.forward(hidden[t + 1]), 0, logits, t * VOCABULARY, VOCABULARY);
        }
        return logits;
    }

    private double sum(int t, int gate, int j) {
        return ofInput[t][gate * HIDDEN + j] + ofHidden[t][gate * HIDDEN + j];
    }

    /** The input gate, or the reset gate. */
    private double update(int t, int j) {
        return sigmoid(sum(t, 0, j));
    }

    /** The forget gate, or the update gate: how much of the state stays. */
    private double forget(int t, int j) {
        return sigmoid(sum(t, 1, j));
    }

    private double candidate(int t, int j) {
        return Math.tanh(
                cell == Cell.LSTM
                        ? sum(t, 2, j)
                        : ofInput[t][2 * HIDDEN + j] + update(t, j) * ofHidden[t][2 * HIDDEN + j]);
    }

    private double output(int t, int j) {
        return sigmoid(sum(t, 3, j));
    }

    private void backward(int[] sequence, double[] ofLogits) {
        double[] carried = new double[HIDDEN];
        double[] ofCell = new double[HIDDEN];
        for (int t = STEPS - 1; t >= 0; t--) {
            double[] upstream =
                    dense.backward(hidden[t + 1], Arrays.copyOfRange(ofLogits, t * VOCABULARY, (t + 1) * VOCABULARY));
            double[] a = new double[ofInput[t].length];
            double[] b = a.clone();
            double[] direct = new double[HIDDEN];
            for (int j = 0; j < HIDDEN; j++) {
                double g = upstream[j] + carried[j];
                if (cell == Cell.LSTM) {
                    ofCell[j] = lstm(t, j, g, ofCell[j], a);
                } else {
                    direct[j] = gru(t, j, g, a, b);
                }
            }
            carried = fromHidden.backward(hidden[t], cell == Cell.LSTM ? a : b);
            for (int j = 0; j < HIDDEN; j++) {
                carried[j] += direct[j];
            }
            double[] ofEmbedded = fromInput.backward(embedded[t], a);
            for (int j = 0; j < EMBEDDING; j++) {
                ofTable[sequence[t] * EMBEDDING + j] += ofEmbedded[j];
            }
        }
    }

    /** Writes the gradients of the gates' sums, and returns the one of the cell's state before. */
    private double lstm(int t, int j, double g, double ofCell, double[] a) {
        double i = update(t, j);
        double f = forget(t, j);
        double c = candidate(t, j);
        double o = output(t, j);
        double tanh = Math.tanh(cells[t + 1][j]);
        double d = g * o * (1 - tanh * tanh) + ofCell;
        a[j] = d * c * i * (1 - i);
        a[HIDDEN + j] = d * cells[t][j] * f * (1 - f);
        a[2 * HIDDEN + j] = d * i * (1 - c * c);
        a[3 * HIDDEN + j] = g * tanh * o * (1 - o);
        return d * f;
    }

    /** Writes the gradients of both products, and returns the one of the state before that passes by them. */
    private double gru(int t, int j, double g, double[] a, double[] b) {
        double r = update(t, j);
        double z = forget(t, j);
        double n = candidate(t, j);
        double d = g * (1 - z) * (1 - n * n);
        a[j] = d * ofHidden[t][2 * HIDDEN + j] * r * (1 - r);
        a[HIDDEN + j] = g * (hidden[t][j] - n) * z * (1 - z);
        a[2 * HIDDEN + j] = d;
        b[j] = a[j];
        b[HIDDEN + j] = a[HIDDEN + j];
        b[2 * HIDDEN + j] = d * r;
        return g * z;
    }
}
