package io.tenure.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.zookeeper.server.auth.DigestAuthenticationProvider.generateDigest;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.Id;

/**
 * A leader that adds to its audit trail and cannot rewrite it. Now kill the leader and take its
 * password: the entries stay as they are.
 */
public final class AppendOnlyLeader {

  private AppendOnlyLeader() {}

  /**
   * Leads {@code /examples/append-only} once, and tries to delete what that has written.
   *
   * @param args connection string and two passwords, the worker's and the archiver's
   */
  public static void main(String[] args) throws Exception {
    String workerPassword = args[1];
    try {
      // README:begin
      Id worker = new Id("digest", generateDigest("worker:" + workerPassword));
      Id archiver = new Id("digest", generateDigest("archiver:" + args[2]));
      CuratorFramework client =
          CuratorFrameworkFactory.builder()
              .connectString(args[0])
              .retryPolicy(new ExponentialBackoffRetry(100, 5))
              .authorization("digest", ("worker:" + workerPassword).getBytes(UTF_8))
              .aclProvider(
                  AppendOnlyAcl.builder()
                      .workers(worker)
                      .archivers(archiver)
                      .readers(Ids.ANYONE_ID_UNSAFE)
                      .build())
              .build();
      // README:end
      leadOnce(client);
    } catch (KeeperException.NoAuthException e) {
      System.out.println("denied: delete on " + e.getPath());
    }
  }

  private static void leadOnce(CuratorFramework client) throws Exception {
    try (client) {
      client.start();
      try (LeaderElection election =
              LeaderElection.builder(client, "/examples/append-only").candidateId("w-1").build();
          Lease lease = election.acquire()) {
        System.out.println("elected, epoch " + lease.epoch());
      }
      client.delete().forPath("/examples/append-only/audit/0000000001-elected-w-1");
    }
  }
}
