package dev.tenrec.examples.playground;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the page, and sessions behind it:
 *
 * <pre>
 * GET    /                          the page; its other files lie beside it
 * POST   /api/sessions              starts a session with the settings in the body
 * PUT    /api/sessions/ID           changes its settings
 * DELETE /api/sessions/ID           ends it
 * POST   /api/sessions/ID/play      also pause, step, reset
 * GET    /api/sessions/ID/events    frames, as server-sent events
 * </pre>
 *
 * What is refused is answered with a JSON object of error, expected, given and hint.
 */
final class PlaygroundServer implements AutoCloseable {
    /** The most bytes of a body. */
    static final int MOST_BODY = 8192;

    /** The most streams of events of one session. */
    static final int MOST_WATCHERS = 4;

    private static final Logger LOG = System.getLogger(PlaygroundServer.class.getName());
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final String SESSIONS = "/api/sessions";

    static {
        // Read by the JDK's server when it is loaded: seconds for a request to come in, and connections.
        for (String limit : new String[] {"sun.net.httpserver.maxReqTime=30", "jdk.httpserver.maxConnections=128"}) {
            String[] parts = limit.split("=");
            if (System.getProperty(parts[0]) == null) {
                System.setProperty(parts[0], parts[1]);
            }
        }
    }

    private final HttpServer server;
    private final HostCheck hosts;
    private final Sessions sessions;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Starts serving.
     *
     * @param address where
     * @param port of TCP, 0 for any free one
     * @param sessions what is served
     * @throws IOException if the port cannot be taken
     */
    PlaygroundServer(InetAddress address, int port, Sessions sessions) throws IOException {
        this.sessions = sessions;
        hosts = new HostCheck(address);
        server = HttpServer.create(new InetSocketAddress(address, port), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            try {
                route(exchange);
            } catch (Refused e) {
                send(exchange, e.status(), "application/json", e.json());
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "request failed: " + exchange.getRequestURI(), e);
                Refused failure = new Refused(500, "internal error", "an answer", e, "see the log of the playground");
                send(exchange, failure.status(), "application/json", failure.json());
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the client has gone", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void route(HttpExchange exchange) throws IOException, InterruptedException {
        hosts.check(exchange.getRequestHeaders());
        String path = String.valueOf(exchange.getRequestURI().getRawPath());
        var resource = Resources.at(path);
        if (resource.isPresent()) {
            allow(exchange, "GET");
            send(exchange, 200, resource.get().type(), resource.get().content());
        } else if (path.equals(SESSIONS)) {
            allow(exchange, "POST");
            Settings settings = Settings.of(body(exchange));
            Session session = sessions.create(settings);
            send(exchange, 201, "application/json", description(session, settings));
        } else if (path.startsWith(SESSIONS + "/")) {
            String[] parts = path.substring(SESSIONS.length() + 1).split("/", -1);
            switch (parts.length) {
                case 1 -> session(exchange, sessions.find(parts[0]));
                case 2 -> action(exchange, parts[0], parts[1]);
                default -> throw notFound(path);
            }
        } else {
            throw notFound(path);
        }
    }

    private static Refused notFound(String path) {
        return new Refused(404, "no such page", "/ or " + SESSIONS, path, "open /");
    }

    private static void allow(HttpExchange exchange, String... methods) {
        for (String method : methods) {
            if (method.equals(exchange.getRequestMethod())) {
                return;
            }
        }
        String allowed = String.join(", ", methods);
        exchange.getResponseHeaders().set("Allow", allowed);
        throw new Refused(405, "method not allowed", allowed, exchange.getRequestMethod(), "use " + methods[0]);
    }

    private void session(HttpExchange exchange, Session session) throws IOException {
        allow(exchange, "PUT", "DELETE");
        if (exchange.getRequestMethod().equals("DELETE")) {
            sessions.remove(session);
            done(exchange);
        } else {
            Settings settings = Settings.of(body(exchange));
            session.change(settings);
            send(exchange, 200, "application/json", description(session, settings));
        }
    }

    private void action(HttpExchange exchange, String id, String action) throws IOException, InterruptedException {
        Session session = sessions.find(id);
        Runnable command = switch (action) {
            case "play" -> session::play;
            case "pause" -> session::pause;
            case "step" -> session::step;
            case "reset" -> session::reset;
            case "events" -> null;
            default ->
                throw new Refused(
                        404, "no such action", "play, pause, step, reset or events", action, "use one of these");
        };
        if (command == null) {
            allow(exchange, "GET");
            events(exchange, session);
        } else {
            allow(exchange, "POST");
            command.run();
            send(exchange, 200, "application/json", generation(session));
        }
    }

    private static byte[] generation(Session session) {
        return Json.write(json -> json.writeNumberField("generation", session.generation()));
    }

    private static byte[] description(Session session, Settings settings) {
        return Json.write(json -> {
            json.writeStringField("id", session.id());
            json.writeNumberField("generation", session.generation());
            Samples.draw(settings, false).write(json, "train");
            Samples.draw(settings, true).write(json, "test");
        });
    }

    private static Map<String, Object> body(HttpExchange exchange) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        // A page of another origin cannot send this type without asking first, which is not allowed.
        if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
            throw new Refused(415, "body of a wrong type", "Content-Type: application/json", type, "send JSON");
        }
        byte[] bytes = exchange.getRequestBody().readNBytes(MOST_BODY + 1);
        if (bytes.length > MOST_BODY) {
            throw new Refused(413, "body too long", "at most " + MOST_BODY + " bytes", "more", "send settings only");
        }
        return Json.readObject(bytes);
    }

    private static void events(HttpExchange exchange, Session session) throws IOException, InterruptedException {
        if (!session.watch(MOST_WATCHERS)) {
            throw new Refused(
                    429,
                    "too many streams of events",
                    "at most " + MOST_WATCHERS + " of one session",
                    "one more",
                    "close another one");
        }
        try {
            headers(exchange, "text/event-stream; charset=utf-8");
            exchange.sendResponseHeaders(200, 0);
            OutputStream out = exchange.getResponseBody();
            long seen = 0;
            while (true) {
                Frame frame = session.next(seen, HEARTBEAT);
                if (frame != null) {
                    seen = frame.number();
                    out.write(("id: " + seen + "\ndata: ").getBytes(StandardCharsets.US_ASCII));
                    out.write(frame.json());
                    out.write("\n\n".getBytes(StandardCharsets.US_ASCII));
                } else if (session.isClosed()) {
                    out.write("event: end\ndata: {}\n\n".getBytes(StandardCharsets.US_ASCII));
                    return;
                } else {
                    // A comment, which fails when nobody listens any more.
                    out.write(":\n\n".getBytes(StandardCharsets.US_ASCII));
                }
                out.flush();
            }
        } finally {
            session.unwatch();
        }
    }

    private static void headers(HttpExchange exchange, String type) {
        var headers = exchange.getResponseHeaders();
        headers.set("Content-Type", type);
        headers.set("Cache-Control", "no-store");
        headers.set(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] content) throws IOException {
        headers(exchange, type);
        // Answers to HEAD have no body.
        boolean empty = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, empty ? -1 : content.length);
        if (!empty) {
            exchange.getResponseBody().write(content);
        }
    }

    private static void done(HttpExchange exchange) throws IOException {
        headers(exchange, "application/json");
        exchange.sendResponseHeaders(204, -1);
    }

    /** Ends all sessions and connections. */
    @Override
    public void close() {
        sessions.close();
        server.stop(0);
        threads.shutdownNow();
    }
}
