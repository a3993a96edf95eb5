package dev.tenrec.benchmarks.work;

/**
 * A parameter as it starts, in the layout of PyTorch: weights of dense and recurrent layers are [outputs, inputs], of
 * convolutions [outputs, inputs, height, width].
 *
 * @param values in row-major order
 * @param shape sizes of the axes
 */
public record Parameter(float[] values, long... shape) {

    /** Makes weights after He et al., "Delving deep into rectifiers" (2015), or with a scale for other activations. */
    static Parameter uniform(double scale, long seed, long... shape) {
        int count = 1;
        for (long size : shape) {
            count = Math.toIntExact(count * size);
        }
        float limit = (float) (scale / Math.sqrt((double) count / shape[0]));
        return new Parameter(Samples.uniform(count, limit, seed), shape);
    }

    /** Makes biases. */
    static Parameter zeros(int count) {
        return new Parameter(new float[count], count);
    }

    /** Copies the values, of matrices with rows and columns exchanged. */
    DoubleParameters transposed() {
        DoubleParameters result = new DoubleParameters(values.length);
        int rows = (int) shape[0];
        int columns = values.length / rows;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                result.values[j * rows + i] = values[i * columns + j];
            }
        }
        return result;
    }
}
