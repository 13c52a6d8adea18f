package io.tenure.cli.serve;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which {@code Host} headers are answered. A page from elsewhere, whose name is made to point to
 * this server's address, could otherwise read the timeline in an operator's browser: its requests
 * carry its own name.
 *
 * <p>Answered are the names of the loopback interface, the address that the connection came in at,
 * written as a number, and the names that an operator allows. Immutable.
 */
final class HostRule {

  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(?:\\.\\d{1,3}){3}|\\[::1]");

  private static final Pattern HOST = Pattern.compile("(\\[[0-9a-f:.]+]|[^:]+?)\\.?(?::\\d{1,5})?");

  private static final Pattern NAME = Pattern.compile("[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?");

  private final Set<String> allowed;

  /**
   * Allows names besides.
   *
   * @throws IllegalArgumentException if one is neither a host's name nor an address
   */
  HostRule(Collection<String> names) {
    allowed = names.stream().map(HostRule::checked).collect(Collectors.toUnmodifiableSet());
  }

  /** Whether a request is answered that came in at an address and says this. */
  boolean isAllowed(String header, InetSocketAddress cameInAt) {
    Matcher host = HOST.matcher(header.toLowerCase(Locale.ROOT));
    if (!host.matches()) {
      return false;
    }
    String name = host.group(1);
    return LOOPBACK.matcher(name).matches()
        || allowed.contains(name)
        || name.equals(literal(cameInAt.getAddress()));
  }

  /** An address as it stands in a URL. */
  static String literal(InetAddress address) {
    String text = address.getHostAddress();
    int scope = text.indexOf('%');
    String bare = scope < 0 ? text : text.substring(0, scope);
    return bare.contains(":") ? "[" + compressed(bare) + "]" : bare;
  }

  /** Browsers leave out the longest run of zeros, Java does not. */
  private static String compressed(String address) {
    String longest = "";
    Matcher zeros = Pattern.compile("(?:^|:)0(?::0)+(?=:|$)").matcher(address);
    while (zeros.find()) {
      longest = zeros.group().length() > longest.length() ? zeros.group() : longest;
    }
    if (longest.isEmpty()) {
      return address;
    }
    int at = address.indexOf(longest);
    String before = address.substring(0, at);
    String after = address.substring(at + longest.length());
    return before + ":" + (after.isEmpty() ? ":" : after);
  }

  private static String checked(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    String bare = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    boolean address = bare.matches("\\[?[0-9a-f:.]*:[0-9a-f:.]*]?");
    if (!address && !NAME.matcher(bare).matches()) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is no host: give a name as in node-1.example.com, without a port");
    }
    return address && !bare.startsWith("[") ? "[" + bare + "]" : bare;
  }
}
