package io.tenure.endtoend.faults;

import io.tenure.lease.Lease;
import io.tenure.lease.LeaseClock;
import io.tenure.lease.NextStep;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.Retention;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardTask;
import io.tenure.sharding.ShardWorker;
import io.tenure.sharding.WorkerListener;
import io.tenure.sharding.WorkerState;
import io.tenure.testing.ClientConnection;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.ZooKeeper;

/**
 * One worker of a run, in a process of its own. For each shard that it leads it writes to the store
 * again and again, each time after it has asked the lease; and it logs all that. It ends when it is
 * replaced by a later process with its id, when it is told to (SIGTERM drains it), or when its
 * standard input ends.
 *
 * <p>Commands: {@code wall 3600000} sets the wall clock that its leases are measured with by so
 * many milliseconds; {@code slow 10} makes both clocks so many times slower, once; {@code gc 1}
 * collects all garbage, while everything else waits; {@code reject 1} lets the executor of the
 * steps reject so many of them; {@code reset 1} and {@code close 1} reset and close the client;
 * {@code figures 7} tells the store, under that number, what this process costs.
 */
public final class WorkerMain {

  /** What a use takes between the check and the write. */
  private static final long WORK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final Duration PAUSE = Duration.ofMillis(15);
  private static final Duration NEEDED = Duration.ofMillis(50);

  /** Small objects that are kept, so that a full collection has something to do. */
  private static final int BALLAST = 400_000;

  /**
   * What a worker is told.
   *
   * @param connect its own way to the servers
   * @param store the store's port
   */
  record Orders(
      Mode mode,
      String connect,
      String path,
      String id,
      int shards,
      Duration session,
      Duration tick,
      int store,
      Path log) {

    /** The same for one worker's process, with its own way, id and log. */
    Orders to(String id, String connect, Path log) {
      return new Orders(mode, connect, path, id, shards, session, tick, store, log);
    }

    List<String> arguments() {
      return List.of(
          mode.name(),
          connect,
          path,
          id,
          Integer.toString(shards),
          Long.toString(session.toMillis()),
          Long.toString(tick.toMillis()),
          Integer.toString(store),
          log.toString());
    }

    static Orders of(String[] args) {
      return new Orders(
          Mode.valueOf(args[0]),
          args[1],
          args[2],
          args[3],
          Integer.parseInt(args[4]),
          Duration.ofMillis(Long.parseLong(args[5])),
          Duration.ofMillis(Long.parseLong(args[6])),
          Integer.parseInt(args[7]),
          Path.of(args[8]));
    }
  }

  private final Orders orders;
  private final UseLog log;
  private final Belief belief;
  private final FencedStore.Client store;
  private final long pid = ProcessHandle.current().pid();
  private final AtomicLong uses = new AtomicLong();
  private final AtomicLong wallOffset = new AtomicLong();
  private final CountDownLatch end = new CountDownLatch(1);
  private final RejectingExecutor executor = new RejectingExecutor();
  private final CuratorFramework client;
  private volatile Slow slow = new Slow(System.nanoTime(), System.currentTimeMillis(), 1);
  private List<long[]> ballast = List.of();

  private WorkerMain(Orders orders) throws IOException {
    this.orders = orders;
    this.log = new UseLog(orders.log());
    this.belief = new Belief(log);
    this.store = new FencedStore.Client(orders.store());
    this.client =
        CuratorFrameworkFactory.builder()
            .connectString(orders.connect())
            .sessionTimeoutMs((int) orders.session().toMillis())
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 100))
            .ensembleTracker(false) // It would find the servers' own addresses, past the proxies.
            .build();
  }

  /** Takes {@link Orders}. */
  public static void main(String[] args) throws Exception {
    WorkerMain worker = new WorkerMain(Orders.of(args));
    TraceFile.beside(worker.orders.log());
    Commands.serve(worker::command);
    worker.run();
    System.exit(0);
  }

  private void command(String command, long value) {
    switch (command) {
      case "wall" -> wallOffset.addAndGet(value);
      case "slow" -> slow = new Slow(System.nanoTime(), System.currentTimeMillis(), value);
      case "gc" -> {
        List<long[]> kept = new ArrayList<>(BALLAST);
        for (int i = 0; i < BALLAST; i++) {
          kept.add(new long[] {i});
        }
        ballast = kept;
        System.gc();
        System.out.println("collected, with " + ballast.size() + " objects kept");
        ballast = List.of();
      }
      case "reject" -> executor.reject(value);
      case "reset" -> resetClient();
      case "close" -> closeClient();
      case "figures" -> tellFigures(value);
      default -> throw new IllegalArgumentException("no such command: " + command);
    }
  }

  private void run() throws Exception {
    if (orders.mode().isTenure()) {
      runWorker();
    } else {
      runLatches();
    }
  }

  /** The client goes without a word to those who use it. */
  private void closeClient() {
    client.close();
    if (!orders.mode().isTenure()) {
      end.countDown(); // Latches say nothing.
    }
  }

  private void resetClient() {
    try {
      client.getZookeeperClient().reset();
    } catch (Exception e) {
      System.out.println("the client cannot be reset: " + e);
    }
  }

  private void tellFigures(long number) {
    try {
      ZooKeeper handle = client.getZookeeperClient().getZooKeeper();
      long watchers =
          ClientConnection.watchers(handle).values().stream().mapToLong(Integer::longValue).sum();
      int threads = ManagementFactory.getThreadMXBean().getThreadCount();
      store.ask("figures " + pid + ' ' + number + ' ' + watchers + ' ' + threads);
    } catch (Exception e) {
      System.out.println("no figures: " + e); // The client is on its way to another session.
    }
  }

  // ---- Tenure ----

  private void runWorker() throws Exception {
    SessionMonitor monitor =
        SessionMonitor.builder(client).tickTime(orders.tick()).clock(clock()).build();
    client.start();
    ShardWorker worker =
        ShardWorker.builder(monitor, orders.path())
            .workerId(orders.id())
            .shards(ShardSet.numbered(orders.shards()))
            .retention(Retention.KEEP_ALL)
            .settleWindow(Duration.ofMillis(500))
            .drainOnShutdown(orders.session().multipliedBy(3))
            .executor(executor)
            .concurrency(RejectingExecutor.THREADS)
            .tasks(Task::new)
            .listener(
                new WorkerListener() {
                  @Override
                  public void elected(String shard, Lease lease) {
                    belief.add(shard, new OfLease(lease));
                  }

                  @Override
                  public void stateChanged(WorkerState state) {
                    if (state == WorkerState.CLOSED) {
                      end.countDown();
                    }
                  }
                })
            .build();
    worker.start().toCompletableFuture().get();
    store.ask("joined " + pid);
    end.await();
  }

  /** From these readings on, clocks advance so many times slower. */
  private record Slow(long nanos, long millis, long times) {}

  private LeaseClock clock() {
    return new LeaseClock() {
      @Override
      public long monotonicNanos() {
        return slow.nanos() + (System.nanoTime() - slow.nanos()) / slow.times();
      }

      @Override
      public long wallMillis() {
        long advance = System.currentTimeMillis() - slow.millis();
        return slow.millis() + advance / slow.times() + wallOffset.get();
      }
    };
  }

  private record OfLease(Lease lease) implements Belief.Leadership {
    @Override
    public long epoch() {
      return lease.epoch();
    }

    @Override
    public boolean isHeld() {
      return lease.isHeld();
    }
  }

  private final class Task implements ShardTask {
    private final String shard;

    Task(String shard) {
      this.shard = shard;
    }

    @Override
    public void prepare(Lease lease) {
      lease
          .predecessor()
          .ifPresent(
              before ->
                  log.after(
                      shard,
                      lease.epoch(),
                      before.candidateId(),
                      before.epoch(),
                      before.end().word()));
    }

    @Override
    public NextStep step(Lease lease) throws IOException {
      switch (TaskFaults.Behavior.of(store.ask("how " + shard + ' ' + pid))) {
        case THROWS -> throw new IllegalStateException("the task of shard " + shard + " is broken");
        case THROWS_ERROR -> throw new StackOverflowError("the task of shard " + shard);
        case RETURNS_NULL -> {
          return null;
        }
        case BLOCKS -> block();
        case WORKS -> {}
      }
      long before = System.nanoTime();
      lease.ensure(NEEDED);
      act(shard, lease.epoch(), before, orders.mode().isFenced() ? lease.epoch() : 0);
      // Without a fence there is always a write in hand, whenever the process is stopped.
      return orders.mode() == Mode.NO_FENCE ? NextStep.again() : NextStep.after(PAUSE);
    }

    /** As a call does that does not know of interrupts. */
    private void block() throws IOException {
      boolean interrupted = false;
      while (TaskFaults.Behavior.of(store.ask("how " + shard + ' ' + pid))
          == TaskFaults.Behavior.BLOCKS) {
        Pause.nanos(PAUSE.toNanos());
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Uses what was just found to be held: some work, and a write at its end. */
  private void act(String shard, long epoch, long checked, long fence) throws IOException {
    long number = uses.incrementAndGet();
    log.begin(shard, epoch, number, checked);
    Pause.nanos(WORK_NANOS);
    String answer =
        store.ask(shard + ' ' + fence + ' ' + epoch + ' ' + orders.id() + ' ' + pid + ' ' + number);
    log.end(shard, epoch, number, System.nanoTime(), answer);
  }

  // ---- LeaderLatch ----

  private void runLatches() throws Exception {
    client.start();
    List<LeaderLatch> latches = new ArrayList<>();
    for (int i = 0; i < orders.shards(); i++) {
      String shard = Integer.toString(i);
      LeaderLatch latch = new LeaderLatch(client, orders.path() + "/" + shard, orders.id());
      AtomicLong term = new AtomicLong();
      latch.addListener(
          new LeaderLatchListener() {
            @Override
            public void isLeader() {
              // It has no number of its own. This one grows over all processes.
              long now = System.nanoTime();
              term.set(now);
              belief.add(shard, new OfLatch(latch, term, now));
            }

            @Override
            public void notLeader() {
              term.set(0);
            }
          });
      latch.start();
      latches.add(latch);
      Thread thread = new Thread(() -> useLatch(shard, latch, term), "shard-" + shard);
      thread.setDaemon(true);
      thread.start();
    }
    Runtime.getRuntime().addShutdownHook(new Thread(client::close));
    store.ask("joined " + pid);
    end.await();
  }

  private record OfLatch(LeaderLatch latch, AtomicLong term, long epoch)
      implements Belief.Leadership {
    @Override
    public boolean isHeld() {
      return latch.hasLeadership() && term.get() == epoch;
    }
  }

  private void useLatch(String shard, LeaderLatch latch, AtomicLong term) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        long before = System.nanoTime();
        long epoch = term.get();
        if (epoch != 0 && latch.hasLeadership() && term.get() == epoch && epoch <= before) {
          act(shard, epoch, before, 0);
        }
        Pause.nanos(PAUSE.toNanos());
      }
    } catch (IOException e) {
      Runtime.getRuntime().halt(5); // The store is gone, and with it the harness.
    }
  }
}
