package io.tenure.cli;

import io.tenure.internal.tls.TlsProblem;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.client.ConnectStringParser;

/** Finds out why ZooKeeper cannot be reached. Stateless. */
final class Reachability {

  private static final int PROBE_MILLIS = 1_000;
  private static final int MAX_PROBED = 7;

  private Reachability() {}

  /** The error that a problem with TLS is. */
  static CommandException failure(TlsProblem problem) {
    return new CommandException(
        switch (problem.kind()) {
          case CONFIGURATION -> ExitCode.USAGE;
          case CONNECTION -> ExitCode.UNREACHABLE;
          case REFUSED -> ExitCode.DENIED;
        },
        problem.sentence());
  }

  /** One sentence: the time, and the outcome of each address. */
  static String why(ConnectStringParser connect, Duration limit) {
    List<InetSocketAddress> addresses = connect.getServerAddresses();
    List<String> each = new ArrayList<>();
    for (InetSocketAddress address : addresses.subList(0, Math.min(MAX_PROBED, addresses.size()))) {
      each.add(
          address.getHostString()
              + ":"
              + address.getPort()
              + " ("
              + probe(new InetSocketAddress(address.getHostString(), address.getPort()))
              + ")");
    }
    if (addresses.size() > MAX_PROBED) {
      each.add("and " + (addresses.size() - MAX_PROBED) + " more");
    }
    return "no session with ZooKeeper within "
        + Times.shown(limit)
        + "; tried "
        + String.join(", ", each)
        + ": check --connect, or give more time with --timeout";
  }

  private static String probe(InetSocketAddress address) {
    if (address.isUnresolved()) {
      return "no such host";
    }
    try (Socket socket = new Socket()) {
      socket.connect(address, PROBE_MILLIS);
      return "takes connections, but gives no session: it has no quorum, or is no ZooKeeper";
    } catch (UnknownHostException e) {
      return "no such host";
    } catch (ConnectException e) {
      return "connection refused";
    } catch (SocketTimeoutException e) {
      return "no answer";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
