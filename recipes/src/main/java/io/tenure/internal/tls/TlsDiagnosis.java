package io.tenure.internal.tls;

import io.tenure.internal.tls.TlsHandshake.Outcome;
import io.tenure.internal.tls.TlsProblem.Kind;
import io.tenure.internal.tls.TlsStores.Own;
import io.tenure.internal.tls.TlsStores.Trusted;
import io.tenure.internal.tls.TlsStores.UnusableException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.common.ZKConfig;

/**
 * Finds out whether TLS is why a client gets no connection: its stores first, then a handshake with
 * its servers. Blocks, for some two seconds and as long as a name look-up hangs: on no thread that
 * others wait for. Stateless.
 */
public final class TlsDiagnosis {

  private static final int MAX_SERVERS = 5;
  private static final long LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

  private TlsDiagnosis() {}

  /**
   * What is wrong with the client's own part, found without a connection. Nothing is, for a client
   * that asks for no TLS.
   */
  public static Optional<TlsProblem> ofStores(ZKConfig config) {
    TlsSettings settings = TlsSettings.of(config);
    if (!settings.secure()) {
      return Optional.empty();
    }
    try {
      TlsStores.own(settings);
      TlsStores.trusted(settings);
      return Optional.empty();
    } catch (UnusableException e) {
      return Optional.of(configuration(e));
    }
  }

  /**
   * Why the client gets no connection, if it is for TLS: with none of the servers that are reached
   * it is possible. For a client in plain text: if all of them want TLS.
   */
  public static Optional<TlsProblem> of(ZKConfig config, String connect) {
    TlsSettings settings = TlsSettings.of(config);
    List<InetSocketAddress> servers = new ConnectStringParser(connect).getServerAddresses();
    try {
      return settings.secure()
          ? ofHandshakes(settings, TlsStores.own(settings), TlsStores.trusted(settings), servers)
          : ofPlainClient(servers);
    } catch (UnusableException e) {
      return Optional.of(configuration(e));
    }
  }

  private static TlsProblem configuration(UnusableException e) {
    return new TlsProblem(Kind.CONFIGURATION, String.valueOf(e.getMessage()));
  }

  private static Optional<TlsProblem> ofHandshakes(
      TlsSettings settings, Own own, Trusted trusted, List<InetSocketAddress> servers) {
    Optional<TlsProblem> first = Optional.empty();
    long began = System.nanoTime();
    for (InetSocketAddress server : some(servers)) {
      Outcome outcome = new TlsHandshake(settings, own, trusted, server).outcome();
      if (outcome.reached() && outcome.problem().isEmpty()) {
        return Optional.empty();
      }
      first = first.or(outcome::problem);
      if (System.nanoTime() - began > LIMIT_NANOS) {
        break;
      }
    }
    return first;
  }

  private static Optional<TlsProblem> ofPlainClient(List<InetSocketAddress> servers) {
    long began = System.nanoTime();
    Optional<TlsProblem> found = Optional.empty();
    for (InetSocketAddress server : some(servers)) {
      TlsGreeting greeting = TlsGreeting.of(server);
      if (greeting == TlsGreeting.PLAIN) {
        return Optional.empty();
      } else if (greeting == TlsGreeting.TLS && found.isEmpty()) {
        found =
            Optional.of(
                new TlsProblem(
                    Kind.CONNECTION,
                    TlsText.bounded(server.getHostString())
                        + ":"
                        + server.getPort()
                        + " speaks TLS, and this client does not: set zookeeper.client.secure=true,"
                        + " zookeeper.clientCnxnSocket="
                        + TlsSettings.NETTY
                        + " and zookeeper.ssl.trustStore.location, or connect to the servers'"
                        + " clientPort"));
      }
      if (System.nanoTime() - began > LIMIT_NANOS) {
        break;
      }
    }
    return found;
  }

  private static List<InetSocketAddress> some(List<InetSocketAddress> servers) {
    return servers.subList(0, Math.min(MAX_SERVERS, servers.size()));
  }
}
