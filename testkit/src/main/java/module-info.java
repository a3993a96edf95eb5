/**
 * Proves backends: a conformance suite that is run by extending one class, gradient checks, random graphs, and device
 * fakes that count, fail or delay.
 */
module dev.tenrec.testkit {
    requires transitive dev.tenrec.core;
    requires transitive org.junit.jupiter.api;

    exports dev.tenrec.testkit;
    exports dev.tenrec.testkit.device;

    // JUnit calls the lifecycle methods of the suite, which are not public.
    opens dev.tenrec.testkit to
            org.junit.platform.commons;
}
