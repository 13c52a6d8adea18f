package io.tenure.examples;

import static io.tenure.examples.ChildOptions.say;

import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.Tenure;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.sharding.WorkerListener;
import io.tenure.sharding.WorkerState;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One worker in a process of its own. Tells its parent on standard output what happens, one line
 * for each event. SIGTERM drains it; the end of its standard input ends it at once, so that it
 * cannot outlive the demo.
 */
@Command(name = "worker", hidden = true)
final class WorkerProcess implements Callable<Integer> {

  private static final int STEPS_AT_A_TIME = 2;

  @Mixin private ChildOptions options = new ChildOptions();

  @Option(names = "--path", required = true)
  private String path = "";

  @Option(names = "--shards", required = true)
  private int shards;

  @Option(names = "--rows-per-step", required = true)
  private int rowsPerStep;

  @Option(names = "--pause-millis", required = true)
  private long pauseMillis;

  private final AtomicBoolean triedAllTheSame = new AtomicBoolean();

  @Override
  public Integer call() throws Exception {
    Child.exitWithParent();
    List<Input.Row> rows = options.read().rows();
    ShardStore store = new ShardStore(options.jdbc());
    CuratorFramework client = options.client();
    SessionMonitor monitor = options.monitor(client);
    client.start();
    CompletableFuture<Integer> end = new CompletableFuture<>();
    // The worker drains when the JVM is told to end, so nothing is closed before that.
    ShardWorker worker =
        ShardWorker.builder(monitor, path)
            .workerId(options.id())
            .shards(ShardSet.numbered(shards))
            .settleWindow(Duration.ofSeconds(1))
            .concurrency(STEPS_AT_A_TIME)
            .listener(listener(end))
            .tasks(
                shard -> {
                  int number = Integer.parseInt(shard);
                  return new AddUp(
                      number,
                      AddUp.rowsOf(number, shards, rows),
                      store,
                      rowsPerStep,
                      Duration.ofMillis(pauseMillis),
                      (lostShard, tenure, why, pending) ->
                          writeAllTheSame(store, lostShard, tenure, why, pending));
                })
            .build();
    worker
        .start()
        .whenComplete(
            (joined, error) -> {
              if (error != null) {
                say("refused", error.getMessage());
                end.complete(1);
              }
            });
    return end.get();
  }

  private static WorkerListener listener(CompletableFuture<Integer> end) {
    return new WorkerListener() {
      @Override
      public void stateChanged(WorkerState state) {
        say("state", state);
      }

      @Override
      public void refused(TenureException cause) {
        say("refused", cause.getMessage());
        end.complete(1);
      }
    };
  }

  /** What no leader may do, and what the fence is for. Once is enough to show it. */
  private void writeAllTheSame(
      ShardStore store, int shard, Tenure tenure, Transition.End why, Totals pending) {
    if (!triedAllTheSame.compareAndSet(false, true)) {
      return;
    }
    say("lost", shard, tenure.epoch(), why.word());
    try {
      store.write(shard, tenure.epoch(), pending);
      say("written", shard, tenure.epoch());
    } catch (StaleEpochException e) {
      say("stale", shard, e.getMessage());
    } catch (SQLException e) {
      say("failed", shard, e.getMessage());
    }
  }
}
