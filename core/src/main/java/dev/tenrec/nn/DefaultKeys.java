package dev.tenrec.nn;

import dev.tenrec.random.RandomKey;
import dev.tenrec.random.RandomStream;

/** Keys for modules that were given none: one stream of seed 0 for the whole process. */
final class DefaultKeys {

    private static final RandomStream STREAM = new RandomStream(0);

    private DefaultKeys() {}

    static RandomKey next() {
        return STREAM.next();
    }
}
