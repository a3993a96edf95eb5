package dev.tenrec.examples.playground;

import java.util.random.RandomGenerator;

/** Two classes of points in the square of ±{@link #EDGE}. */
enum DataSet implements Named {
    /** A disc of radius 2.4 inside of a ring from 3.4 to 5. */
    CIRCLE("circle") {
        @Override
        void draw(Samples samples, int i, double noise, RandomGenerator random) {
            boolean inside = i % 2 == 0;
            double radius = inside ? 2.4 * Math.sqrt(random.nextDouble()) : random.nextDouble(3.4, 5);
            double angle = random.nextDouble(2 * Math.PI);
            samples.set(i, radius * Math.cos(angle), radius * Math.sin(angle), inside, noise, random);
        }
    },
    /** The quadrants where both coordinates have the same sign, against the others; a gap of 0.6 along the axes. */
    XOR("xor") {
        @Override
        void draw(Samples samples, int i, double noise, RandomGenerator random) {
            double x1 = gapped(random);
            double x2 = gapped(random);
            samples.set(i, x1, x2, x1 * x2 > 0, noise, random);
        }

        private double gapped(RandomGenerator random) {
            double distance = random.nextDouble(0.3, 5);
            return random.nextBoolean() ? distance : -distance;
        }
    },
    /** Normal distributions around (2, 2) and (−2, −2); noise adds to their deviation of 0.8. */
    GAUSSIAN("gaussian") {
        @Override
        void draw(Samples samples, int i, double noise, RandomGenerator random) {
            boolean first = i % 2 == 0;
            double centre = first ? 2 : -2;
            double deviation = 0.8 + noise;
            samples.set(
                    i,
                    centre + deviation * random.nextGaussian(),
                    centre + deviation * random.nextGaussian(),
                    first,
                    0,
                    random);
        }
    },
    /** Two arms that wind one and three quarter times around each other. */
    SPIRAL("spiral") {
        @Override
        void draw(Samples samples, int i, double noise, RandomGenerator random) {
            boolean first = i % 2 == 0;
            double along = random.nextDouble();
            double angle = 1.75 * 2 * Math.PI * along + (first ? 0 : Math.PI);
            double radius = 5 * along;
            samples.set(i, radius * Math.sin(angle), radius * Math.cos(angle), first, noise, random);
        }
    },
    /** The rectangle of the lecture: inside of [−3, 2.5] × [−2, 3], or outside; a gap of 0.4 along its sides. */
    RECTANGLE("rectangle") {
        @Override
        void draw(Samples samples, int i, double noise, RandomGenerator random) {
            boolean inside = i % 2 == 0;
            double x1;
            double x2;
            double distance;
            do {
                x1 = random.nextDouble(-5.5, 5.5);
                x2 = random.nextDouble(-5.5, 5.5);
                // Above 0 inside, below outside, as the AND of four half-planes.
                distance = Math.min(Math.min(x1 + 3, 2.5 - x1), Math.min(x2 + 2, 3 - x2));
            } while (Math.abs(distance) < 0.2 || inside != distance > 0);
            samples.set(i, x1, x2, inside, noise, random);
        }
    };

    /** Coordinates go from minus this to this. */
    static final double EDGE = 6;

    private final String title;

    DataSet(String title) {
        this.title = title;
    }

    @Override
    public String title() {
        return title;
    }

    /** Draws point i of a set. */
    abstract void draw(Samples samples, int i, double noise, RandomGenerator random);
}
