package io.tenure.sharding;

import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.lease.Lease;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;

/**
 * Writes the coordinator's decisions, in transactions that check the record of its scope: a deposed
 * coordinator writes nothing. A plan that is too large for one transaction is written in several:
 * since it only steers, its parts need not come true at one instant. The summary is in the last.
 *
 * <p>Confined to the coordinator's thread, which it blocks until the answers are there.
 */
final class PlanWriter {

  /** Half of what the server takes by default. */
  private static final int MAX_BYTES = 512 * 1024;

  /** What an operation carries besides path and data, generously. */
  private static final int OP_BYTES = 64;

  private final ZnodeOps ops;
  private final GroupPaths paths;
  private final Monitor monitor;
  private Set<String> names = new HashSet<>();

  PlanWriter(Monitor monitor, GroupPaths paths) {
    this.monitor = monitor;
    this.ops = new ZnodeOps(monitor.client());
    this.paths = paths;
  }

  /** The plan was read: the names of its znodes. */
  void standing(Set<String> planNames) {
    names = new HashSet<>(planNames);
  }

  /**
   * Writes a decision.
   *
   * @throws KeeperException if one of the znodes was made or deleted by others meanwhile, or the
   *     server refuses it
   * @throws io.tenure.scope.TenureException if the tenure is over, or no answer came
   * @throws IllegalArgumentException if a part does not fit into a request
   */
  void write(Lease lease, CoordinatorMachine.Decision decision, boolean numbered)
      throws InterruptedException, KeeperException {
    Batch batch = new Batch(lease);
    for (PlanNode node : decision.writes()) {
      byte[] data = node.bytes(numbered);
      String path = paths.plan(node.workerId());
      batch.add(put(path, data), path, data.length);
    }
    for (String id : decision.removals()) {
      names.remove(ZnodeName.encodeWhole(id));
      batch.add(ops.delete(paths.plan(id)), paths.plan(id), 0);
    }
    for (String path : decision.movesDone()) {
      batch.add(ops.delete(path), path, 0);
    }
    if (decision.summary().isPresent()) {
      byte[] data = decision.summary().get().bytes(numbered);
      batch.add(ops.set(paths.plans(), data), paths.plans(), data.length);
    }
    batch.send();
  }

  /** The operations of one transaction. */
  private final class Batch {
    private final Lease lease;
    private final List<CuratorOp> ops = new ArrayList<>();
    private int bytes;

    Batch(Lease lease) {
      this.lease = lease;
    }

    void add(CuratorOp op, String path, int dataBytes)
        throws InterruptedException, KeeperException {
      int more = OP_BYTES + path.getBytes(StandardCharsets.UTF_8).length + dataBytes;
      if (!ops.isEmpty() && bytes + more > Math.min(MAX_BYTES, monitor.packetLimit() / 2)) {
        send();
      }
      ops.add(op);
      bytes += more;
    }

    void send() throws InterruptedException, KeeperException {
      lease.inTransaction(ops);
      ops.clear();
      bytes = 0;
    }
  }

  private CuratorOp put(String path, byte[] data) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return names.add(name) ? ops.create(path, data, CreateMode.PERSISTENT) : ops.set(path, data);
  }
}
