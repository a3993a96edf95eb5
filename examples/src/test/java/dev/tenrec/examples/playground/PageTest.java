package dev.tenrec.examples.playground;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** The page in a browser. */
class PageTest {
    private static final Path PICTURES = Path.of("target", "playground");

    @Test
    void aSpiralIsLearnedInTheBrowser() throws Exception {
        var program = Chromium.installed();
        if (program.isEmpty()) {
            System.out.println(
                    "SKIPPED: the playground in a browser: chromium is not installed (apt install chromium)");
        }
        assumeTrue(program.isPresent(), "chromium is not installed");
        try (PlaygroundServer server = new PlaygroundServer(
                        InetAddress.getLoopbackAddress(), 0, new Sessions(2, Duration.ofSeconds(30)));
                Chromium browser = new Chromium(program.get())) {
            browser.open("http://127.0.0.1:" + server.port() + "/", 1280, 800, false);
            browser.await("document.getElementById('status').textContent.startsWith('Ready')", Duration.ofSeconds(20));
            browser.key("Tab", 9);
            assertEquals("play", browser.evaluate("document.activeElement.id"), "Play is what Tab comes to first");
            choose(browser, "data", "spiral");
            choose(browser, "optimizer", "adam");
            click(browser, "[aria-label=\"Feature sin x₁\"]");
            click(browser, "[aria-label=\"Feature sin x₂\"]");
            for (int neurons = 4; neurons < 8; neurons++) {
                click(browser, "[aria-label=\"One neuron more in layer 1\"]");
            }
            browser.evaluate("document.getElementById('play').focus()");
            browser.key("Enter", 13);
            browser.await(
                    "Number(document.getElementById('epoch').textContent) > 0"
                            + " && Number(document.getElementById('test-loss').textContent) < 0.05",
                    Duration.ofSeconds(60));
            click(browser, "#play");
            browser.await("document.getElementById('status').textContent.startsWith('Paused')", Duration.ofSeconds(10));
            browser.evaluate("document.activeElement.blur()");
            browser.screenshot(PICTURES.resolve("spiral-desktop.png"), false);
            assertTrue(colours(browser) > 1000, "the boundary is drawn");
            browser.resize(390, 844);
            assertEquals(
                    true,
                    browser.evaluate("document.documentElement.scrollWidth <= 390"),
                    "a phone does not scroll sideways");
            browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            browser.screenshot(PICTURES.resolve("spiral-phone.png"), false);
            browser.screenshot(PICTURES.resolve("spiral-phone-whole.png"), true);
            var image = ImageIO.read(PICTURES.resolve("spiral-phone.png").toFile());
            assertEquals(390, image.getWidth());
            assertEquals(844, image.getHeight());
            assertTrue(Files.size(PICTURES.resolve("spiral-desktop.png")) > 50_000);
        }
    }

    private static void choose(Chromium browser, String name, String value) throws InterruptedException {
        browser.evaluate("{ const field = document.forms.settings.elements." + name + "; field.value = '" + value
                + "'; if (field.value !== '" + value + "') throw new Error('no such choice');"
                + " field.dispatchEvent(new Event('change', { bubbles: true })); }");
    }

    private static void click(Chromium browser, String selector) throws InterruptedException {
        browser.evaluate("document.querySelector('" + selector + "').click()");
    }

    /** How many different colours the output's picture has. */
    private static long colours(Chromium browser) throws InterruptedException {
        return (Long) browser.evaluate("{ const canvas = document.getElementById('output');"
                + " new Set(new Uint32Array(canvas.getContext('2d')"
                + ".getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size }");
    }
}
