package dev.tenrec.examples.playground;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is trained on what, checked.
 *
 * @param data the points
 * @param noise in percent
 * @param features what the network is given, in the order of {@link Feature}
 * @param layers neurons of each hidden layer
 * @param activation of hidden neurons
 * @param optimizer how weights follow gradients
 * @param learningRate its step size
 * @param regularisation the penalty for large weights
 * @param regularisationRate the factor of the penalty
 * @param batchSize points per step
 * @param seed of points, first weights and order
 */
record Settings(
        DataSet data,
        int noise,
        List<Feature> features,
        List<Integer> layers,
        Nonlinearity activation,
        Rule optimizer,
        double learningRate,
        Regularisation regularisation,
        double regularisationRate,
        int batchSize,
        int seed) {

    /** The most noise, in percent. */
    static final int MOST_NOISE = 50;

    /** The most hidden layers. */
    static final int MOST_LAYERS = 6;

    /** The most neurons of a hidden layer. */
    static final int MOST_NEURONS = 8;

    /** The least learning rate. */
    static final double LEAST_RATE = 1e-6;

    /** The largest learning rate, and factor of a penalty. */
    static final double MOST_RATE = 10;

    private static final Map<String, Object> DEFAULTS = defaults();

    private static Map<String, Object> defaults() {
        Map<String, Object> defaults = new LinkedHashMap<>();
        defaults.put("data", "circle");
        defaults.put("noise", 0L);
        defaults.put("features", List.of("x1", "x2"));
        defaults.put("layers", List.of(4L, 2L));
        defaults.put("activation", "tanh");
        defaults.put("optimizer", "sgd");
        defaults.put("learningRate", 0.03);
        defaults.put("regularisation", "none");
        defaults.put("regularisationRate", 0.001);
        defaults.put("batchSize", 10L);
        defaults.put("seed", 1L);
        return defaults;
    }

    /**
     * Checks settings.
     *
     * @param given names and values: strings, longs, doubles and lists of them; what is missing has its default
     * @return the settings
     * @throws Refused if a name is unknown, or a value is of a wrong type or out of its range
     */
    static Settings of(Map<String, Object> given) {
        for (String name : given.keySet()) {
            if (!DEFAULTS.containsKey(name)) {
                throw new Refused(
                        400,
                        "unknown setting",
                        "one of " + String.join(", ", DEFAULTS.keySet()),
                        name,
                        "leave it out or correct its name");
            }
        }
        Map<String, Object> all = new LinkedHashMap<>(DEFAULTS);
        all.putAll(given);
        return new Settings(
                Named.find(DataSet.class, "data", all.get("data")),
                integer(all, "noise", 0, MOST_NOISE),
                features(all.get("features")),
                layers(all.get("layers")),
                Named.find(Nonlinearity.class, "activation", all.get("activation")),
                Named.find(Rule.class, "optimizer", all.get("optimizer")),
                number(all, "learningRate", LEAST_RATE, MOST_RATE),
                Named.find(Regularisation.class, "regularisation", all.get("regularisation")),
                number(all, "regularisationRate", 0, MOST_RATE),
                integer(all, "batchSize", 1, Samples.COUNT),
                integer(all, "seed", 0, Integer.MAX_VALUE));
    }

    private static int integer(Map<String, Object> all, String name, int least, int most) {
        return integer(name, all.get(name), least, most);
    }

    private static int integer(String name, Object given, int least, int most) {
        if (given instanceof Long value && least <= value && value <= most) {
            return value.intValue();
        }
        throw Refused.value(name, "an integer from " + least + " to " + most, given);
    }

    private static double number(Map<String, Object> all, String name, double least, double most) {
        // Comparisons with NaN are false, so it is refused like infinities.
        if (all.get(name) instanceof Number number && least <= number.doubleValue() && number.doubleValue() <= most) {
            return number.doubleValue();
        }
        throw Refused.value(name, "a number from " + least + " to " + most, all.get(name));
    }

    private static List<Integer> layers(Object given) {
        if (!(given instanceof List<?> list) || list.size() > MOST_LAYERS) {
            throw Refused.value(
                    "layers",
                    "a list of at most " + MOST_LAYERS + " numbers of neurons",
                    given instanceof List<?> list ? list.size() + " layers" : given);
        }
        return list.stream()
                .map(neurons -> integer("layers", neurons, 1, MOST_NEURONS))
                .toList();
    }

    private static List<Feature> features(Object given) {
        String expected = "a list of different features, at least one of " + Named.titles(Feature.class);
        if (!(given instanceof List<?> list) || list.isEmpty() || list.size() > Feature.values().length) {
            throw Refused.value("features", expected, given);
        }
        Set<Feature> chosen = new LinkedHashSet<>();
        for (Object name : list) {
            if (!chosen.add(Named.find(Feature.class, "features", name))) {
                throw Refused.value("features", expected, name + " twice");
            }
        }
        return chosen.stream().sorted().toList();
    }

    /** {@return whether training can go on with these settings from the weights of others} */
    boolean continues(Settings other) {
        return data == other.data
                && noise == other.noise
                && seed == other.seed
                && features.equals(other.features)
                && layers.equals(other.layers)
                && activation == other.activation
                && optimizer == other.optimizer;
    }
}
