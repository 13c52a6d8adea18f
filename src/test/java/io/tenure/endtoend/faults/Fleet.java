package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Processes.Child;
import io.tenure.testing.FaultProxy;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.zookeeper.ZooDefs;
import org.awaitility.Awaitility;

/**
 * The workers of a run. Each has proxies of its own in front of the servers, which its successors
 * under the same id inherit.
 *
 * <p>Thread-safe, as far as a worker's processes are handled by one thread and its connections by
 * one thread.
 */
final class Fleet implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Each kind of request that a client sends by itself, but for pings. */
  private static final List<Integer> REQUESTS =
      Arrays.stream(ZooDefs.OpCode.class.getFields())
          .map(Fleet::code)
          .filter(code -> code > 0 && code != ZooDefs.OpCode.ping)
          .toList();

  private static int code(Field field) {
    try {
      return field.getInt(null);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a process has logged. */
  record Log(String worker, long pid, Path file) {}

  private final Processes processes;
  private final FencedStore store;
  private final Path directory;
  private final WorkerMain.Orders orders;
  private final List<Slot> slots = new ArrayList<>();
  private final List<Log> logs = new ArrayList<>();
  private int started;

  /**
   * Starts the workers, and waits until they have joined.
   *
   * @param orders for all of them, but for their ids and ways
   */
  Fleet(
      Processes processes,
      Ensemble ensemble,
      FencedStore store,
      Path directory,
      int workers,
      WorkerMain.Orders orders)
      throws IOException {
    this.processes = processes;
    this.store = store;
    this.directory = directory;
    this.orders = orders;
    for (int i = 0; i < workers; i++) {
      Slot slot = new Slot("w-" + (i + 1), ensemble);
      slots.add(slot);
      slot.start();
    }
    slots.forEach(Slot::awaitJoined);
  }

  List<Slot> slots() {
    return List.copyOf(slots);
  }

  /** A worker, by any number. */
  Slot pick(int number) {
    return slots.get(number % slots.size());
  }

  /** How many requests all workers have sent until now; no pings. */
  long requests() {
    return slots.stream().mapToLong(Slot::requests).sum();
  }

  /** Of all processes that were ever started. */
  synchronized List<Log> logs() {
    return List.copyOf(logs);
  }

  private synchronized Child startChild(Slot slot) throws IOException {
    Path file = directory.resolve(slot.id + "-" + ++started + ".log");
    Child child =
        processes.start(
            slot.id, WorkerMain.class, orders.to(slot.id, slot.connectString(), file).arguments());
    logs.add(new Log(slot.id, child.pid(), file));
    return child;
  }

  @Override
  public void close() {
    slots.forEach(Slot::close);
  }

  /** A worker's place. */
  final class Slot {

    private final String id;
    private final List<FaultProxy> proxies = new ArrayList<>();
    private volatile Child child;

    private Slot(String id, Ensemble ensemble) throws IOException {
      this.id = id;
      for (int server = 0; server < Ensemble.SERVERS; server++) {
        proxies.add(new FaultProxy("127.0.0.1", ensemble.clientPort(server)));
      }
    }

    /** How many requests its processes have sent, regardless of their outcomes; no pings. */
    private long requests() {
      return proxies.stream()
          .mapToLong(proxy -> REQUESTS.stream().mapToLong(proxy::requestsSeen).sum())
          .sum();
    }

    private String connectString() {
      return proxies.stream().map(FaultProxy::connectString).collect(Collectors.joining(","));
    }

    String id() {
      return id;
    }

    Child child() {
      return child;
    }

    private synchronized void start() throws IOException {
      child = startChild(this);
    }

    /** As a supervisor does; one that another fault has started already is left alone. */
    synchronized void startIfEnded() throws IOException {
      if (!child.isAlive()) {
        start();
      }
    }

    /** Starts another process with the same id, which becomes this place's; returns the first. */
    synchronized Child startAnother() throws IOException {
      Child first = child;
      start();
      return first;
    }

    /** One that ends before it has joined is started again, as by a supervisor. */
    void awaitJoined() {
      Awaitility.await(id + " to join")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(
              () -> {
                if (store.hasJoined(child.pid())) {
                  return true;
                }
                startIfEnded();
                return false;
              });
    }

    void dropConnections(boolean refuse) {
      for (FaultProxy proxy : proxies) {
        proxy.refuse(refuse);
        proxy.dropConnections();
      }
    }

    /** Loses the connection that there is, and may make another one. */
    void bounce() {
      proxies.forEach(FaultProxy::dropConnections);
    }

    /** While true, one server alone can be reached. */
    void onlyServer(int server, boolean value) {
      for (int other = 0; other < proxies.size(); other++) {
        if (other != server) {
          proxies.get(other).refuse(value);
          proxies.get(other).dropConnections();
        }
      }
    }

    void halfOpen(boolean value) {
      proxies.forEach(proxy -> proxy.blackhole(value));
    }

    void delayReplies(Duration delay) {
      proxies.forEach(proxy -> proxy.delayReplies(delay));
    }

    private void close() {
      child.kill();
      proxies.forEach(FaultProxy::close);
    }
  }
}
