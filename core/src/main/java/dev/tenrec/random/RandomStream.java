package dev.tenrec.random;

/**
 * Hands out independent keys one after the other. Its state is two numbers, so that a training run can be resumed with
 * the same keys. Safe for use by several threads, though the order in which they get keys is theirs.
 */
public final class RandomStream {

    private final long seed;
    private long position;

    /**
     * Starts a stream.
     *
     * @param seed any number
     */
    public RandomStream(long seed) {
        this(seed, 0);
    }

    /**
     * Continues a stream.
     *
     * @param seed its seed
     * @param position how many keys it had handed out
     */
    public RandomStream(long seed, long position) {
        this.seed = seed;
        this.position = position;
    }

    /**
     * Returns the next key.
     *
     * @return a key no other call gets
     */
    public synchronized RandomKey next() {
        return RandomKey.of(seed).fold(position++);
    }

    /**
     * Returns the seed.
     *
     * @return as given
     */
    public long seed() {
        return seed;
    }

    /**
     * Returns how many keys were handed out.
     *
     * @return the position to continue from
     */
    public synchronized long position() {
        return position;
    }

    /**
     * Moves to another position.
     *
     * @param newPosition how many keys count as handed out
     */
    public synchronized void seek(long newPosition) {
        position = newPosition;
    }
}
