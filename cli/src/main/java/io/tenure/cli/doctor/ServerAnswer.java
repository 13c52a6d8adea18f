package io.tenure.cli.doctor;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.X509Exception;

/**
 * What one server says of itself. Immutable.
 *
 * @param name as {@code host:port}
 * @param address where it is reached
 * @param state whether it answers
 * @param problem if it does not: why
 * @param version as it names it; empty if it did not say
 * @param mode leader, follower, observer or standalone; empty if it did not say
 * @param outstanding requests that it has taken and not answered yet
 * @param averageMillis how long requests took on average since it started
 * @param tickMillis its tickTime, if it may be asked for that
 * @param following whom it follows, and who follows it
 */
record ServerAnswer(
    String name,
    InetSocketAddress address,
    State state,
    String problem,
    String version,
    String mode,
    int outstanding,
    double averageMillis,
    OptionalInt tickMillis,
    Following following) {

  /**
   * Whom a server follows, and who follows it, as far as it tells; with a provider of metrics of
   * its own a follower tells nothing of its observers. Immutable.
   *
   * @param id its number in the ensemble, by {@code conf}
   * @param observers how many observers follow it, by {@code mntr}; a follower tells that only if
   *     it has {@code observerMasterPort}
   * @param master whom an observer follows, by {@code mntr}
   */
  record Following(OptionalInt id, OptionalInt observers, OptionalInt master) {

    static Following parse(String conf, String mntr) {
      return new Following(integer(ID, conf), integer(OBSERVERS, mntr), integer(MASTER, mntr));
    }

    static Following unknown() {
      return parse("", "");
    }
  }

  /** Whether a server answers. */
  enum State {
    SERVES,
    /** Its port takes no connections. */
    DOWN,
    /** It is there, and serves no client: it sees no quorum. */
    NO_QUORUM,
    /** Its port takes connections, and it does not say more. */
    SILENT
  }

  private static final int LIMIT_MILLIS = 2_000;

  private static final Pattern VERSION = Pattern.compile("(?m)^Zookeeper version: ([^,\\s]+)");
  private static final Pattern MODE = Pattern.compile("(?m)^Mode: (\\S+)");
  private static final Pattern OUTSTANDING = Pattern.compile("(?m)^Outstanding: (\\d{1,9})");
  private static final Pattern LATENCY =
      Pattern.compile("(?m)^Latency min/avg/max: [^/]*/([0-9.]+)/");
  private static final Pattern ID = Pattern.compile("(?m)^serverId=(\\d{1,9})");
  private static final Pattern OBSERVERS =
      Pattern.compile("(?m)^zk_synced_observers\\s+(\\d{1,9})");
  private static final Pattern MASTER = Pattern.compile("(?m)^zk_observer_master_id\\s+(\\d{1,9})");
  private static final Pattern TICK = Pattern.compile("(?m)^tickTime=(\\d{1,9})");

  /** Asks it; blocks for some seconds at most. */
  static ServerAnswer ask(InetSocketAddress server, ZKClientConfig config) {
    InetSocketAddress address = new InetSocketAddress(server.getHostString(), server.getPort());
    Optional<String> down = unreachable(address);
    if (down.isPresent()) {
      return unanswered(address, State.DOWN, down.get());
    }
    String answer;
    try {
      answer = word(address, "srvr", config);
    } catch (IOException | X509Exception.SSLContextException | RuntimeException e) {
      return unanswered(
          address,
          State.SILENT,
          "it takes connections and does not answer srvr (" + e.getMessage() + ")");
    }
    if (answer.contains("not currently serving")) {
      return unanswered(address, State.NO_QUORUM, "it is up and serves no client");
    } else if (answer.contains("whitelist")) {
      return unanswered(address, State.SILENT, "srvr is not in its 4lw.commands.whitelist");
    } else if (!VERSION.matcher(answer).find()) {
      return unanswered(
          address,
          State.SILENT,
          "it takes connections and does not answer srvr: it wants TLS, or is no ZooKeeper");
    }
    // Few servers may be asked for these; what they would tell is found in another way, or not.
    String conf = optionalWord(address, "conf", config);
    String mntr = optionalWord(address, "mntr", config);
    return new ServerAnswer(
        name(address),
        address,
        State.SERVES,
        "",
        group(VERSION, answer).orElse(""),
        group(MODE, answer).orElse(""),
        group(OUTSTANDING, answer).map(Integer::parseInt).orElse(0),
        group(LATENCY, answer).map(ServerAnswer::number).orElse(OptionalDouble.empty()).orElse(0),
        integer(TICK, conf),
        Following.parse(conf, mntr));
  }

  private static String optionalWord(
      InetSocketAddress address, String word, ZKClientConfig config) {
    try {
      return word(address, word, config);
    } catch (IOException | X509Exception.SSLContextException | RuntimeException e) {
      return "";
    }
  }

  private static OptionalInt integer(Pattern pattern, String text) {
    return group(pattern, text)
        .map(number -> OptionalInt.of(Integer.parseInt(number)))
        .orElse(OptionalInt.empty());
  }

  private static String word(InetSocketAddress address, String word, ZKClientConfig config)
      throws IOException, X509Exception.SSLContextException {
    return FourLetterWord.ask(address, word, config, Duration.ofMillis(LIMIT_MILLIS));
  }

  private static Optional<String> unreachable(InetSocketAddress address) {
    if (address.isUnresolved()) {
      return Optional.of("no such host");
    }
    try (Socket socket = new Socket()) {
      socket.connect(address, LIMIT_MILLIS);
      return Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.of("no such host");
    } catch (ConnectException e) {
      return Optional.of("connection refused");
    } catch (SocketTimeoutException e) {
      return Optional.of("no answer within " + Words.millis(LIMIT_MILLIS));
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static ServerAnswer unanswered(InetSocketAddress address, State state, String problem) {
    return new ServerAnswer(
        name(address),
        address,
        state,
        problem,
        "",
        "",
        0,
        0,
        OptionalInt.empty(),
        Following.unknown());
  }

  private static Optional<String> group(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static OptionalDouble number(String text) {
    try {
      return OptionalDouble.of(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return OptionalDouble.empty(); // Another version says it in another way.
    }
  }

  private static String name(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  /** The version without what was built when: {@code 3.9.5}. */
  String shortVersion() {
    return version.replaceAll("-.*", "");
  }

  /** Whether it is at least that version; a version that cannot be read is taken to be. */
  boolean isAtLeast(int major, int minor) {
    Matcher matcher = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*").matcher(version);
    if (!matcher.matches()) {
      return true;
    }
    int ownMajor = Integer.parseInt(matcher.group(1));
    return ownMajor > major || (ownMajor == major && Integer.parseInt(matcher.group(2)) >= minor);
  }

  boolean votes() {
    return mode.equals("leader") || mode.equals("follower") || mode.equals("standalone");
  }
}
