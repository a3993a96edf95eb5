package dev.tenrec.benchmarks.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tenrec.benchmarks.work.Cnn;
import dev.tenrec.benchmarks.work.RecurrentNetwork;
import java.util.Iterator;
import java.util.List;

/** The convolutional and the recurrent networks as blocks. */
final class DjlLayers {

    private DjlLayers() {}

    static SequentialBlock convolutional() {
        return new SequentialBlock()
                .add(convolution(Cnn.FIRST))
                .add(Activation::relu)
                .add(pool())
                .add(convolution(Cnn.SECOND))
                .add(Activation::relu)
                .add(pool())
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(Cnn.UNITS).build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(Cnn.CLASSES).build());
    }

    private static Conv2d convolution(int filters) {
        return Conv2d.builder()
                .setKernelShape(new Shape(Cnn.KERNEL, Cnn.KERNEL))
                .setFilters(filters)
                .build();
    }

    private static ai.djl.nn.Block pool() {
        return Pool.maxPool2dBlock(new Shape(Cnn.POOL, Cnn.POOL), new Shape(Cnn.POOL, Cnn.POOL));
    }

    static SequentialBlock recurrent(RecurrentNetwork.Cell cell) {
        return new SequentialBlock()
                .add(new Lookup())
                .add(
                        switch (cell) {
                            case LSTM ->
                                LSTM.builder()
                                        .setNumLayers(1)
                                        .setStateSize(RecurrentNetwork.HIDDEN)
                                        .build();
                            case GRU ->
                                GRU.builder()
                                        .setNumLayers(1)
                                        .setStateSize(RecurrentNetwork.HIDDEN)
                                        .build();
                        })
                .add(outputs -> new NDList(outputs.head().reshape(-1, RecurrentNetwork.HIDDEN)))
                .add(Linear.builder().setUnits(RecurrentNetwork.VOCABULARY).build());
    }

    /** A table without the words that DJL's own wants. */
    private static final class Lookup extends AbstractBlock {
        private final Parameter table;

        Lookup() {
            table = addParameter(Parameter.builder()
                    .setName("embedding")
                    .setType(Parameter.Type.WEIGHT)
                    .optShape(new Shape(RecurrentNetwork.VOCABULARY, RecurrentNetwork.EMBEDDING))
                    .build());
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> options) {
            NDArray characters = inputs.head();
            return Embedding.embedding(
                    characters, store.getValue(table, characters.getDevice(), training), SparseFormat.DENSE);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return new Shape[] {inputs[0].add(RecurrentNetwork.EMBEDDING)};
        }
    }

    /** Writes the weights that all libraries start from. */
    static void setParameters(SequentialBlock block, List<dev.tenrec.benchmarks.work.Parameter> start) {
        Iterator<dev.tenrec.benchmarks.work.Parameter> next = start.iterator();
        for (var pair : block.getParameters()) {
            NDArray array = pair.getValue().getArray();
            dev.tenrec.benchmarks.work.Parameter values = next.next();
            if (!array.getShape().equals(new Shape(values.shape()))) {
                throw new IllegalStateException(
                        pair.getKey() + " is " + array.getShape() + " instead of " + new Shape(values.shape()));
            }
            array.set(values.values());
        }
    }
}
