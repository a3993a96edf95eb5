package dev.tenrec.examples.playground;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A headless Chromium with one page, driven through its DevTools protocol. */
final class Chromium implements AutoCloseable {
    private static final long SECONDS = 30;
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    private final Path profile;
    private final Process process;
    private final WebSocket socket;
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final String session;
    private int last;

    /** {@return the program, if it is installed} */
    static Optional<Path> installed() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts the browser with an empty page.
     *
     * @param program the browser
     */
    Chromium(Path program) throws IOException, InterruptedException {
        profile = Files.createTempDirectory("tenrec-chromium");
        process = new ProcessBuilder(
                        program.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-extensions",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        boolean started = false;
        try {
            socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .buildAsync(URI.create(address()), new Listener())
                    .join();
            Map<String, Object> target =
                    send(null, "Target.createTarget", json -> json.writeStringField("url", "about:blank"));
            session = (String) send(null, "Target.attachToTarget", json -> {
                        json.writeStringField("targetId", (String) target.get("targetId"));
                        json.writeBooleanField("flatten", true);
                    })
                    .get("sessionId");
            // Keys go to a page that believes to be in front.
            send(session, "Emulation.setFocusEmulationEnabled", json -> json.writeBooleanField("enabled", true));
            started = true;
        } finally {
            if (!started) {
                process.destroyForcibly();
            }
        }
    }

    /** The browser says on its standard error where it listens; what else it says there is read away. */
    private String address() throws IOException {
        CompletableFuture<String> found = new CompletableFuture<>();
        BufferedReader lines = process.errorReader(StandardCharsets.UTF_8);
        Thread.ofVirtual().start(() -> {
            StringBuilder said = new StringBuilder();
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    said.append(line).append('\n');
                    if (line.startsWith("DevTools listening on ")) {
                        found.complete(line.substring("DevTools listening on ".length())
                                .strip());
                    }
                }
            } catch (IOException e) {
                said.append(e);
            }
            found.completeExceptionally(new IOException("Chromium ended: " + said));
        });
        return found.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean end) {
            message.append(data);
            if (end) {
                messages.add(message.toString());
                message.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private Map<String, Object> send(String page, String method, Json.Fields parameters) throws InterruptedException {
        int id = ++last;
        byte[] call = Json.write(json -> {
            json.writeNumberField("id", id);
            json.writeStringField("method", method);
            if (page != null) {
                json.writeStringField("sessionId", page);
            }
            json.writeObjectFieldStart("params");
            parameters.write(json);
            json.writeEndObject();
        });
        socket.sendText(new String(call, StandardCharsets.UTF_8), true).join();
        while (true) {
            String message = messages.poll(SECONDS, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("Chromium does not answer " + method);
            }
            Map<String, Object> answer = Json.readObject(message.getBytes(StandardCharsets.UTF_8));
            if (Long.valueOf(id).equals(answer.get("id"))) {
                if (answer.containsKey("error")) {
                    throw new AssertionError(method + ": " + answer.get("error"));
                }
                return object(answer.get("result"));
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    /** Opens an address in a window of a size, and waits until it has loaded. */
    void open(String address, int width, int height, boolean dark) throws InterruptedException {
        resize(width, height);
        send(session, "Emulation.setEmulatedMedia", json -> {
            json.writeArrayFieldStart("features");
            json.writeStartObject();
            json.writeStringField("name", "prefers-color-scheme");
            json.writeStringField("value", dark ? "dark" : "light");
            json.writeEndObject();
            json.writeEndArray();
        });
        send(session, "Page.navigate", json -> json.writeStringField("url", address));
        await("location.href !== 'about:blank' && document.readyState === 'complete'", Duration.ofSeconds(SECONDS));
    }

    /** Gives the window a size. */
    void resize(int width, int height) throws InterruptedException {
        send(session, "Emulation.setDeviceMetricsOverride", json -> {
            json.writeNumberField("width", width);
            json.writeNumberField("height", height);
            json.writeNumberField("deviceScaleFactor", 1);
            json.writeBooleanField("mobile", width < 600);
        });
    }

    /** Evaluates an expression of JavaScript to a string, long, double, boolean or null. */
    Object evaluate(String expression) throws InterruptedException {
        Map<String, Object> answer = send(session, "Runtime.evaluate", json -> {
            json.writeStringField("expression", expression);
            json.writeBooleanField("returnByValue", true);
            json.writeBooleanField("awaitPromise", true);
        });
        if (answer.containsKey("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
        }
        return object(answer.get("result")).get("value");
    }

    /** Waits until an expression is true. */
    void await(String expression, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!Boolean.TRUE.equals(evaluate(expression))) {
            if (System.nanoTime() > end) {
                throw new AssertionError("never true: " + expression + "; the page says: "
                        + evaluate("document.body.innerText.slice(0, 600)"));
            }
            Thread.sleep(50);
        }
    }

    /** Presses and releases a key, such as Tab or Enter. */
    void key(String name, int code) throws InterruptedException {
        for (String type : List.of("rawKeyDown", "char", "keyUp")) {
            if (type.equals("char") && !name.equals("Enter")) {
                continue;
            }
            send(session, "Input.dispatchKeyEvent", json -> key(json, type, name, code));
        }
    }

    private static void key(JsonGenerator json, String type, String name, int code) throws IOException {
        json.writeStringField("type", type);
        json.writeStringField("key", name);
        json.writeStringField("code", name);
        json.writeNumberField("windowsVirtualKeyCode", code);
        if (type.equals("char")) {
            json.writeStringField("text", "\r");
        }
    }

    /** Writes what the page looks like, as PNG: what the window shows, or all of it. */
    void screenshot(Path file, boolean all) throws IOException, InterruptedException {
        Map<String, Object> answer = send(session, "Page.captureScreenshot", json -> {
            json.writeStringField("format", "png");
            json.writeBooleanField("captureBeyondViewport", all);
        });
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode((String) answer.get("data")));
    }

    @Override
    public void close() {
        try {
            send(null, "Browser.close", _ -> {});
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            delete(profile);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } finally {
            socket.abort();
        }
    }

    /** Deletes a folder as far as that can be done: helpers of the browser may write for a moment still. */
    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            System.out.println("not deleted: " + folder + " (" + e + ")");
        }
    }
}
