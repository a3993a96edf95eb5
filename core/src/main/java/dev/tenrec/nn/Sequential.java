package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;
import java.util.List;
import java.util.SequencedMap;

/** Modules in a row: the output of each is the input of the next. Without any, the output is the input. */
public final class Sequential extends Module {

    private Sequential() {}

    /**
     * Puts modules in a row, named 0, 1, 2, …
     *
     * @param modules first to last
     * @return a module that runs them all
     */
    public static Sequential of(Module... modules) {
        return of(List.of(modules));
    }

    /**
     * Puts modules in a row, named 0, 1, 2, …
     *
     * @param modules first to last
     * @return a module that runs them all
     */
    public static Sequential of(List<? extends Module> modules) {
        Sequential sequential = new Sequential();
        for (int i = 0; i < modules.size(); i++) {
            sequential.child(Integer.toString(i), modules.get(i));
        }
        return sequential;
    }

    /**
     * Puts named modules in a row.
     *
     * @param modules first to last, by name
     * @return a module that runs them all
     */
    public static Sequential of(SequencedMap<String, ? extends Module> modules) {
        Sequential sequential = new Sequential();
        modules.forEach(sequential::child);
        return sequential;
    }

    /**
     * Returns a module of the row.
     *
     * @param index from 0
     * @return the module
     * @throws IndexOutOfBoundsException if there are not as many
     */
    public Module get(int index) {
        return List.copyOf(children().values()).get(index);
    }

    /**
     * Returns the length of the row.
     *
     * @return number of modules
     */
    public int size() {
        return children().size();
    }

    @Override
    protected Tensor compute(Tensor input) {
        Tensor value = input;
        for (Module module : children().values()) {
            value = module.forward(value);
        }
        return value;
    }
}
