package io.tenure.sharding;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.lease.Lease;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;

/**
 * Writes the coordinator's decisions, in transactions that check the record of its scope: a deposed
 * coordinator writes nothing. A plan that is too large for one transaction is written in several:
 * since it only steers, its parts need not come true at one instant. The summary is in the last.
 *
 * <p>Keeps the {@link PlanCopy} in step with what the server has applied.
 *
 * <p>Confined to the coordinator's thread, which it blocks until the answers are there.
 */
final class PlanWriter {

  private static final Log log = Log.of(PlanWriter.class);

  /** Half of what the server takes by default. */
  private static final int MAX_BYTES = 512 * 1024;

  /** What an operation carries besides path and data, generously. */
  private static final int OP_BYTES = 64;

  private final ZnodeOps ops;
  private final GroupPaths paths;
  private final Monitor monitor;
  private final PlanCopy copy;
  private final PlanEvents events;

  /** Plans of workers that are gone, whose znodes have children that others have made. */
  private final Set<String> withChildren = new HashSet<>();

  PlanWriter(Monitor monitor, GroupPaths paths, PlanCopy copy, PlanEvents events) {
    this.monitor = monitor;
    this.ops = new ZnodeOps(monitor.client());
    this.paths = paths;
    this.copy = copy;
    this.events = events;
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
      batch.put(paths.plan(node.workerId()), node.bytes(numbered));
    }
    for (String id : decision.removals()) {
      remove(batch, paths.plan(id));
    }
    for (String path : decision.movesDone()) {
      batch.add(ops.delete(path), path, 0);
    }
    if (decision.summary().isPresent()) {
      batch.put(paths.plans(), decision.summary().get().bytes(numbered));
    }
    try {
      batch.send();
    } catch (KeeperException.NotEmptyException e) {
      hasChildren(e);
      throw e;
    }
  }

  private void remove(Batch batch, String path) throws InterruptedException, KeeperException {
    if (withChildren.contains(path)) {
      copy.abandoned(path);
    } else {
      batch.delete(path);
    }
  }

  private void hasChildren(KeeperException.NotEmptyException failure) {
    String path = failure.getPath();
    if (path != null && withChildren.add(path)) {
      log.warn(
          "group={} {} is the plan of a worker that is gone, and stays: another client has made"
              + " children of it. Delete that node with its children",
          paths.group(),
          path);
    }
  }

  /**
   * Writes again what differs from the copy.
   *
   * @throws KeeperException as {@link #write} does
   */
  void mend(Lease lease, List<PlanCopy.Difference> differences)
      throws InterruptedException, KeeperException {
    Batch batch = new Batch(lease);
    for (PlanCopy.Difference one : differences) {
      if (one.isToBeMended() && copy.data(one.path()).isPresent()) {
        batch.put(one.path(), copy.data(one.path()).get());
      }
    }
    batch.send();
  }

  /** The operations of one transaction. */
  private final class Batch {
    private final Lease lease;
    private final List<CuratorOp> operations = new ArrayList<>();

    /** What the copy has to be told when the server has applied them. */
    private final Map<String, Runnable> outcomes = new LinkedHashMap<>();

    private int bytes;

    Batch(Lease lease) {
      this.lease = lease;
    }

    void put(String path, byte[] data) throws InterruptedException, KeeperException {
      boolean isTop = path.equals(paths.plans());
      if (!isTop && !isThere(paths.plans())) {
        put(paths.plans(), copy.data(paths.plans()).orElseGet(() -> new byte[0]));
      }
      boolean set = isThere(path);
      add(
          set ? ops.set(path, data) : ops.create(path, data, CreateMode.PERSISTENT),
          path,
          data.length);
      outcomes.put(path, () -> copy.wrote(path, data));
      withChildren.remove(path);
    }

    /** Whether it is there when the transaction gets so far. */
    private boolean isThere(String path) {
      return copy.isThere(path) || outcomes.containsKey(path);
    }

    void delete(String path) throws InterruptedException, KeeperException {
      add(ops.delete(path), path, 0);
      outcomes.put(path, () -> copy.deleted(path));
    }

    void add(CuratorOp op, String path, int dataBytes)
        throws InterruptedException, KeeperException {
      int more = OP_BYTES + path.getBytes(StandardCharsets.UTF_8).length + dataBytes;
      if (!operations.isEmpty() && bytes + more > Math.min(MAX_BYTES, monitor.packetLimit() / 2)) {
        send();
      }
      operations.add(op);
      bytes += more;
    }

    void send() throws InterruptedException, KeeperException {
      if (operations.isEmpty()) {
        return;
      }
      events.expect(outcomes.keySet());
      lease.inTransaction(operations);
      events.answered();
      outcomes.values().forEach(Runnable::run);
      outcomes.clear();
      operations.clear();
      bytes = 0;
    }
  }
}
