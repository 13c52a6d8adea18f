package io.tenure.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Who runs the command. Stateless. */
final class Operator {

  private Operator() {}

  /** As {@code user@host}. */
  static String ofProcess() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown-host"; // It has a name that it cannot resolve itself.
    }
    return System.getProperty("user.name", "unknown") + "@" + host;
  }
}
