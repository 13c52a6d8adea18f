package io.tenure.testing;

import io.tenure.internal.AuditFormat;
import io.tenure.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;

/**
 * Trails whose list does not fit into a reply. Servers answer at any length; it is the client that
 * drops its connection, so a client that takes little makes a short trail a long one.
 */
public final class LongTrail {

  /** What {@link #smallClient} takes. */
  public static final int SMALL_BYTES = 30_000;

  private static final int OPS_AT_ONCE = 200;

  private LongTrail() {}

  /**
   * A started client that takes short replies only.
   *
   * @param losses counts how often it loses its connection
   */
  public static CuratorFramework smallClient(ZooKeeperFixture zk, AtomicInteger losses) {
    ZKClientConfig config = new ZKClientConfig();
    config.setProperty(ZKConfig.JUTE_MAXBUFFER, Integer.toString(SMALL_BYTES));
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(zk.server().getConnectString())
            .sessionTimeoutMs((int) ZooKeeperFixture.SESSION_TIMEOUT.toMillis())
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .zkClientConfig(config)
            .build();
    client
        .getConnectionStateListenable()
        .addListener(
            (curator, state) -> {
              if (!state.isConnected()) {
                losses.incrementAndGet();
              }
            });
    client.start();
    return zk.closeLater(client);
  }

  /**
   * Makes the trail of a scope that has one as long as if it had been led for long: the record
   * counts the entries, and their names are of the usual form; their data is empty.
   */
  public static void lengthen(CuratorFramework client, String scope, String id, int entries)
      throws Exception {
    Scope of = new Scope(scope);
    String record = new String(client.getData().forPath(scope), StandardCharsets.UTF_8);
    int next = client.getChildren().forPath(of.auditPath()).size() + 1;
    List<CuratorOp> ops = new ArrayList<>();
    for (int index = next; index <= entries; index++) {
      String name = AuditFormat.indexText(index) + "-elected-" + id;
      ops.add(client.transactionOp().create().forPath(of.auditPath() + "/" + name, new byte[0]));
      if (ops.size() == OPS_AT_ONCE || index == entries) {
        client.transaction().forOperations(ops);
        ops.clear();
      }
    }
    String longer = record.replace("\"auditNext\":" + next, "\"auditNext\":" + (entries + 1));
    if (longer.equals(record)) {
      throw new IllegalStateException(record);
    }
    client.setData().forPath(scope, longer.getBytes(StandardCharsets.UTF_8));
  }
}
