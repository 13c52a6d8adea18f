package io.tenure.examples;

import io.tenure.lease.NextStep;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;

/**
 * The smallest worker. Start it three times with the same connection string: each leads a part of
 * the shards. Now kill one (SIGKILL): when its session has ended, the others lead its shards, with
 * the next epoch. Or end one (Ctrl-C): it hands them over first.
 */
public final class MinimalWorker {

  private MinimalWorker() {}

  /**
   * Works on its part of the sixteen shards of {@code /examples/orders} until it is interrupted.
   *
   * @param args connection string
   */
  public static void main(String[] args) throws Exception {
    try (CuratorFramework client =
        CuratorFrameworkFactory.newClient(args[0], new ExponentialBackoffRetry(100, 5))) {
      client.start();
      // README:begin
      try (ShardWorker worker =
          ShardWorker.builder(client, "/examples/orders")
              .shards(ShardSet.numbered(16))
              .tasks(
                  shard ->
                      lease -> { // one step of one shard; its lease was renewed just now
                        lease.ensure(Duration.ofMillis(500));
                        write(shard, lease.epoch()); // the store refuses an older epoch
                        return NextStep.after(Duration.ofSeconds(1));
                      })
              .build()) {
        worker.start().toCompletableFuture().get();
        runUntilInterrupted();
      }
      // README:end
    } catch (InterruptedException e) {
      System.out.println("interrupted: every shard is resigned");
    }
  }

  private static void runUntilInterrupted() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private static void write(String shard, long epoch) {
    System.out.println("shard " + shard + " written with epoch " + epoch);
  }
}
