package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Processes.Child;
import io.tenure.testing.FaultProxy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * The workers of a run. Each has proxies of its own in front of the servers, which its successors
 * under the same id inherit.
 *
 * <p>Confined to one thread at a time.
 */
final class Fleet implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

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

    private String connectString() {
      return proxies.stream().map(FaultProxy::connectString).collect(Collectors.joining(","));
    }

    String id() {
      return id;
    }

    Child child() {
      return child;
    }

    void start() throws IOException {
      child = startChild(this);
    }

    /** Starts another process with the same id, which becomes this place's; returns the first. */
    Child startAnother() throws IOException {
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
                if (!child.isAlive()) {
                  start();
                }
                return false;
              });
    }

    void dropConnections(boolean refuse) {
      for (FaultProxy proxy : proxies) {
        proxy.refuse(refuse);
        proxy.dropConnections();
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
