package dev.tenrec.examples.playground;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** At most so many sessions; those that nobody uses end. */
final class Sessions implements AutoCloseable {
    private final int most;
    private final Duration patience;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Session> open = new LinkedHashMap<>();
    private final Thread sweeper;

    /**
     * Makes an empty set.
     *
     * @param most how many there may be
     * @param patience how long a session lives that nobody uses
     */
    Sessions(int most, Duration patience) {
        this.most = most;
        this.patience = patience;
        sweeper = Thread.ofVirtual().name("playground-sweeper").start(this::sweep);
    }

    /**
     * Starts a session.
     *
     * @param settings its settings
     * @return the session
     * @throws Refused if there are too many
     */
    synchronized Session create(Settings settings) {
        if (open.size() >= most) {
            throw new Refused(
                    429,
                    "too many sessions",
                    "at most " + most + " at a time",
                    open.size() + " open",
                    "close another page of the playground, or start it with a larger --sessions");
        }
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        Session session = new Session(HexFormat.of().formatHex(bytes), settings);
        open.put(session.id(), session);
        return session;
    }

    /**
     * Finds a session.
     *
     * @param id its name
     * @return the session
     * @throws Refused if there is none, or no longer
     */
    synchronized Session find(String id) {
        Session session = open.get(id);
        if (session == null || session.isClosed()) {
            throw new Refused(404, "no such session", "the id of an open session", id, "start a new session");
        }
        return session;
    }

    /** Ends a session. */
    void remove(Session session) {
        synchronized (this) {
            open.remove(session.id());
        }
        session.close();
    }

    synchronized int size() {
        return open.size();
    }

    private void sweep() {
        long pause = Math.clamp(patience.toMillis() / 4, 10, 5000);
        try {
            while (true) {
                Thread.sleep(pause);
                List<Session> ended = new ArrayList<>();
                synchronized (this) {
                    for (Session session : open.values()) {
                        if (session.isClosed() || session.isIdle(patience)) {
                            ended.add(session);
                        }
                    }
                }
                ended.forEach(this::remove);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        sweeper.interrupt();
        List<Session> all;
        synchronized (this) {
            all = List.copyOf(open.values());
        }
        all.forEach(this::remove);
    }
}
