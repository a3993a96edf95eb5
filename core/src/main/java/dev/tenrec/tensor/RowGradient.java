package dev.tenrec.tensor;

import dev.tenrec.engine.Devices;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/** A gradient that is 0 but for some rows of a variable, such as that of a table of which few rows were looked up. */
public final class RowGradient implements Scope.Group {

    private final long[] index;
    private final Tensor rows;
    private final Shape shape;

    /** The index is ascending and not changed any more. */
    RowGradient(long[] index, Tensor rows, Shape shape) {
        this.index = index;
        this.rows = rows;
        this.shape = shape;
    }

    /**
     * Returns which rows these are.
     *
     * @return places on the variable's first axis, ascending, each once
     */
    public long[] index() {
        return index.clone();
    }

    /**
     * Returns their gradients.
     *
     * @return [n, …], with the variable's sizes but for the first
     */
    public Tensor rows() {
        return rows;
    }

    /**
     * Returns the variable's shape.
     *
     * @return the shape of the whole gradient
     */
    public Shape shape() {
        return shape;
    }

    /**
     * Applies something to the rows that leaves a gradient of 0 as it is.
     *
     * @param function of the rows to others of their shape
     * @return a gradient of the same rows
     */
    public RowGradient map(UnaryOperator<Tensor> function) {
        return new RowGradient(index, function.apply(rows), shape);
    }

    /**
     * Makes the whole gradient.
     *
     * @return of the variable's shape, 0 in all other rows
     */
    public Tensor toDense() {
        return addTo(Devices.with(rows.device(), () -> Tensor.zeros(rows.dtype(), shape)));
    }

    Tensor addTo(Tensor dense) {
        return add(dense, index, rows);
    }

    private static Tensor add(Tensor to, long[] places, Tensor rows) {
        return to.scatterAdd(0, column(places, rows), rows);
    }

    /** Places as a tensor [n, 1…] of the rows' rank, on their device. */
    static Tensor column(long[] places, Tensor rows) {
        long[] sizes = new long[rows.rank()];
        Arrays.fill(sizes, 1);
        sizes[0] = places.length;
        return Devices.with(rows.device(), () -> Tensor.of(places, sizes));
    }

    /** Adds up gradients of one variable: rows that occur several times become one. */
    static RowGradient sum(List<RowGradient> parts) {
        RowGradient first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        long[] all = parts.stream()
                .flatMapToLong(part -> LongStream.of(part.index))
                .sorted()
                .distinct()
                .toArray();
        Shape shape = first.shape.with(0, all.length);
        Tensor sum = Devices.with(first.rows.device(), () -> Tensor.zeros(first.rows.dtype(), shape));
        for (RowGradient part : parts) {
            long[] places = LongStream.of(part.index)
                    .map(row -> Arrays.binarySearch(all, row))
                    .toArray();
            sum = add(sum, places, part.rows);
        }
        return new RowGradient(all, sum, first.shape);
    }

    @Override
    public void forEachScoped(Consumer<Scoped> action) {
        action.accept(rows);
    }
}
