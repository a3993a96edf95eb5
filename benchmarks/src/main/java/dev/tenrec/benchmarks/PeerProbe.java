package dev.tenrec.benchmarks;

/** Runs in another library's JVM and prints what that library says about itself. */
final class PeerProbe {
    /** Starts the line, among those that libraries print unasked. */
    static final String MARK = "library: ";

    private PeerProbe() {}

    /** Argument: the library's name. */
    public static void main(String[] args) {
        System.out.println(MARK + Libraries.open(args[0]).describe());
        // Some leave threads behind that would keep the JVM alive.
        System.exit(0);
    }
}
