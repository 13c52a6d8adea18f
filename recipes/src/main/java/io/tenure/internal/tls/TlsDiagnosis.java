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
import java.util.function.Function;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.common.ZKConfig;

/**
 * Finds out whether TLS is why a client gets no connection: its stores first, then a handshake with
 * its servers. Blocks, for some two seconds and as long as a name look-up hangs: on no thread that
 * others wait for. Stateless.
 */
public final class TlsDiagnosis {

  private static final int MAX_SERVERS = 5;

  /** How long a server may take to answer, unless it is known to be slow. */
  private static final int ANSWER_MILLIS = 1_500;

  private static final int MAX_DOUBLINGS = 4;

  private TlsDiagnosis() {}

  /**
   * What is wrong with the client's own part, found without a connection. Nothing is, for a client
   * that asks for no TLS.
   */
  public static Optional<TlsProblem> ofStores(ZKConfig config) {
    TlsSettings settings = TlsSettings.of(config);
    if (!settings.secure() || settings.hasForeignSocket()) {
      return Optional.empty();
    }
    try {
      TlsStores.own(settings);
      TlsStores.trusted(settings);
      return Optional.empty();
    } catch (UnusableException e) {
      return Optional.of(configuration(e)).map(problem -> remarked(settings, problem));
    }
  }

  /**
   * Why the client gets no connection, if it is for TLS: with none of the servers that are reached
   * it is possible. For a client in plain text: if all of them want TLS.
   */
  public static Optional<TlsProblem> of(ZKConfig config, String connect) {
    return of(config, connect, ANSWER_MILLIS);
  }

  /**
   * The same for a caller who has asked before: a server that is slow, which is no answer, gets
   * twice the time at each try.
   *
   * @param triesBefore how often nothing was found
   */
  public static Optional<TlsProblem> again(ZKConfig config, String connect, int triesBefore) {
    return of(config, connect, ANSWER_MILLIS << Math.min(triesBefore, MAX_DOUBLINGS));
  }

  private static Optional<TlsProblem> of(ZKConfig config, String connect, int answerMillis) {
    TlsSettings settings = TlsSettings.of(config);
    List<InetSocketAddress> servers = new ConnectStringParser(connect).getServerAddresses();
    return found(settings, servers, answerMillis).map(problem -> remarked(settings, problem));
  }

  private static Optional<TlsProblem> found(
      TlsSettings settings, List<InetSocketAddress> servers, int answerMillis) {
    try {
      if (settings.secure() && settings.hasForeignSocket()) {
        return ofForeignSocket(servers, answerMillis);
      }
      return settings.secure()
          ? ofHandshakes(settings, servers, answerMillis)
          : ofPlainClient(servers, answerMillis);
    } catch (UnusableException e) {
      return Optional.of(configuration(e));
    }
  }

  /** What cannot be found out of a client; empty if everything can. */
  public static Optional<String> cannotTell(ZKConfig config) {
    TlsSettings settings = TlsSettings.of(config);
    return settings.secure() && settings.hasForeignSocket()
        ? Optional.of(
            "whether TLS is why cannot be told, since zookeeper.clientCnxnSocket="
                + TlsText.bounded(settings.socket())
                + " may have other stores than zookeeper.ssl.* names"
                + ": the log of org.apache.zookeeper has the cause")
        : Optional.empty();
  }

  /** With a socket of the application, which may have other stores, no handshake is tried. */
  private static Optional<TlsProblem> ofForeignSocket(
      List<InetSocketAddress> servers, int answerMillis) {
    return unlessGreeted(
        servers,
        answerMillis,
        TlsGreeting.TLS,
        TlsGreeting.PLAIN,
        where -> TlsText.where(where) + TlsText.NO_TLS);
  }

  /** ZooKeeper's documentation still promises that such a class counts. */
  private static TlsProblem remarked(TlsSettings settings, TlsProblem problem) {
    return !settings.secure() || settings.supplier().isEmpty()
        ? problem
        : new TlsProblem(
            problem.kind(),
            problem.sentence()
                + ". "
                + TlsSettings.SUPPLIER
                + "="
                + TlsText.bounded(settings.supplier())
                + " changes nothing here: ZooKeeper's client passes it over since 3.9.0, and goes"
                + " by zookeeper.ssl.keyStore and zookeeper.ssl.trustStore alone");
  }

  private static TlsProblem configuration(UnusableException e) {
    return new TlsProblem(Kind.CONFIGURATION, String.valueOf(e.getMessage()));
  }

  private static Optional<TlsProblem> ofHandshakes(
      TlsSettings settings, List<InetSocketAddress> servers, int answerMillis)
      throws UnusableException {
    Own own = TlsStores.own(settings);
    Trusted trusted = TlsStores.trusted(settings);
    Optional<TlsProblem> first = Optional.empty();
    long began = System.nanoTime();
    for (InetSocketAddress server : some(servers)) {
      Outcome outcome = new TlsHandshake(settings, own, trusted, server, answerMillis).outcome();
      if (outcome.reached() && outcome.problem().isEmpty()) {
        return Optional.empty();
      }
      first = first.or(outcome::problem);
      if (System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(answerMillis)) {
        break;
      }
    }
    return first;
  }

  private static Optional<TlsProblem> ofPlainClient(
      List<InetSocketAddress> servers, int answerMillis) {
    return unlessGreeted(
        servers,
        answerMillis,
        TlsGreeting.PLAIN,
        TlsGreeting.TLS,
        where ->
            TlsText.bounded(where.getHostString())
                + ":"
                + where.getPort()
                + " speaks TLS, and this client does not: set zookeeper.client.secure=true,"
                + " zookeeper.clientCnxnSocket="
                + TlsSettings.NETTY
                + " and zookeeper.ssl.trustStore.location, or connect to the servers' clientPort");
  }

  /**
   * The first server that greets in the wrong way.
   *
   * @return nothing if one of them greets in the right way
   */
  private static Optional<TlsProblem> unlessGreeted(
      List<InetSocketAddress> servers,
      int answerMillis,
      TlsGreeting right,
      TlsGreeting wrong,
      Function<InetSocketAddress, String> sentence) {
    long began = System.nanoTime();
    Optional<TlsProblem> found = Optional.empty();
    for (InetSocketAddress server : some(servers)) {
      TlsGreeting greeting = TlsGreeting.of(server, answerMillis);
      if (greeting == right) {
        return Optional.empty();
      } else if (greeting == wrong && found.isEmpty()) {
        found = Optional.of(new TlsProblem(Kind.CONNECTION, sentence.apply(server)));
      }
      if (System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(answerMillis)) {
        break;
      }
    }
    return found;
  }

  private static List<InetSocketAddress> some(List<InetSocketAddress> servers) {
    return servers.subList(0, Math.min(MAX_SERVERS, servers.size()));
  }
}
