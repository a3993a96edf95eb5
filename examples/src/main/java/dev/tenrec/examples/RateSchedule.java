package dev.tenrec.examples;

import dev.tenrec.optim.Schedule;

/** How the learning rate goes over the steps of a training. */
public enum RateSchedule {
    /** Stays as it is. */
    CONSTANT,
    /** Falls along half a cosine to nothing at the end. */
    COSINE;

    /** {@return the schedule of a training of so many steps} */
    Schedule over(long steps) {
        return this == CONSTANT ? Schedule.constant() : Schedule.cosine(steps, 0);
    }
}
