package io.tenure.endtoend;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.sharding.WorkerListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * A worker in a process of its own, which does nothing for its shards and says which it leads. One
 * of its tasks ends the process if told so.
 */
public final class ShardsProcess {

  private ShardsProcess() {}

  /**
   * Takes the connection string, the group, the worker's id and the number of shards; and a file
   * that, once it is there, has the task of the worker and shard that it names call {@link
   * System#exit}.
   */
  public static void main(String[] args) throws Exception {
    MonitoredClient own = MonitoredClient.start(args[0]);
    ShardWorker worker =
        ShardWorker.builder(own.monitor(), args[1])
            .workerId(args[2])
            .shards(ShardSet.numbered(Integer.parseInt(args[3])))
            .settleWindow(Duration.ZERO)
            .tasks(
                shard ->
                    lease -> {
                      if (args.length > 4
                          && Files.exists(Path.of(args[4]))
                          && Files.readString(Path.of(args[4])).equals(args[2] + " " + shard)) {
                        System.exit(3);
                      }
                      return NextStep.after(Duration.ofMillis(200));
                    })
            .listener(
                new WorkerListener() {
                  @Override
                  public void elected(String shard, Lease lease) {
                    System.out.println("elected " + shard + " " + lease.epoch());
                  }
                })
            .build();
    worker.start().toCompletableFuture().get();
    System.out.println("joined");
    // Nothing is closed here: the test that ends this process finds out what becomes of the shards.
    new CountDownLatch(1).await();
  }
}
