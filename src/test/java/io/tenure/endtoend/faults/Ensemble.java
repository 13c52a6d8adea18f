package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Processes.Child;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.apache.zookeeper.common.X509Exception;
import org.awaitility.Awaitility;

/**
 * Three ZooKeeper servers, each a process of its own. A server reaches each of its peers through a
 * proxy, where the peers' link can be cut: then a follower that is cut off still answers its
 * clients, until it finds that it has not heard of its leader for {@code syncLimit} ticks. That
 * limit is longer here than a session lasts.
 *
 * <pre>
 *   server 0 --[proxy 0 to 1]--> quorum port of server 1
 *   server 1 --[proxy 1 to 0]--> quorum port of server 0     and so on
 * </pre>
 *
 * <p>The votes for a leader are not proxied: who is cut off can still vote, and then does not reach
 * whom it voted for. Each server's own configuration names the proxies as its peers' addresses.
 *
 * <p>Thread-safe, as far as each server is handled by one thread at a time.
 */
final class Ensemble implements AutoCloseable {

  static final int SERVERS = 3;

  /** Longer than the longest session that is used here, which is ten ticks. */
  private static final int SYNC_LIMIT = 15;

  private static final int ANSWER_MILLIS = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Below the ports that outgoing connections get: a server that is down finds its own free. */
  private static final int FIRST_PORT = 20_000;

  private static final int PORTS = 12_000;

  private final Processes processes;
  private final Path directory;
  private final Duration tick;
  private final int[] clientPorts;
  private final int[] quorumPorts;
  private final int[] electionPorts;

  /** By the one who connects, then by whom it connects to. */
  private final RawProxy[][] links = new RawProxy[SERVERS][SERVERS];

  private final int[][] linkPorts = new int[SERVERS][SERVERS];
  private final ConcurrentHashMap<Integer, Child> children = new ConcurrentHashMap<>();

  /** Starts all, and waits until they serve. */
  Ensemble(Processes processes, Path directory, Duration tick)
      throws IOException, InterruptedException {
    this.processes = processes;
    this.directory = directory;
    this.tick = tick;
    int[] ports = freePorts(SERVERS * (3 + SERVERS));
    clientPorts = IntStream.of(ports).limit(SERVERS).toArray();
    quorumPorts = IntStream.of(ports).skip(SERVERS).limit(SERVERS).toArray();
    electionPorts = IntStream.of(ports).skip(2 * SERVERS).limit(SERVERS).toArray();
    for (int from = 0; from < SERVERS; from++) {
      for (int to = 0; to < SERVERS; to++) {
        linkPorts[from][to] = ports[(3 + from) * SERVERS + to];
        if (from != to) {
          links[from][to] = new RawProxy(linkPorts[from][to], quorumPorts[to]);
        }
      }
    }
    for (int server = 0; server < SERVERS; server++) {
      configure(server, config(server), List.of());
      start(server);
    }
    awaitQuorum();
  }

  private static int[] freePorts(int count) throws IOException {
    Random random = new Random();
    List<ServerSocket> held = new ArrayList<>();
    try {
      while (held.size() < count) {
        ServerSocket socket = new ServerSocket();
        try {
          int port = FIRST_PORT + random.nextInt(PORTS);
          socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
          held.add(socket);
        } catch (IOException e) {
          socket.close(); // Another process has it.
        }
      }
      return held.stream().mapToInt(ServerSocket::getLocalPort).toArray();
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  private void configure(int server, Path file, List<String> more) throws IOException {
    Path data = Files.createDirectories(directory.resolve("server-" + server));
    Files.writeString(data.resolve("myid"), Integer.toString(server + 1));
    List<String> lines = new ArrayList<>();
    lines.add("tickTime=" + tick.toMillis());
    lines.add("initLimit=" + SYNC_LIMIT * 2);
    lines.add("syncLimit=" + SYNC_LIMIT);
    lines.add("dataDir=" + data);
    lines.add("maxClientCnxns=0");
    lines.add("admin.enableServer=false");
    lines.add("4lw.commands.whitelist=srvr");
    for (int peer = 0; peer < SERVERS; peer++) {
      lines.add(
          "server."
              + (peer + 1)
              + "=127.0.0.1:"
              + (peer == server ? quorumPorts[peer] : linkPorts[server][peer])
              + ":"
              + electionPorts[peer]
              + ":participant;127.0.0.1:"
              + clientPorts[peer]);
    }
    lines.addAll(more);
    Files.write(file, lines);
  }

  private Path config(int server) {
    return directory.resolve("server-" + server + ".cfg");
  }

  /** For clients that only the servers' own faults may meet. */
  String connectString() {
    return IntStream.of(clientPorts)
        .mapToObj(port -> "127.0.0.1:" + port)
        .collect(Collectors.joining(","));
  }

  int clientPort(int server) {
    return clientPorts[server];
  }

  Duration tick() {
    return tick;
  }

  // ---- faults ----

  /** Starts a server that is down. */
  void start(int server) throws IOException {
    start(server, config(server));
  }

  /** Starts a server that is down with another upper limit of session timeouts. */
  void start(int server, Duration longestSession) throws IOException {
    Path config = directory.resolve("server-" + server + "-limited.cfg");
    configure(server, config, List.of("maxSessionTimeout=" + longestSession.toMillis()));
    start(server, config);
  }

  private void start(int server, Path config) throws IOException {
    children.put(
        server, processes.start("server-" + server, ServerMain.class, List.of(config.toString())));
  }

  /** SIGKILL. */
  void kill(int server) {
    child(server).kill();
  }

  /** SIGSTOP or SIGCONT. */
  void freeze(int server, boolean stop) throws IOException, InterruptedException {
    child(server).signal(stop ? "STOP" : "CONT");
  }

  /** While true, the server and its peers hear nothing of each other. */
  void cut(int server, boolean off) {
    for (int peer = 0; peer < SERVERS; peer++) {
      if (peer != server) {
        links[server][peer].cut(off);
        links[peer][server].cut(off);
      }
    }
  }

  /** How much longer than usual each write to the server's disk lasts. */
  void slowDisk(int server, Duration delay) {
    child(server).tell("fsync " + delay.toMillis());
  }

  private Child child(int server) {
    Child child = children.get(server);
    if (child == null) {
      throw new IllegalStateException("server " + server + " was never started");
    }
    return child;
  }

  // ---- what is seen ----

  /** The quorum leader, as it says itself; empty while there is none. */
  OptionalInt leader() {
    return IntStream.range(0, SERVERS).filter(s -> ask(s).contains("Mode: leader")).findFirst();
  }

  /** The quorum leader, as soon as there is one. */
  int awaitLeader() {
    return Awaitility.await("a quorum leader")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(this::leader, OptionalInt::isPresent)
        .getAsInt();
  }

  /** The follower that has the most clients; empty if none follows. */
  OptionalInt busiestFollower() {
    int most = -1;
    OptionalInt busiest = OptionalInt.empty();
    for (int server = 0; server < SERVERS; server++) {
      String answer = ask(server);
      if (answer.contains("Mode: follower") && connections(answer) > most) {
        most = connections(answer);
        busiest = OptionalInt.of(server);
      }
    }
    return busiest;
  }

  private static int connections(String answer) {
    return answer
        .lines()
        .filter(line -> line.startsWith("Connections: "))
        .mapToInt(line -> Integer.parseInt(line.substring(13).trim()))
        .findFirst()
        .orElse(0);
  }

  /** Waits until each server leads or follows. */
  void awaitQuorum() {
    Awaitility.await("all servers to serve")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> IntStream.range(0, SERVERS).allMatch(s -> ask(s).contains("Mode: ")));
  }

  private String ask(int server) {
    try {
      return FourLetterWordMain.send4LetterWord(
          "127.0.0.1", clientPorts[server], "srvr", false, ANSWER_MILLIS);
    } catch (IOException | X509Exception.SSLContextException e) {
      return ""; // Down, stopped, or just starting.
    }
  }

  @Override
  public void close() {
    children.values().forEach(Child::kill);
    for (RawProxy[] row : links) {
      for (RawProxy link : row) {
        if (link != null) {
          link.close();
        }
      }
    }
  }
}
