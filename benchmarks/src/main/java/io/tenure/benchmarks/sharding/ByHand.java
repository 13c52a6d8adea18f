package io.tenure.benchmarks.sharding;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooKeeper;

/**
 * The floor: the same znodes, with as many bytes, written by hand in transactions of 100 shards, 8
 * under way at a time, by one client that knows everything beforehand and decides nothing.
 */
final class ByHand {

  private static final int SHARDS_PER_TRANSACTION = 100;
  private static final int IN_FLIGHT = 8;

  /** The data of a real shard's znodes. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Template(byte[] record, byte[] leader, String entryName, byte[] entry) {

    /** As Tenure has written them for one shard of a group. */
    static Template of(CuratorFramework client, String scope) throws Exception {
      String audit = scope + "/audit";
      String name = client.getChildren().forPath(audit).get(0);
      return new Template(
          client.getData().forPath(scope),
          client.getData().forPath(scope + "/leader"),
          name,
          client.getData().forPath(audit + "/" + name));
    }
  }

  private final CuratorFramework client;
  private final String root;
  private final int shards;
  private final Template template;

  ByHand(CuratorFramework client, String root, int shards, Template template) {
    this.client = client;
    this.root = root;
    this.shards = shards;
    this.template = template;
  }

  private String scope(int shard) {
    return root + "/shards/" + shard;
  }

  /** Makes the scopes, and then takes their offices. Nanoseconds. */
  long cold() throws Exception {
    client.create().creatingParentsIfNeeded().forPath(root + "/shards");
    long start = System.nanoTime();
    write(
        shards,
        shard ->
            List.of(
                create(scope(shard), template.record(), CreateMode.PERSISTENT),
                create(scope(shard) + "/audit", new byte[0], CreateMode.PERSISTENT)));
    write(
        shards,
        shard ->
            List.of(
                create(scope(shard) + "/leader", template.leader(), CreateMode.EPHEMERAL),
                client.transactionOp().setData().forPath(scope(shard), template.record()),
                create(
                    scope(shard) + "/audit/" + template.entryName(),
                    template.entry(),
                    CreateMode.PERSISTENT)));
    return System.nanoTime() - start;
  }

  /** The same znodes, all of a shard in one transaction. Nanoseconds. */
  long coldAtOnce() throws Exception {
    client.create().creatingParentsIfNeeded().forPath(root + "/shards");
    long start = System.nanoTime();
    write(
        shards,
        shard ->
            List.of(
                create(scope(shard), template.record(), CreateMode.PERSISTENT),
                create(scope(shard) + "/audit", new byte[0], CreateMode.PERSISTENT),
                create(scope(shard) + "/leader", template.leader(), CreateMode.EPHEMERAL),
                create(
                    scope(shard) + "/audit/" + template.entryName(),
                    template.entry(),
                    CreateMode.PERSISTENT)));
    return System.nanoTime() - start;
  }

  /**
   * Takes over the first offices, which are vacant: sets records, adds two entries. Nanoseconds.
   */
  long takeOver(int count) throws Exception {
    long start = System.nanoTime();
    write(
        count,
        shard ->
            List.of(
                client.transactionOp().setData().forPath(scope(shard), template.record()),
                create(scope(shard) + "/leader", template.leader(), CreateMode.EPHEMERAL),
                create(
                    scope(shard) + "/audit/0000000002-lost-w-0",
                    template.entry(),
                    CreateMode.PERSISTENT),
                create(
                    scope(shard) + "/audit/0000000003-elected-w-1",
                    template.entry(),
                    CreateMode.PERSISTENT)));
    return System.nanoTime() - start;
  }

  /** Leaves the first offices, as the end of a session would. */
  void vacate(int count) throws Exception {
    write(
        count, shard -> List.of(client.transactionOp().delete().forPath(scope(shard) + "/leader")));
  }

  private CuratorOp create(String path, byte[] data, CreateMode mode) throws Exception {
    return client.transactionOp().create().withMode(mode).forPath(path, data);
  }

  private interface Ops {
    List<CuratorOp> of(int shard) throws Exception;
  }

  private void write(int count, Ops ops) throws Exception {
    ZooKeeper handle = client.getZookeeperClient().getZooKeeper();
    Semaphore room = new Semaphore(IN_FLIGHT);
    List<CompletableFuture<Void>> answers = new ArrayList<>();
    for (int from = 0; from < count; from += SHARDS_PER_TRANSACTION) {
      List<Op> batch = new ArrayList<>();
      for (int shard = from; shard < Math.min(count, from + SHARDS_PER_TRANSACTION); shard++) {
        for (CuratorOp op : ops.of(shard)) {
          batch.add(op.get());
        }
      }
      room.acquire();
      CompletableFuture<Void> answer = new CompletableFuture<>();
      answers.add(answer);
      handle.multi(
          batch,
          (rc, path, context, results) -> {
            room.release();
            if (rc == KeeperException.Code.OK.intValue()) {
              answer.complete(null);
            } else {
              answer.completeExceptionally(
                  KeeperException.create(KeeperException.Code.get(rc), root));
            }
          },
          null);
    }
    CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
  }

  /** Makes a znode to write to. */
  static String znode(CuratorFramework client, String path) throws Exception {
    return client.create().creatingParentsIfNeeded().forPath(path);
  }

  /** What one synchronous write takes. Nanoseconds. */
  static long writeNanos(CuratorFramework client, String path) throws Exception {
    byte[] data = new byte[300];
    long start = System.nanoTime();
    client.setData().forPath(path, data);
    return System.nanoTime() - start;
  }
}
