package io.tenure.scope;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * One participant in the election of a scope.
 *
 * @param id what people call it; unique among the live candidates of a scope, 1 to 128 bytes of
 *     UTF-8 without control characters
 * @param host the machine it runs on, for people who look for it
 * @param pid its process there
 * @param endpoint where it can be reached by those who follow the leader, if it wants to be
 */
public record Candidate(String id, String host, long pid, Optional<String> endpoint) {

  /**
   * Checks the id, the host and the endpoint.
   *
   * @throws IllegalArgumentException naming the value, the rule it breaks and a way out
   */
  public Candidate {
    checkText("candidate id", id, Bounds.ID_BYTES);
    checkText("host", host, Bounds.HOST_BYTES);
    endpoint.ifPresent(e -> checkText("endpoint", e, Bounds.ENDPOINT_BYTES));
  }

  /** This process under a given id, with its own host and pid. */
  public static Candidate ofThisProcess(String id, Optional<String> endpoint) {
    String host = Bounds.cutToBytes(Printable.of(localHost()), Bounds.HOST_BYTES);
    return new Candidate(id, host, ProcessHandle.current().pid(), endpoint);
  }

  /** The id that a process has unless it says otherwise: {@code host-pid}. */
  public static String defaultId() {
    return idOf(localHost(), ProcessHandle.current().pid());
  }

  static String idOf(String host, long pid) {
    String suffix = "-" + pid;
    int room = Bounds.ID_BYTES - suffix.length();
    return (host.length() <= room ? host : host.substring(0, room)) + suffix;
  }

  private static String localHost() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      // The host is shown to people only; a machine that cannot name itself can still lead.
      return "unknown-host";
    }
  }

  private static void checkText(String what, String value, int maxBytes) {
    if (value.isBlank()) {
      throw new IllegalArgumentException(
          what + " is empty: give 1 to " + maxBytes + " bytes of text");
    }
    if (Text.hasControlCharacter(value) || Text.hasUnpairedSurrogate(value)) {
      throw new IllegalArgumentException(
          what
              + " "
              + Text.quote(value)
              + " has a control character or half a surrogate pair: use printable text");
    }
    Bounds.checkLength(what, value, maxBytes);
  }
}
