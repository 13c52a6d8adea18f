package io.tenure.endtoend;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;

/** What a user's program does, with the libraries that come first on its class path. */
final class OlderLibrariesProcess {

  private static final int SHARDS = 3;

  private OlderLibrariesProcess() {}

  /**
   * Leads a scope and a group, and says so.
   *
   * @param args the connection string
   */
  public static void main(String[] args) throws Exception {
    String curator = CuratorFramework.class.getProtectionDomain().getCodeSource().toString();
    System.out.println("with " + curator);
    try (CuratorFramework client =
        CuratorFrameworkFactory.newClient(args[0], 6000, 3000, new RetryNTimes(3, 100))) {
      client.start();
      scope(client);
      group(client);
    }
    System.out.println("done");
  }

  private static void scope(CuratorFramework client) throws Exception {
    for (int i = 1; i <= 2; i++) {
      try (LeaderElection election =
              LeaderElection.builder(client, "/older/scope").candidateId("w-" + i).build();
          Lease lease = election.acquire()) {
        System.out.println(
            "epoch "
                + lease.epoch()
                + " after "
                + lease
                    .lastCheckpoint()
                    .map(b -> new String(b, StandardCharsets.UTF_8))
                    .orElse("-"));
        lease.checkpoint("checkpoint".getBytes(StandardCharsets.UTF_8));
      }
    }
    AuditLog log = AuditLog.of(client, "/older/scope");
    System.out.println("trail of " + log.entries().size() + ", wrong " + log.verify());
  }

  private static void group(CuratorFramework client) throws Exception {
    CountDownLatch steps = new CountDownLatch(SHARDS);
    try (ShardWorker worker =
        ShardWorker.builder(client, "/older/group")
            .workerId("w-1")
            .shards(ShardSet.numbered(SHARDS))
            .settleWindow(Duration.ZERO)
            .tasks(
                shard ->
                    lease -> {
                      steps.countDown();
                      return NextStep.after(Duration.ofMinutes(1));
                    })
            .build()) {
      worker.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
      System.out.println("shards led: " + steps.await(30, TimeUnit.SECONDS));
    }
  }
}
