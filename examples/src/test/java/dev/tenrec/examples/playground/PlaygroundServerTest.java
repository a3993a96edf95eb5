package dev.tenrec.examples.playground;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server over real connections. */
class PlaygroundServerTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final int MOST_SESSIONS = 2;

    private Sessions sessions;
    private PlaygroundServer server;

    @BeforeEach
    void start() throws IOException {
        sessions = new Sessions(MOST_SESSIONS, Duration.ofSeconds(20));
        server = new PlaygroundServer(InetAddress.getLoopbackAddress(), 0, sessions);
    }

    @AfterEach
    void stop() {
        server.close();
        assertEquals(0, sessions.size());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(20));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return send(request(path)
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body)));
    }

    private static void assertRefused(int status, HttpResponse<String> response) {
        assertEquals(status, response.statusCode(), response::body);
        assertEquals(
                "application/json",
                response.headers().firstValue("Content-Type").orElseThrow());
        Map<String, Object> told = Json.readObject(response.body().getBytes(StandardCharsets.UTF_8));
        assertEquals(Set.of("error", "expected", "given", "hint"), told.keySet());
    }

    private String newSession() throws Exception {
        HttpResponse<String> response = send("POST", "/api/sessions", "{}");
        assertEquals(201, response.statusCode(), response::body);
        Map<String, Object> told = Json.readObject(response.body().getBytes(StandardCharsets.UTF_8));
        assertEquals(Samples.COUNT, ((List<?>) told.get("train")).size());
        return (String) told.get("id");
    }

    /** What a raw request gets for an answer, for requests that no client of good manners sends. */
    private String raw(String head) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write((head + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void thePageAndAllItNeedsAreServed() throws Exception {
        HttpResponse<String> page = send(request("/"));
        assertEquals(200, page.statusCode());
        String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
        assertTrue(policy.startsWith("default-src 'none'") && !policy.contains("unsafe"), policy);
        assertEquals(
                "nosniff", page.headers().firstValue("X-Content-Type-Options").orElseThrow());
        Set<String> linked = new HashSet<>();
        var links = Pattern.compile("(?:href|src)=\"([^\"]+)\"").matcher(page.body());
        while (links.find()) {
            linked.add(links.group(1));
        }
        assertEquals(Set.of("icon.svg", "playground.css", "playground.js"), linked, "nothing from elsewhere");
        linked.add("drawing.js");
        for (String name : linked) {
            HttpResponse<String> file = send(request("/" + name));
            assertEquals(200, file.statusCode(), name);
            assertFalse(file.body().replace("http://www.w3.org/2000/svg", "").contains("http://"), name);
            assertFalse(file.body().contains("https://"), name);
        }
    }

    @Test
    void thePageOffersWhatTheServerKnows() throws Exception {
        String page = send(request("/")).body();
        for (Named[] all : List.of(DataSet.values(), Nonlinearity.values(), Rule.values(), Regularisation.values())) {
            for (Named choice : all) {
                assertTrue(page.contains("<option value=\"" + choice.title() + "\">"), choice.title());
            }
        }
        String script = send(request("/playground.js")).body();
        for (Feature feature : Feature.values()) {
            assertTrue(script.contains("[\"" + feature.title() + "\","), feature.title());
        }
        assertTrue(script.contains("MOST_LAYERS = " + Settings.MOST_LAYERS + ";"));
        assertTrue(script.contains("MOST_NEURONS = " + Settings.MOST_NEURONS + ";"));
    }

    @Test
    void noOtherPathCanBeRead() throws Exception {
        for (String path : List.of(
                "/index.html",
                "/../pom.xml",
                "/%2e%2e/pom.xml",
                "/..%2fpom.xml",
                "/%2e%2e%2f%2e%2e%2fetc/passwd",
                "//etc/passwd",
                "/..\\..\\etc",
                "/playground.js/../../Playground.class",
                "/Playground.class",
                "/%00",
                "/playground.js%00",
                "/PLAYGROUND.JS",
                "/api",
                "/api/",
                "/api/sessions/",
                "/api/sessions/a/b/c",
                "/api/sessions/../../playground.js")) {
            String answer = raw("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1");
            assertTrue(answer.matches("(?s)HTTP/1.1 (404|400|405) .*"), () -> path + ": " + answer);
            assertFalse(answer.contains("root:") || answer.contains("<project"), answer);
        }
    }

    @Test
    void badInputIsRefusedWithAReason() throws Exception {
        for (String body :
                List.of("", "nonsense", "[]", "{\"layers\": [99]}", "{\"learningRate\": 1e999}", "{\"x\": 1}")) {
            assertRefused(400, send("POST", "/api/sessions", body));
        }
        assertRefused(413, send("POST", "/api/sessions", " ".repeat(PlaygroundServer.MOST_BODY + 1)));
        assertRefused(
                415,
                send(request("/api/sessions")
                        .header("Content-Type", "text/plain")
                        .POST(BodyPublishers.ofString("{}"))));
        assertRefused(415, send(request("/api/sessions").POST(BodyPublishers.ofString("{}"))));
        assertEquals(0, sessions.size());
        String id = newSession();
        assertRefused(400, send("PUT", "/api/sessions/" + id, "{\"noise\": -1}"));
        assertRefused(404, send("POST", "/api/sessions/" + id + "/fly", null));
        assertRefused(404, send("POST", "/api/sessions/" + "0".repeat(32) + "/play", null));
    }

    @Test
    void otherMethodsAreNotAllowed() throws Exception {
        String id = newSession();
        for (String[] call : new String[][] {
            {"POST", "/"},
            {"DELETE", "/playground.js"},
            {"OPTIONS", "/api/sessions"},
            {"GET", "/api/sessions"},
            {"PATCH", "/api/sessions/" + id},
            {"GET", "/api/sessions/" + id + "/play"},
            {"POST", "/api/sessions/" + id + "/events"}
        }) {
            HttpResponse<String> response = send(call[0], call[1], null);
            assertRefused(405, response);
            assertTrue(response.headers().firstValue("Allow").isPresent());
        }
        assertEquals(405, send(request("/").HEAD()).statusCode());
    }

    @Test
    void requestsForOtherHostsAndFromOtherPagesAreRefused() throws Exception {
        for (String host :
                List.of("evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example", "", "a b")) {
            String answer = raw("GET / HTTP/1.1\r\nHost: " + host);
            assertTrue(answer.startsWith("HTTP/1.1 403 "), () -> host + ": " + answer);
        }
        assertTrue(raw("GET / HTTP/1.0\r\nAccept: */*").contains(" 403 "));
        assertTrue(raw("GET / HTTP/1.1\r\nHost: LOCALHOST:" + server.port()).startsWith("HTTP/1.1 200 "));
        String own = "127.0.0.1:" + server.port();
        String post = "POST /api/sessions/x/play HTTP/1.1\r\nHost: " + own + "\r\nContent-Length: 0\r\nOrigin: http://";
        assertTrue(raw(post + "evil.example").startsWith("HTTP/1.1 403 "));
        assertTrue(raw(post + own).startsWith("HTTP/1.1 404 "), "the same page may, if there is such a session");
    }

    @Test
    void onlyTheLoopbackListens() throws Exception {
        var others = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress())
                .toList();
        for (InetAddress address : others) {
            boolean connected;
            try (Socket socket = new Socket()) {
                socket.connect(new java.net.InetSocketAddress(address, server.port()), 500);
                connected = true;
            } catch (IOException e) {
                connected = false;
            }
            assertFalse(connected, address::toString);
        }
    }

    @Test
    void thereIsALimitOfSessions() throws Exception {
        String first = newSession();
        newSession();
        assertRefused(429, send("POST", "/api/sessions", "{}"));
        assertEquals(204, send("DELETE", "/api/sessions/" + first, null).statusCode());
        newSession();
    }

    @Test
    void idleSessionsEnd() throws Exception {
        try (Sessions shortLived = new Sessions(1, Duration.ofMillis(40))) {
            Session session = shortLived.create(Settings.of(Map.of()));
            session.play();
            long end = System.nanoTime() + 10_000_000_000L;
            while (shortLived.size() > 0) {
                assertTrue(System.nanoTime() < end, "the session still lives");
                Thread.sleep(10);
            }
            assertTrue(session.isClosed());
        }
    }

    private BufferedReader events(String id) throws Exception {
        var response = CLIENT.send(request("/api/sessions/" + id + "/events").build(), BodyHandlers.ofInputStream());
        assertEquals(200, response.statusCode());
        assertEquals(
                "text/event-stream; charset=utf-8",
                response.headers().firstValue("Content-Type").orElseThrow());
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    private static Map<String, Object> frame(BufferedReader events) throws IOException {
        for (String line = events.readLine(); line != null; line = events.readLine()) {
            if (line.startsWith("data: ")) {
                return Json.readObject(line.substring(6).getBytes(StandardCharsets.UTF_8));
            }
        }
        throw new AssertionError("the stream has ended");
    }

    @Test
    void framesComeWhileTrainingPlays() throws Exception {
        String id = newSession();
        String path = "/api/sessions/" + id;
        try (BufferedReader events = events(id)) {
            Map<String, Object> first = frame(events);
            assertEquals(0L, first.get("epoch"));
            assertEquals(1L, first.get("generation"));
            assertEquals(
                    List.of(4, 2),
                    ((List<?>) first.get("neurons"))
                            .stream().map(l -> ((List<?>) l).size()).toList());
            assertEquals(200, send("POST", path + "/step", null).statusCode());
            Map<String, Object> second = frame(events);
            assertEquals(1L, second.get("epoch"));
            assertFalse(second.get("weights").equals(first.get("weights")), "weights have changed");
            send("POST", path + "/play", null);
            Map<String, Object> playing = frame(events);
            while ((Long) playing.get("epoch") < 5) {
                playing = frame(events);
            }
            assertEquals(true, playing.get("playing"));
            send("PUT", path, "{\"layers\": [3], \"learningRate\": 10, \"activation\": \"relu\"}");
            Map<String, Object> renewed = frame(events);
            while ((Long) renewed.get("generation") < 2) {
                renewed = frame(events);
            }
            assertEquals(0L, renewed.get("epoch"));
            assertEquals(false, renewed.get("playing"));
            assertEquals(1, ((List<?>) renewed.get("neurons")).size());
            send("POST", path + "/reset", null);
            assertEquals(3L, frame(events).get("generation"));
            assertEquals(204, send("DELETE", path, null).statusCode());
            String rest = events.readAllAsString();
            assertTrue(rest.contains("event: end"), rest);
        }
    }

    @Test
    void aSessionHasALimitOfStreams() throws Exception {
        String id = newSession();
        for (int i = 0; i < PlaygroundServer.MOST_WATCHERS; i++) {
            frame(events(id));
        }
        assertRefused(429, send(request("/api/sessions/" + id + "/events")));
    }

    @Test
    void divergenceStopsTraining() throws Exception {
        Settings wild = Settings.of(Map.of(
                "learningRate",
                10.0,
                "activation",
                "linear",
                "features",
                List.of("x1^2", "x1*x2"),
                "layers",
                List.of(8L, 8L, 8L)));
        try (Session session = new Session("divergence", wild)) {
            session.play();
            long seen = 0;
            Map<String, Object> last;
            do {
                Frame frame = session.next(seen, Duration.ofSeconds(20));
                seen = frame.number();
                last = Json.readObject(frame.json());
            } while (Boolean.FALSE.equals(last.get("diverged")));
            assertEquals(false, last.get("playing"));
            assertEquals(null, last.get("train"));
        }
    }
}
