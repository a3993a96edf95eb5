package dev.tenrec.examples.playground;

import com.sun.net.httpserver.Headers;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses requests that came here under a name that is not ours: a page elsewhere may have its own name resolved to the
 * loopback address, and would then count as of the same origin (DNS rebinding). Such an attack needs a name, so addresses
 * as numbers are accepted where others than the loopback are served.
 */
final class HostCheck {
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-f:.]+]|[0-9a-z.-]+)(:[0-9]{1,5})?");
    private static final Pattern NUMBERS = Pattern.compile("[0-9.]+|\\[.*]");

    private final boolean loopback;

    HostCheck(InetAddress address) {
        loopback = address.isLoopbackAddress();
    }

    /**
     * Checks {@code Host}, and {@code Origin} if there is one.
     *
     * @param headers of a request
     * @throws Refused if it was meant for somebody else, or comes from a page of somebody else
     */
    void check(Headers headers) {
        List<String> given = headers.getOrDefault("Host", List.of());
        String host = given.size() == 1 ? given.getFirst().toLowerCase(Locale.ROOT) : "";
        if (!accepted(host)) {
            throw new Refused(
                    403,
                    "host not accepted",
                    loopback ? "localhost, 127.0.0.1 or [::1]" : "localhost or an address as numbers",
                    given,
                    "open the address that the playground printed");
        }
        String origin = headers.getFirst("Origin");
        if (origin != null && !origin.equalsIgnoreCase("http://" + host)) {
            throw new Refused(403, "origin not accepted", "http://" + host, origin, "use the playground's own page");
        }
    }

    private boolean accepted(String host) {
        Matcher matcher = HOST.matcher(host);
        if (!matcher.matches()) {
            return false;
        }
        String name = matcher.group(1);
        return switch (name) {
            case "localhost", "127.0.0.1", "[::1]" -> true;
            default -> !loopback && NUMBERS.matcher(name).matches();
        };
    }
}
