package dev.tenrec.examples.playground;

/** Input that is not accepted: what is wrong, what was expected and given, and what to do. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** More of a value is not repeated in messages. */
    private static final int LONGEST = 60;

    private final int status;
    private final String problem;
    private final String expected;
    private final String given;
    private final String hint;

    /**
     * Makes a refusal.
     *
     * @param status of HTTP
     * @param problem what is wrong
     * @param expected what would be right
     * @param given what came instead
     * @param hint what to do
     */
    Refused(int status, String problem, String expected, Object given, String hint) {
        super(problem + ": expected " + expected + ", given " + shortened(given) + "; " + hint);
        this.status = status;
        this.problem = problem;
        this.expected = expected;
        this.given = shortened(given);
        this.hint = hint;
    }

    /** {@return a refusal of the value of a setting} */
    static Refused value(String field, String expected, Object given) {
        return new Refused(400, field + " is not accepted", expected, given, "change " + field);
    }

    private static String shortened(Object given) {
        String text = String.valueOf(given);
        if (text.isEmpty()) {
            return "nothing";
        }
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }

    int status() {
        return status;
    }

    /** {@return the refusal as a JSON object} */
    byte[] json() {
        return Json.write(json -> {
            json.writeStringField("error", problem);
            json.writeStringField("expected", expected);
            json.writeStringField("given", given);
            json.writeStringField("hint", hint);
        });
    }
}
