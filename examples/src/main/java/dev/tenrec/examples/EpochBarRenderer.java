package dev.tenrec.examples;

import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/** One line: task, bar, percentage, and at the end the extra message, which is never cut in favour of the bar. */
final class EpochBarRenderer implements ProgressBarRenderer {
    private static final int SMALLEST_BAR = 4;

    private final char done;
    private final char open;

    /** Uses box-drawing characters where the terminal has them. */
    EpochBarRenderer(boolean unicode) {
        this.done = unicode ? '\u2501' : '=';
        this.open = unicode ? '\u2500' : '.';
    }

    @Override
    public String render(ProgressState progress, int width) {
        return render(progress.getTaskName(), progress.getNormalizedProgress(), progress.getExtraMessage(), width);
    }

    String render(String task, double part, String message, int width) {
        double bounded = Double.isFinite(part) ? Math.clamp(part, 0, 1) : 0;
        String tail = " %3d %%  %s".formatted((int) (100 * bounded), message);
        int cells = width - task.length() - 2 - tail.length();
        if (cells < SMALLEST_BAR) {
            String line = task + " " + tail;
            return line.length() <= width ? line : line.substring(0, width);
        }
        int filled = (int) Math.round(cells * bounded);
        return task + "  " + String.valueOf(done).repeat(filled)
                + String.valueOf(open).repeat(cells - filled) + tail;
    }
}
