package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/** Takes the tensors of a saved state one by one, with checks. */
final class StateReader {

    private static final String OTHER = "was it saved by another one or for another model?";

    private final String operation;
    private final Map<String, Tensor> rest;
    private final int given;

    StateReader(String operation, Map<String, Tensor> state) {
        this.operation = operation;
        this.rest = new LinkedHashMap<>(state);
        this.given = state.size();
    }

    /** A whole number as it is kept in a state. */
    static Tensor count(long value) {
        return Tensor.of(new long[] {value}).reshape(Shape.scalar());
    }

    /** A tensor, which must have this type and shape. */
    Tensor take(String name, DType dtype, Shape shape) {
        Tensor value = rest.remove(name);
        if (value == null || value.dtype() != dtype || !value.shape().equals(shape)) {
            throw new InvalidArgument(Message.of(operation, "state does not fit")
                    .line("expected", dtype + " " + shape, name)
                    .line("given", value == null ? "nothing" : value.dtype() + " " + value.shape())
                    .hint(OTHER)
                    .toString());
        }
        return value;
    }

    /** A number of steps: 0 or more. */
    long takeCount(String name) {
        long count = take(name, DType.I64, Shape.scalar()).toLongArray()[0];
        if (count < 0) {
            throw new InvalidArgument(Message.of(operation, "negative number of steps")
                    .line("expected", "0 or more", name)
                    .line("given", count)
                    .toString());
        }
        return count;
    }

    /** Demands that everything was taken. */
    void checkEmpty() {
        if (!rest.isEmpty()) {
            throw new InvalidArgument(Message.of(operation, "state has unknown names")
                    .line("expected", given - rest.size() + " tensors")
                    .line("given", "also " + String.join(", ", rest.keySet()))
                    .hint(OTHER)
                    .toString());
        }
    }

    /** Assigns values, moved to the variables' devices, all or none. */
    void assign(Map<Variable, Tensor> values) {
        try (Scope _ = Scope.open()) {
            Map<Variable, Tensor> placed = new LinkedHashMap<>();
            values.forEach((variable, value) -> placed.put(variable, value.to(variable.device())));
            Variable.assignAll(placed);
        }
    }
}
