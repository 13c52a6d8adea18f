package io.tenure.benchmarks.sharding;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.Transition;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardTask;
import io.tenure.sharding.ShardWorker;
import io.tenure.sharding.WorkerListener;
import io.tenure.sharding.WorkerSnapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/**
 * Workers of one group in this process, each with a client of its own, and when what happened to
 * their shards. Thread-safe.
 */
final class Fleet implements AutoCloseable {

  static final int SESSION_MILLIS = 10_000;
  private static final long PATIENCE_SECONDS = 180;

  private final String connectString;
  private final String group;
  private final ShardSet shards;
  private final int standbys;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<CuratorFramework> clients = new ArrayList<>();
  private final List<ShardWorker> workers = new ArrayList<>();
  private int elected;
  private final Map<String, Long> stoppedNanos = new ConcurrentHashMap<>();
  private final List<Long> gaps = new ArrayList<>();

  Fleet(String connectString, String group, int shards, int standbys) {
    this.connectString = connectString;
    this.group = group;
    this.shards = ShardSet.numbered(shards);
    this.standbys = standbys;
  }

  /** Adds a connected worker, not started. */
  ShardWorker add(String id) throws InterruptedException {
    CuratorFramework client = client(connectString);
    SessionMonitor monitor = open(SessionMonitor.of(client));
    open(client).start();
    client.blockUntilConnected();
    clients.add(client);
    ShardWorker worker =
        open(
            ShardWorker.builder(monitor, group)
                .workerId(id)
                .shards(shards)
                .standbys(standbys)
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(shard -> new Idle(shard))
                .listener(new Counting())
                .build());
    workers.add(worker);
    return worker;
  }

  static CuratorFramework client(String connectString) {
    return CuratorFrameworkFactory.newClient(
        connectString, SESSION_MILLIS, SESSION_MILLIS, new RetryNTimes(3, 100));
  }

  private synchronized <T extends AutoCloseable> T open(T resource) {
    opened.push(resource);
    return resource;
  }

  /** Does nothing, now and then. */
  private final class Idle implements ShardTask {
    private final String shard;

    Idle(String shard) {
      this.shard = shard;
    }

    @Override
    public NextStep step(Lease lease) {
      return NextStep.after(Duration.ofMinutes(10));
    }

    @Override
    public void stop(Lease lease, Transition.End why) {
      stoppedNanos.put(shard, System.nanoTime());
    }
  }

  private final class Counting implements WorkerListener {
    @Override
    public void elected(String shard, Lease lease) {
      Long stopped = stoppedNanos.remove(shard);
      synchronized (Fleet.this) {
        if (stopped != null) {
          gaps.add(System.nanoTime() - stopped);
        }
        elected++;
        Fleet.this.notifyAll();
      }
    }
  }

  /** Starts all workers, and waits until every shard is led. */
  void startAll() throws InterruptedException {
    workers.forEach(ShardWorker::start);
    awaitElected(shards.size());
  }

  /** How many tenures have begun. */
  synchronized int elected() {
    return elected;
  }

  /** Waits until so many tenures have begun. */
  synchronized void awaitElected(int count) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (elected < count) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new IllegalStateException(elected + " of " + count + " tenures have begun");
      }
      wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
    }
  }

  /** Waits until every shard is in the hands of its worker, and stood by for. */
  void awaitSettled() throws InterruptedException {
    while (true) {
      int led = 0;
      int standsBy = 0;
      int waiting = 0;
      for (ShardWorker worker : workers) {
        WorkerSnapshot snapshot = worker.snapshot();
        led += snapshot.led().size();
        standsBy += snapshot.standsBy();
        waiting += snapshot.waiting();
      }
      if (led == shards.size() && standsBy == standbys * shards.size() && waiting == 0) {
        break;
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    // Standbys and watches are armed a little later than the plan is made.
    TimeUnit.MILLISECONDS.sleep(1_500);
  }

  /** A worker that does not coordinate. */
  int anyButTheCoordinator() throws InterruptedException {
    for (int i = 0; i < workers.size(); i++) {
      if (!workers.get(i).snapshot().coordinator()) {
        return i;
      }
    }
    throw new IllegalStateException("everybody coordinates");
  }

  /** The leaderless times of the planned moves so far. */
  synchronized List<Long> takeGaps() {
    List<Long> taken = List.copyOf(gaps);
    gaps.clear();
    return taken;
  }

  String group() {
    return group;
  }

  ShardWorker worker(int index) {
    return workers.get(index);
  }

  CuratorFramework client(int index) {
    return clients.get(index);
  }

  /**
   * Ends the session of one worker, and waits until so many more tenures have begun. Nanoseconds.
   */
  long failOver(int index, int tenures) throws Exception {
    int before = elected();
    return endSession(
        client(index),
        () -> {
          awaitElected(before + tenures);
          return null;
        });
  }

  /**
   * How long something takes from the end of a session. Another handle takes the session over and
   * ends it: so its own client hears nothing and does nothing, like a process that is gone.
   * ZooKeeper's client pauses for 100 ms when it has closed, which is not waited for.
   */
  static long endSession(CuratorFramework client, Callable<@Nullable Void> until) throws Exception {
    ZooKeeper own = client.getZookeeperClient().getZooKeeper();
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper other =
        new ZooKeeper(
            client.getZookeeperClient().getCurrentConnectionString(),
            SESSION_MILLIS,
            event -> connected.countDown(),
            own.getSessionId(),
            own.getSessionPasswd());
    connected.await();
    FutureTask<@Nullable Void> end =
        new FutureTask<>(
            () -> {
              other.close();
              return null;
            });
    long start = System.nanoTime();
    new Thread(end, "end-of-session").start();
    until.call();
    long nanos = System.nanoTime() - start;
    end.get();
    return nanos;
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("a worker or its client does not close", e);
      }
    }
  }
}
