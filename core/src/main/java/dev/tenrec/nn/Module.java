package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.random.RandomStream;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * A function of tensors with variables of its own, and with named modules inside. A subclass registers its variables
 * and children in its constructor and says in {@link #compute} what it does:
 *
 * <pre>{@code
 * final class Residual extends Module {
 *     private final Dense inner;
 *
 *     Residual(long size) {
 *         inner = child("inner", new Dense(size, size));
 *     }
 *
 *     protected Tensor compute(Tensor input) {
 *         return input.add(inner.forward(input).relu());
 *     }
 * }
 * }</pre>
 *
 * <p><b>Names.</b> A variable's path is the names from the root to it, joined by dots, such as {@code 0.weight}. Files
 * of weights use these paths. A module or variable that is found on several paths counts once, under the first.
 *
 * <p><b>Random numbers.</b> A module that is given no key takes one from a stream of the process, of seed 0: a program
 * that builds its models in one thread gets the same weights at every run. {@link #initialize} starts a whole tree anew
 * from a key: what a variable gets then depends on the key and the variable's path alone, whatever other threads do.
 *
 * <p>A model may be run by several threads at once. Changing it, {@link #train} and {@link #eval} included, is for one
 * thread while no other runs it.
 */
public abstract class Module implements AutoCloseable {

    private record Start(Initializer initializer, Fans fans) {}

    private final SequencedMap<String, Module> children = new LinkedHashMap<>();
    private final SequencedMap<String, Variable> variables = new LinkedHashMap<>();
    private final Map<String, Start> starts = new LinkedHashMap<>();
    private final SequencedMap<String, RandomStream> streams = new LinkedHashMap<>();
    private volatile boolean training = true;

    /** Makes a module without variables and children, in training mode. */
    protected Module() {}

    // For subclasses

    /**
     * Computes the module's function. Called by {@link #forward}.
     *
     * @param input the input
     * @return the output
     */
    protected abstract Tensor compute(Tensor input);

    /**
     * Registers a module inside this one.
     *
     * @param name its name: not empty, without dots, not taken
     * @param module the module; must not contain this one
     * @param <M> its type
     * @return the module
     * @throws InvalidArgument if the name is taken or malformed, or the tree would contain itself
     */
    protected final <M extends Module> M child(String name, M module) {
        checkName(name);
        if (module.contains(this)) {
            throw new InvalidArgument(Message.of("module", "a module cannot be inside of itself")
                    .line("module", this)
                    .line("child", module, "as '" + name + "'")
                    .toString());
        }
        children.put(name, module);
        return module;
    }

    /**
     * Makes and registers a trainable variable.
     *
     * @param name its name: not empty, without dots, not taken
     * @param dtype element type
     * @param shape the sizes
     * @param initializer its first value, now and at {@link #initialize}
     * @param fans what the initialiser scales by
     * @param key where its first value comes from; null for the process's stream
     * @return the variable
     */
    protected final Variable parameter(
            String name, DType dtype, Shape shape, Initializer initializer, Fans fans, RandomKey key) {
        checkName(name);
        try (Scope _ = Scope.open()) {
            RandomKey from = key == null ? DefaultKeys.next() : key;
            Tensor first = checked(name, dtype, shape, initializer.create(from, dtype, shape, fans));
            Variable variable = Variable.parameter(name, first);
            variables.put(name, variable);
            starts.put(name, new Start(initializer, fans));
            return variable;
        }
    }

    /**
     * Makes and registers a trainable variable of a given value, which {@link #initialize} leaves as it is.
     *
     * @param name its name: not empty, without dots, not taken
     * @param initial its first value
     * @return the variable
     */
    protected final Variable parameter(String name, Tensor initial) {
        checkName(name);
        Variable variable = Variable.parameter(name, initial);
        variables.put(name, variable);
        return variable;
    }

    /**
     * Makes and registers a variable that is saved but not trained, such as running statistics. {@link #initialize}
     * leaves it as it is.
     *
     * @param name its name: not empty, without dots, not taken
     * @param initial its first value
     * @return the variable
     */
    protected final Variable buffer(String name, Tensor initial) {
        checkName(name);
        Variable variable = Variable.buffer(name, initial);
        variables.put(name, variable);
        return variable;
    }

    /**
     * Registers a stream of random keys, for modules whose output is random in training.
     *
     * @param name its name: not empty, without dots, not taken
     * @param key where it starts; null for the process's stream
     */
    protected final void stream(String name, RandomKey key) {
        checkName(name);
        streams.put(name, new RandomStream(seed(key == null ? DefaultKeys.next() : key)));
    }

    /**
     * Draws from a registered stream.
     *
     * @param name the stream's name
     * @return a key that no other call gets
     */
    protected final RandomKey nextKey(String name) {
        synchronized (streams) {
            return streams.get(name).next();
        }
    }

    private void checkName(String name) {
        boolean taken = children.containsKey(name) || variables.containsKey(name) || streams.containsKey(name);
        if (name.isEmpty() || name.indexOf('.') >= 0 || taken) {
            throw new InvalidArgument(Message.of("module", taken ? "name is taken" : "not a name")
                    .line("expected", taken ? "another name in " + this : "at least one character, no dots")
                    .line("given", "'" + name + "'")
                    .toString());
        }
    }

    private static Tensor checked(String name, DType dtype, Shape shape, Tensor value) {
        if (value.dtype() != dtype || !value.shape().equals(shape)) {
            throw new InvalidArgument(Message.of("initializer", "made another value than asked for")
                    .line("expected", dtype + " " + shape, name)
                    .line("given", value.dtype() + " " + value.shape())
                    .toString());
        }
        return value;
    }

    final boolean contains(Module other) {
        return this == other || children.values().stream().anyMatch(child -> child.contains(other));
    }

    // Use

    /**
     * Runs the module.
     *
     * @param input the input
     * @return the output
     */
    public final Tensor forward(Tensor input) {
        Tensor output = compute(input);
        ForwardTrace.note(this, output.shape());
        return output;
    }

    /**
     * Returns the modules directly inside.
     *
     * @return by name, in the order they were registered; unmodifiable
     */
    public final SequencedMap<String, Module> children() {
        return Collections.unmodifiableSequencedMap(children);
    }

    /**
     * Returns the variables that are trained: those of this module in the order they were registered, then those of
     * its children. Frozen ones are left out.
     *
     * @return each once
     */
    public final List<Variable> parameters() {
        return variables().stream().filter(Variable::isTrainable).toList();
    }

    /**
     * Returns all variables: parameters, frozen or not, and buffers, in the order of {@link #namedVariables}.
     *
     * @return each once
     */
    public final List<Variable> variables() {
        return List.copyOf(namedVariables().values());
    }

    /**
     * Returns all variables with their paths.
     *
     * @return by path, each once, in a stable order; a new map
     */
    public final LinkedHashMap<String, Variable> namedVariables() {
        LinkedHashMap<String, Variable> named = new LinkedHashMap<>();
        Set<Variable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit((path, module) -> module.variables.forEach((name, variable) -> {
            if (seen.add(variable)) {
                named.put(join(path, name), variable);
            }
        }));
        return named;
    }

    /**
     * Returns the streams that make training random, such as those of {@link Dropout}. A checkpoint keeps the seed and
     * position of each.
     *
     * @return by path, in a stable order; a new map
     */
    public final LinkedHashMap<String, RandomStream> namedStreams() {
        LinkedHashMap<String, RandomStream> named = new LinkedHashMap<>();
        visit((path, module) -> {
            synchronized (module.streams) {
                module.streams.forEach((name, stream) -> named.put(join(path, name), stream));
            }
        });
        return named;
    }

    /**
     * Sets the streams to seeds and positions saved before.
     *
     * @param saved by the paths of {@link #namedStreams}, all of them; copied
     * @throws InvalidArgument if a path is missing or unknown; nothing has changed then
     */
    public final void restoreStreams(Map<String, RandomStream> saved) {
        Set<String> paths = namedStreams().keySet();
        if (!paths.equals(saved.keySet())) {
            throw new InvalidArgument(Message.of("restoreStreams", "paths differ")
                    .line("expected", paths)
                    .line("given", saved.keySet())
                    .toString());
        }
        visit((path, module) -> {
            synchronized (module.streams) {
                module.streams.replaceAll((name, _) -> {
                    RandomStream from = saved.get(join(path, name));
                    return new RandomStream(from.seed(), from.position());
                });
            }
        });
    }

    /**
     * Gives every variable that has an {@link Initializer} a new first value, and starts every stream anew. The same
     * key gives the same values to a variable of the same path, type and shape.
     *
     * @param key where the values come from
     */
    public final void initialize(RandomKey key) {
        Set<Variable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit((path, module) -> {
            module.starts.forEach((name, start) -> {
                Variable variable = module.variables.get(name);
                if (seen.add(variable)) {
                    assignFirst(variable, start, key.fold(hash(join(path, name))));
                }
            });
            synchronized (module.streams) {
                module.streams.replaceAll((name, _) -> new RandomStream(seed(key.fold(hash(join(path, name))))));
            }
        });
    }

    /**
     * Gives every variable that has an {@link Initializer} a new first value; see {@link #initialize(RandomKey)}.
     *
     * @param seed any number
     */
    public final void initialize(long seed) {
        initialize(RandomKey.of(seed));
    }

    private static void assignFirst(Variable variable, Start start, RandomKey key) {
        Devices.with(variable.device(), () -> {
            try (Scope _ = Scope.open()) {
                Tensor value = start.initializer.create(key, variable.dtype(), variable.shape(), start.fans);
                variable.assign(checked(variable.name(), variable.dtype(), variable.shape(), value));
            }
            return null;
        });
    }

    /** Switches this module and all inside to training mode. */
    public final void train() {
        setTraining(true);
    }

    /** Switches this module and all inside to evaluation mode: no dropout, no change of running statistics. */
    public final void eval() {
        setTraining(false);
    }

    /**
     * Switches this module and all inside.
     *
     * @param on true for training mode
     */
    public final void setTraining(boolean on) {
        visit((_, module) -> module.training = on);
    }

    /**
     * Says whether the module is in training mode. It is at first.
     *
     * @return false after {@link #eval}
     */
    public final boolean isTraining() {
        return training;
    }

    /**
     * Describes the tree as a table: path, type and number of parameters of every module, and totals.
     *
     * @return lines of text
     */
    public final String summary() {
        return Summary.of(this, null);
    }

    /**
     * Describes the tree as a table: path, type, output shape and number of parameters of every module, and totals.
     * Shapes are found by running the model once, in evaluation mode, on F32 zeros; with 1 as the number of rows that
     * is cheap. Modes are as before afterwards.
     *
     * @param input the shape of an input
     * @return lines of text
     */
    public final String summary(Shape input) {
        return Summary.of(this, () -> Tensor.zeros(DType.F32, input));
    }

    /**
     * Describes the tree as {@link #summary(Shape)} does, for models whose input is not F32.
     *
     * @param example an input
     * @return lines of text
     */
    public final String summary(Tensor example) {
        return Summary.of(this, () -> example);
    }

    /**
     * Writes all variables to a safetensors file, under their paths: whole, or not at all.
     *
     * @param path the file to make or to replace; its folder must exist
     * @throws IOException if writing fails; an existing file is then as it was
     */
    public final void save(Path path) throws IOException {
        WeightFile.save(this, path);
    }

    /**
     * Reads all variables from a safetensors file. Names, types and shapes are checked before anything changes: either
     * every variable gets its value, or none.
     *
     * @param path a file that {@link #save} wrote, or another with tensors of the same names, types and shapes
     * @throws dev.tenrec.error.InvalidFileException if there is no such file, it is damaged, or its tensors are not
     *     those of this module
     * @throws IOException if reading fails
     */
    public final void load(Path path) throws IOException {
        WeightFile.load(this, path);
    }

    /** Releases the variables of this module and of all inside. Idempotent. */
    @Override
    public void close() {
        visit((_, module) -> module.variables.values().forEach(Variable::close));
    }

    /** Returns the type's name. */
    @Override
    public String toString() {
        return getClass().getSimpleName();
    }

    SequencedMap<String, Variable> ownVariables() {
        return variables;
    }

    void setOwnTraining(boolean on) {
        training = on;
    }

    /** Visits each module of the tree once, with its first path; parents before children. */
    final void visit(BiConsumer<String, Module> action) {
        Set<Module> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Map.Entry<String, Module>> todo = new ArrayList<>();
        todo.add(Map.entry("", this));
        while (!todo.isEmpty()) {
            Map.Entry<String, Module> next = todo.removeLast();
            if (seen.add(next.getValue())) {
                action.accept(next.getKey(), next.getValue());
                next.getValue()
                        .children
                        .reversed()
                        .forEach((name, child) -> todo.add(Map.entry(join(next.getKey(), name), child)));
            }
        }
    }

    static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** FNV-1a in 64 bits: String.hashCode has too few to tell the paths of large models apart. */
    private static long hash(String path) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < path.length(); i++) {
            hash = (hash ^ path.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    private static long seed(RandomKey key) {
        return (long) key.high() << 32 | Integer.toUnsignedLong(key.low());
    }
}
