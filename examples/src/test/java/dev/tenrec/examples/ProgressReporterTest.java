package dev.tenrec.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProgressReporterTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private volatile long now;

    @Test
    void plainLinesComeEveryFiveSecondsAndAtTheEndOfAnEpoch() {
        try (ProgressReporter progress = new ProgressReporter(out, false, 80, () -> now)) {
            for (int epoch = 1; epoch <= 2; epoch++) {
                progress.startEpoch(epoch, 2, 1200);
                for (int i = 1; i <= 12; i++) {
                    now += 1_000_000_000L;
                    progress.step(100, 1.0 / i);
                }
                progress.endEpoch(new EpochResult(epoch, 0.25, 0.8125, 1200, 12));
            }
        }
        assertEquals(
                List.of(
                        "epoch 1/2   41 %  loss 0.2000      100 samples/s  ETA 0:19",
                        "epoch 1/2   83 %  loss 0.1000      100 samples/s  ETA 0:14",
                        "epoch 1/2  training loss 0.2500  test accuracy 81.25 %  12.0 s  100 samples/s",
                        "epoch 2/2   41 %  loss 0.2000      100 samples/s  ETA 0:07",
                        "epoch 2/2   83 %  loss 0.1000      100 samples/s  ETA 0:02",
                        "epoch 2/2  training loss 0.2500  test accuracy 81.25 %  12.0 s  100 samples/s"),
                text().lines().toList());
    }

    @Test
    void stepWithoutLossKeepsTheLastOne() {
        try (ProgressReporter progress = new ProgressReporter(out, false, 80, () -> now)) {
            progress.startEpoch(1, 1, 300);
            now += 6_000_000_000L;
            progress.step(100);
            now += 6_000_000_000L;
            progress.step(100, 0.5);
            now += 6_000_000_000L;
            progress.step(100);
        }
        List<String> lines = text().lines().toList();
        assertFalse(lines.get(0).contains("loss"), text());
        assertTrue(lines.get(1).contains("loss 0.5000"), text());
        assertTrue(lines.get(2).contains("100 %  loss 0.5000"), text());
    }

    @Test
    void terminalShowsABarThatIsTakenAwayBeforeTheLineThatStays() throws InterruptedException {
        try (ProgressReporter progress = new ProgressReporter(out, true, 80, () -> now)) {
            progress.startEpoch(1, 1, 1000);
            now += 1_000_000_000L;
            progress.step(500, 0.5);
            waitFor("50 %");
            progress.endEpoch(new EpochResult(1, 0.25, 0.8125, 1000, 2));
        }
        String text = text();
        assertTrue(text.contains("\repoch 1/1  \u2501\u2501"), text);
        assertTrue(text.contains("50 %  loss 0.5000      500 samples/s  ETA 0:01"), text);
        String last = text.substring(text.lastIndexOf('\r') + 1);
        assertEquals("epoch 1/1  training loss 0.2500  test accuracy 81.25 %  2.0 s  500 samples/s", last.strip());
        assertTrue(text.split("\r").length > 3, text);
        for (String drawn : text.replace(last, "").split("\r")) {
            assertTrue(drawn.length() <= 79, "wraps at 80 columns: " + drawn);
        }
    }

    @Test
    void closeInTheMiddleOfAnEpochLeavesAnEmptyLine() {
        ProgressReporter progress = new ProgressReporter(out, true, 60, () -> now);
        progress.startEpoch(1, 1, 1000);
        progress.step(10, 1);
        progress.close();
        int length = text().length();
        assertTrue(text().endsWith("\r" + " ".repeat(59) + "\r"), () -> text().replace("\r", "<CR>"));
        progress.close();
        assertEquals(length, text().length());
    }

    @Test
    void barFitsAnyWidth() {
        EpochBarRenderer unicode = new EpochBarRenderer(true);
        EpochBarRenderer ascii = new EpochBarRenderer(false);
        assertEquals("epoch 1/2  =====.....  50 %  m", ascii.render("epoch 1/2", 0.5, "m", 30));
        assertEquals("epoch 1/2  ========== 100 %  m", ascii.render("epoch 1/2", 1.5, "m", 30));
        assertEquals("epoch 1/2  ..........   0 %  m", ascii.render("epoch 1/2", Double.NaN, "m", 30));
        assertTrue(unicode.render("epoch 1/2", 0.5, "m", 30).contains("\u2501\u2501\u2501\u2501\u2501\u2500"));
        for (int width = 1; width < 100; width++) {
            assertTrue(ascii.render("epoch 1/2", 0.5, "loss 0.1234  ETA 0:12", width)
                            .length()
                    <= width);
        }
    }

    @Test
    void timesAndWidthsAreReadable() {
        assertEquals("0:00", ProgressReporter.clock(0.2));
        assertEquals("1:05", ProgressReporter.clock(65));
        assertEquals("1:00:00", ProgressReporter.clock(3599.6));
        assertEquals(80, ProgressReporter.widthFrom(null));
        assertEquals(80, ProgressReporter.widthFrom("wide"));
        assertEquals(120, ProgressReporter.widthFrom("120"));
        assertEquals(20, ProgressReporter.widthFrom("-1"));
        assertTrue(ProgressReporter.isUnicode(StandardCharsets.UTF_8));
        assertFalse(ProgressReporter.isUnicode(StandardCharsets.US_ASCII));
    }

    /** The bar is drawn by a thread of its own. */
    private void waitFor(String part) throws InterruptedException {
        for (int i = 0; i < 500 && !text().contains(part); i++) {
            Thread.sleep(10);
        }
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
