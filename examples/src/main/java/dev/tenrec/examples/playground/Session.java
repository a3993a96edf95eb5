package dev.tenrec.examples.playground;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * A network that is trained on a thread of its own. Requests say what shall be done, and return at once; the thread does it
 * and publishes frames, of which slow readers get the latest.
 */
final class Session implements AutoCloseable {
    /** Training pauses here, so that a forgotten page does not train for ever. */
    static final int MOST_EPOCHS = 20_000;

    /** The least time from frame to frame while training: 20 a second. */
    private static final long FRAME_NANOS = 50_000_000;

    private static final Logger LOG = System.getLogger(Session.class.getName());

    private final String id;
    private final Thread thread;
    // All below is guarded by this object's monitor.
    private Settings settings;
    private boolean rebuild = true;
    private boolean redraw;
    private boolean playing;
    private int steps;
    private boolean closed;
    private int generation = 1;
    private int watchers;
    private long lastUse = System.nanoTime();
    private Frame latest;

    /**
     * Starts the thread.
     *
     * @param id what requests call the session
     * @param settings the first settings
     */
    Session(String id, Settings settings) {
        this.id = id;
        this.settings = settings;
        thread = Thread.ofPlatform()
                .daemon()
                .name("playground-" + id.substring(0, 6))
                .unstarted(this::work);
        thread.start();
    }

    String id() {
        return id;
    }

    /** {@return which network it is: frames of an older one are to be ignored} */
    synchronized int generation() {
        return generation;
    }

    /** Goes on with other settings, from the present weights where they fit, else from new ones. */
    synchronized void change(Settings next) {
        if (!settings.continues(next)) {
            renew();
        }
        settings = next;
        redraw = true;
        used();
    }

    /** Starts again from the first weights, paused. */
    synchronized void reset() {
        renew();
        used();
    }

    private void renew() {
        rebuild = true;
        playing = false;
        steps = 0;
        generation++;
    }

    /** Trains until told otherwise. */
    synchronized void play() {
        playing = true;
        used();
    }

    /** Stops training after the present epoch. */
    synchronized void pause() {
        playing = false;
        redraw = true;
        used();
    }

    /** Trains one epoch more. */
    synchronized void step() {
        playing = false;
        steps = Math.min(steps + 1, 100);
        used();
    }

    private void used() {
        lastUse = System.nanoTime();
        notifyAll();
    }

    /** {@return whether nobody watched or asked for anything for that long} */
    synchronized boolean isIdle(Duration limit) {
        return watchers == 0 && System.nanoTime() - lastUse > limit.toNanos();
    }

    /**
     * Lets somebody watch.
     *
     * @param most how many may
     * @return whether one more may
     */
    synchronized boolean watch(int most) {
        if (watchers >= most) {
            return false;
        }
        watchers++;
        return true;
    }

    /** Somebody watches no more. */
    synchronized void unwatch() {
        watchers--;
        lastUse = System.nanoTime();
    }

    /**
     * Waits for a frame.
     *
     * @param after the number of the last one seen, 0 for none
     * @param patience how long to wait
     * @return a newer frame, or null if there was none in time or the session has ended
     * @throws InterruptedException if interrupted
     */
    synchronized Frame next(long after, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!closed && (latest == null || latest.number() <= after)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return null;
            }
            wait(left);
        }
        return latest == null || latest.number() <= after ? null : latest;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** What the thread does next; {@code rebuild} before all else. */
    private record Work(Settings settings, int generation, boolean rebuild, boolean train) {}

    /** Waits until there is something to do; null ends the thread. */
    private synchronized Work take() throws InterruptedException {
        while (!closed && !rebuild && !redraw && !playing && steps == 0) {
            wait();
        }
        if (closed) {
            return null;
        }
        Work work = new Work(settings, generation, rebuild, playing || steps > 0);
        steps = Math.max(0, steps - 1);
        rebuild = false;
        redraw = false;
        return work;
    }

    /** Whether the thread would train on at once. */
    private synchronized boolean goesOn(Work work) {
        return playing && !rebuild && !redraw && !closed && work.generation == generation;
    }

    private void work() {
        Trainer trainer = null;
        try {
            long drawn = System.nanoTime() - FRAME_NANOS;
            for (Work work = take(); work != null; work = take()) {
                if (work.rebuild) {
                    if (trainer != null) {
                        trainer.close();
                    }
                    trainer = new Trainer(work.settings);
                    draw(trainer, work, false);
                    if (!work.train) {
                        continue;
                    }
                } else {
                    trainer.change(work.settings);
                }
                if (work.train) {
                    trainer.train();
                }
                boolean last = trainer.epoch() >= MOST_EPOCHS;
                if (!last && goesOn(work) && System.nanoTime() - drawn < FRAME_NANOS) {
                    continue;
                }
                drawn = System.nanoTime();
                draw(trainer, work, last);
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "session ended while it waited", e);
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.log(Level.ERROR, "session " + thread.getName() + " failed", e);
            publish(Json.write(json -> json.writeStringField("failure", String.valueOf(e.getMessage()))));
        } finally {
            end();
            if (trainer != null) {
                trainer.close();
            }
        }
    }

    private void draw(Trainer trainer, Work work, boolean last) {
        Trainer.Standing standing = trainer.losses();
        boolean diverged = !Double.isFinite(standing.train());
        if (diverged || last) {
            stop(work.generation);
        }
        boolean running = goesOn(work);
        publish(Json.write(json -> {
            json.writeNumberField("generation", work.generation);
            json.writeBooleanField("playing", running);
            json.writeBooleanField("diverged", diverged);
            json.writeBooleanField("finished", last);
            trainer.write(json, standing);
        }));
    }

    private synchronized void stop(int ofGeneration) {
        if (generation == ofGeneration) {
            playing = false;
            steps = 0;
        }
    }

    private synchronized void publish(byte[] json) {
        latest = new Frame(latest == null ? 1 : latest.number() + 1, json);
        notifyAll();
    }

    private synchronized void end() {
        closed = true;
        notifyAll();
    }

    /** Ends training and waits for the thread. */
    @Override
    public void close() {
        end();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
