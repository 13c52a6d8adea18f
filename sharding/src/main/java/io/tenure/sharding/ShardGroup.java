package io.tenure.sharding;

import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;

/**
 * A group as operators see it: what it is, who is there, what the plan says, and what they want of
 * it. What they want is written as directives, which the coordinator follows; nothing here waits
 * until it has, and no worker of this process is needed.
 *
 * <p>zkCli is enough for the same: {@code create /orders/directives/drain-w-3 "new version"}, and
 * {@code delete} of it to take it back.
 *
 * <p>Thread-safe. Every call is a few round trips to ZooKeeper, and throws {@link TenureException}
 * if it cannot be carried out, {@link IllegalArgumentException} if there is no such shard or
 * worker.
 */
public final class ShardGroup {

  /** Each time, somebody else has changed the group between reading and writing. */
  private static final int MAX_ATTEMPTS = 20;

  private final CuratorFramework client;
  private final GroupPaths paths;

  private ShardGroup(CuratorFramework client, GroupPaths paths) {
    this.client = client;
    this.paths = paths;
  }

  /**
   * The group at a path, which the first worker makes.
   *
   * @param client started, and closed by the caller
   * @throws IllegalArgumentException if the path cannot be a group's
   */
  public static ShardGroup of(CuratorFramework client, String group) {
    return new ShardGroup(Objects.requireNonNull(client, "client"), new GroupPaths(group));
  }

  // ---- what there is ----

  /** What all workers of the group agree on. */
  public GroupSettings settings() throws InterruptedException {
    return GroupSettings.parse(paths.group(), existing(new Stat()));
  }

  /** The registered workers, by id and incarnation. */
  public List<WorkerInfo> workers() throws InterruptedException {
    List<WorkerInfo> workers = new ArrayList<>();
    for (String name : children(paths.workers())) {
      String path = paths.workers() + "/" + name;
      data(path)
          .ifPresent(
              data ->
                  workers.add(
                      WorkerInfo.of(WorkerNode.parse(path, data), GroupPaths.incarnation(name))));
    }
    return List.copyOf(workers);
  }

  /** The plan. */
  public PlanInfo plan() throws InterruptedException {
    PlanSummary summary =
        data(paths.plans())
            .filter(data -> data.length > 0)
            .map(data -> PlanSummary.parse(paths.plans(), data))
            .orElse(PlanSummary.none());
    Map<String, PlanInfo.Part> parts = new TreeMap<>();
    for (String name : children(paths.plans())) {
      String path = paths.plans() + "/" + name;
      data(path)
          .map(data -> PlanNode.parse(path, data))
          .ifPresent(
              node ->
                  parts.put(
                      node.workerId(),
                      new PlanInfo.Part(
                          node.draining(), node.leads(), node.takesOver(), node.standsBy())));
    }
    return new PlanInfo(
        summary.version(),
        summary.coordinator(),
        summary.coordinatorEpoch(),
        summary.reason(),
        summary.unplaced(),
        Collections.unmodifiableMap(parts));
  }

  // ---- which shards there are ----

  /**
   * Changes how many shards a numbered group has, while its workers run. Shards that go are stopped
   * and resigned; their znodes stay, with their epochs and their trails.
   *
   * @throws IllegalStateException if the group's shards have names
   */
  public void resize(int count) throws InterruptedException {
    ShardSet set = ShardSet.numbered(count);
    change(
        old -> {
          if (!old.isNumbered()) {
            throw new IllegalStateException(
                "the shards of " + paths.group() + " have names: add and remove them by name");
          }
          return set;
        });
  }

  /**
   * Adds shards to a group with named ones, while its workers run.
   *
   * @throws IllegalArgumentException if one is there already, or is no name for a shard
   * @throws IllegalStateException if the group's shards are numbered
   */
  public void addShards(Collection<String> names) throws InterruptedException {
    change(
        old -> {
          List<String> all = new ArrayList<>(named(old).names());
          for (String name : names) {
            if (old.contains(name)) {
              throw new IllegalArgumentException(
                  "shard \"" + name + "\" is in " + paths.group() + " already");
            }
            all.add(name);
          }
          return ShardSet.named(all);
        });
  }

  /**
   * Removes shards from a group with named ones, while its workers run. They are stopped and
   * resigned; their znodes stay, with their epochs and their trails.
   *
   * @throws IllegalArgumentException if one is not there, or none would be left
   * @throws IllegalStateException if the group's shards are numbered
   */
  public void removeShards(Collection<String> names) throws InterruptedException {
    change(
        old -> {
          Set<String> left = new HashSet<>(named(old).names());
          for (String name : names) {
            if (!left.remove(name)) {
              throw noShard(name);
            }
          }
          return ShardSet.named(left);
        });
  }

  private ShardSet named(ShardSet set) {
    if (set.isNumbered()) {
      throw new IllegalStateException(
          "the shards of " + paths.group() + " are numbered: change how many there are");
    }
    return set;
  }

  private void change(UnaryOperator<ShardSet> change) throws InterruptedException {
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Stat stat = new Stat();
      byte[] before = existing(stat);
      GroupSettings old = GroupSettings.parse(paths.group(), before);
      byte[] data = old.withShards(change.apply(old.shards())).bytesOver(paths.group(), before);
      Optional<Code> failed =
          run(
              () ->
                  client
                      .setData()
                      .uncompressed()
                      .withVersion(stat.getVersion())
                      .forPath(paths.group(), data));
      if (failed.isEmpty()) {
        return;
      } else if (failed.get() != Code.BADVERSION) {
        throw ServerErrors.refused(failed.get(), paths.group(), "write");
      }
    }
    throw new CoordinationException(
        paths.group() + " changed " + MAX_ATTEMPTS + " times in a row while it was changed here");
  }

  // ---- what operators want ----

  /** A worker shall hand over everything, until {@link #undrain}. */
  public void drain(String workerId, String reason) throws InterruptedException {
    checkWorker(workerId);
    put(Directives.DRAIN, workerId, "", reason);
  }

  /** It takes shards again; false if it was not to be drained. */
  public boolean undrain(String workerId) throws InterruptedException {
    return remove(Directives.DRAIN, workerId);
  }

  /** A worker shall lead a shard for as long as it is there, until {@link #unpin}. */
  public void pin(String shard, String workerId, String reason) throws InterruptedException {
    checkShard(shard);
    checkWorker(workerId);
    put(Directives.PIN, shard, workerId, reason);
  }

  /** The shard goes where the placement wants it; false if it was not pinned. */
  public boolean unpin(String shard) throws InterruptedException {
    return remove(Directives.PIN, shard);
  }

  /** A shard shall move to a worker once. A later rebalancing may move it away. */
  public void move(String shard, String workerId, String reason) throws InterruptedException {
    checkShard(shard);
    checkWorker(workerId);
    put(Directives.MOVE, shard, workerId, reason);
  }

  /**
   * A worker has this capacity, whatever it says itself, until {@link #resetCapacity}.
   *
   * @param capacity above 0
   */
  public void capacity(String workerId, double capacity, String reason)
      throws InterruptedException {
    if (!(capacity > 0) || Double.isInfinite(capacity)) {
      throw new IllegalArgumentException("capacity is " + capacity + "; give a number above 0");
    }
    checkWorker(workerId);
    put(Directives.CAPACITY, workerId, Double.toString(capacity), reason);
  }

  /** It has its own capacity again; false if none was set. */
  public boolean resetCapacity(String workerId) throws InterruptedException {
    return remove(Directives.CAPACITY, workerId);
  }

  private String path(String kind, String subject) {
    return paths.directives() + "/" + kind + ZnodeName.encode(subject);
  }

  private void put(String kind, String subject, String value, String reason)
      throws InterruptedException {
    String path = path(kind, subject);
    byte[] data = Directives.bytes(value, reason);
    Optional<Code> failed = run(() -> client.create().orSetData().forPath(path, data));
    if (failed.isPresent()) {
      throw ServerErrors.refused(failed.get(), path, "create");
    }
  }

  private boolean remove(String kind, String subject) throws InterruptedException {
    String path = path(kind, subject);
    Optional<Code> failed = run(() -> client.delete().forPath(path));
    if (failed.isPresent() && failed.get() != Code.NONODE) {
      throw ServerErrors.refused(failed.get(), path, "delete");
    }
    return failed.isEmpty();
  }

  private void checkShard(String shard) throws InterruptedException {
    if (!settings().shards().contains(shard)) {
      throw noShard(shard);
    }
  }

  private IllegalArgumentException noShard(String shard) {
    return new IllegalArgumentException("there is no shard \"" + shard + "\" in " + paths.group());
  }

  private void checkWorker(String workerId) throws InterruptedException {
    List<String> ids = workers().stream().map(WorkerInfo::id).distinct().toList();
    if (!ids.contains(workerId)) {
      throw new IllegalArgumentException(
          "there is no worker \""
              + workerId
              + "\" in "
              + paths.group()
              + " now; there "
              + (ids.isEmpty() ? "is none" : "are " + String.join(", ", ids)));
    }
  }

  // ---- ZooKeeper ----

  private byte[] existing(Stat stat) throws InterruptedException {
    return data(paths.group(), stat)
        .filter(data -> data.length > 0)
        .orElseThrow(
            () ->
                new CoordinationException(
                    "there is no group at "
                        + paths.group()
                        + ": its first worker makes it; check the path and the client's namespace",
                    new KeeperException.NoNodeException(paths.group())));
  }

  private Optional<byte[]> data(String path) throws InterruptedException {
    return data(path, new Stat());
  }

  private Optional<byte[]> data(String path, Stat stat) throws InterruptedException {
    List<byte[]> read = new ArrayList<>();
    Optional<Code> failed =
        run(
            () -> {
              byte[] data = client.getData().undecompressed().storingStatIn(stat).forPath(path);
              read.add(data == null ? new byte[0] : data);
            });
    if (failed.isPresent() && failed.get() != Code.NONODE) {
      throw ServerErrors.refused(failed.get(), path, "read");
    }
    return read.stream().findFirst();
  }

  private List<String> children(String path) throws InterruptedException {
    List<String> names = new ArrayList<>();
    Optional<Code> failed = run(() -> names.addAll(client.getChildren().forPath(path)));
    if (failed.isPresent() && failed.get() != Code.NONODE) {
      throw ServerErrors.refused(failed.get(), path, "read");
    }
    Collections.sort(names);
    return names;
  }

  private interface Call {
    void run() throws Exception;
  }

  /** Runs a call; the server's error, if it answered with one. */
  private Optional<Code> run(Call call) throws InterruptedException {
    try {
      call.run();
      return Optional.empty();
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException e) {
      return Optional.of(e.code());
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new CoordinationException(paths.group() + " cannot be reached: " + e.getMessage(), e);
    }
  }
}
