package dev.tenrec.error;

import java.util.ArrayList;
import java.util.List;

/**
 * Builds an error message in the one form all of Tenrec's errors have.
 *
 * <pre>
 * matmul: inner sizes differ
 *   left  [32, 128]   size of axis 1 = 128
 *   right [64, 10]    size of axis 0 = 64
 *   hint: right.transpose() is [10, 64]
 * </pre>
 */
public final class Message {

    private record Line(String label, Object value, String note) {}

    private final String head;
    private final List<Line> lines = new ArrayList<>();
    private String hint;

    private Message(String head) {
        this.head = head;
    }

    /**
     * Starts a message.
     *
     * @param operation the operation's name as the user wrote it
     * @param problem what is wrong, in a few words
     * @return the message under construction
     */
    public static Message of(String operation, String problem) {
        return new Message(operation + ": " + problem);
    }

    /**
     * Adds a line with what was expected or given.
     *
     * @param label whose value it is, such as {@code left} or {@code expected}
     * @param value the value
     * @return this
     */
    public Message line(String label, Object value) {
        return line(label, value, "");
    }

    /**
     * Adds a line with what was expected or given, and a remark on it.
     *
     * @param label whose value it is
     * @param value the value
     * @param note the remark
     * @return this
     */
    public Message line(String label, Object value, String note) {
        lines.add(new Line(label, value, note));
        return this;
    }

    /**
     * Says what to do.
     *
     * @param text the advice
     * @return this
     */
    public Message hint(String text) {
        hint = text;
        return this;
    }

    /** Returns the finished text: labels and values padded into columns. */
    @Override
    public String toString() {
        int labelWidth = 0;
        int valueWidth = 0;
        for (Line line : lines) {
            labelWidth = Math.max(labelWidth, line.label.length());
            valueWidth = Math.max(valueWidth, String.valueOf(line.value).length());
        }
        StringBuilder text = new StringBuilder(head);
        for (Line line : lines) {
            String value = String.valueOf(line.value);
            text.append("\n  ")
                    .append(line.label)
                    .append(" ".repeat(labelWidth - line.label.length() + 1))
                    .append(value);
            if (!line.note.isEmpty()) {
                text.append(" ".repeat(valueWidth - value.length() + 3)).append(line.note);
            }
        }
        if (hint != null) {
            text.append("\n  hint: ").append(hint);
        }
        return text.toString();
    }
}
