package io.tenure.sharding;

import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.Finding;
import io.tenure.audit.ForeignEntry;
import io.tenure.audit.Quarantined;
import io.tenure.internal.session.Quarantine;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.lease.LeaseClock;
import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.TenureException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;

/**
 * A group as operators see it: what it is, who is there, what the plan says, and what they want of
 * it. What they want is written as directives, which the coordinator follows; nothing here waits
 * until it has, and no worker of this process is needed.
 *
 * <p><b>The group's own trail.</b> Every change that is made here is an entry below {@code
 * /<group>/audit}, written by the transaction that makes the change: what, why, who asked, and
 * when. See {@link #operations()} and {@link #verifyOperations()}. Nothing is taken out of it here.
 *
 * <p>zkCli is enough to do the same without an entry: {@code create /orders/directives/drain-w-3
 * "new version"}, and {@code delete} of it to take it back.
 *
 * <p>Thread-safe. Every call blocks for a few round trips to ZooKeeper; do not make it on its event
 * thread. It throws {@link TenureException} if it cannot be carried out, {@link
 * IllegalArgumentException} if there is no such shard or worker. If the answer to a change does not
 * come, it is found out whether it was made; if that cannot be, {@link
 * io.tenure.scope.OutcomeUnknownException} says so. A change that is interrupted may have been
 * made.
 */
public final class ShardGroup {

  private final CuratorFramework client;
  private final GroupPaths paths;
  private final Optional<String> by;
  private final GroupReads reads;
  private final GroupTrail trail;
  private final GroupWriter writer;
  private final Quarantine quarantine;

  private ShardGroup(CuratorFramework client, GroupPaths paths, Optional<String> by) {
    this.client = client;
    this.paths = paths;
    this.by = by;
    this.reads = new GroupReads(client, paths);
    this.trail = new GroupTrail(reads);
    this.quarantine = new Quarantine(client, paths.group() + "/quarantine");
    this.writer = new GroupWriter(client, reads, trail, LeaseClock.system());
  }

  /**
   * The group at a path, which the first worker makes.
   *
   * @param client started, and closed by the caller
   * @throws IllegalArgumentException if the path cannot be a group's
   */
  public static ShardGroup of(CuratorFramework client, String group) {
    return new ShardGroup(
        Objects.requireNonNull(client, "client"), new GroupPaths(group), Optional.empty());
  }

  /**
   * The same group, changed in an operator's name: its trail tells that name. Otherwise it tells
   * {@code user@host} of this process.
   *
   * @param who one line of at most 200 characters; it is what this process says, and proves nothing
   * @throws IllegalArgumentException if it is blank
   */
  public ShardGroup by(String who) {
    if (who.isBlank()) {
      throw new IllegalArgumentException("nobody is named who asks: give a name, or none at all");
    }
    return new ShardGroup(client, paths, Optional.of(OperatorText.line(who, Bounds.BY_CHARS)));
  }

  // ---- what there is ----

  /** What all workers of the group agree on. */
  public GroupSettings settings() throws InterruptedException {
    return reads.settings();
  }

  /**
   * The names of the settings that were changed while the group ran, as in {@link GroupSettings}:
   * these belong to the group, also where its workers were built with other values.
   */
  public SortedSet<String> changedSettings() throws InterruptedException {
    return reads.changedSettings().words();
  }

  /**
   * The registered workers, by id and incarnation. A registration that cannot be understood is left
   * out; {@link #status} names it.
   */
  public List<WorkerInfo> workers() throws InterruptedException {
    List<WorkerInfo> workers = new ArrayList<>();
    for (Znode node : reads.childNodes(paths.workers())) {
      understood(() -> WorkerNode.parse(paths, node.path(), node.data()))
          .ifPresent(
              worker -> workers.add(WorkerInfo.of(worker, GroupPaths.incarnation(node.path()))));
    }
    return List.copyOf(workers);
  }

  /** What a znode that anyone may have written says, if it is what should be there. */
  private static <T> Optional<T> understood(Supplier<T> parsing) {
    try {
      return Optional.of(parsing.get());
    } catch (ForeignDataException e) {
      return Optional.empty();
    }
  }

  /**
   * The plan. The part of a worker that cannot be understood is left out; {@link #status} names it.
   *
   * @throws ForeignDataException if the plan's own znode cannot be understood
   */
  public PlanInfo plan() throws InterruptedException {
    PlanSummary summary =
        reads
            .node(paths.plans())
            .filter(node -> node.data().length > 0)
            .map(node -> PlanSummary.parse(node.path(), node.data()))
            .orElse(PlanSummary.none());
    Map<String, PlanInfo.Part> parts = new TreeMap<>();
    for (Znode node : reads.childNodes(paths.plans())) {
      understood(() -> PlanNode.parse(paths, node.path(), node.data()))
          .ifPresent(plan -> parts.put(plan.workerId(), PlanInfo.Part.of(plan)));
    }
    return new PlanInfo(
        summary.version(),
        summary.coordinator(),
        summary.coordinatorEpoch(),
        summary.reason(),
        summary.unplaced(),
        Collections.unmodifiableMap(parts));
  }

  /**
   * Everything at once: who leads what, who is there, what is planned and what is on the move. What
   * cannot be read is listed, and hides nothing else.
   *
   * @throws TenureException if ZooKeeper cannot be asked, or there is no such group
   */
  public GroupStatus status() throws InterruptedException {
    return new GroupStatusReading(reads).read();
  }

  // ---- what operators want ----

  /**
   * Makes a change, and records it in the group's trail.
   *
   * @return what was recorded; empty if the change takes something back that does not exist: then
   *     nothing is recorded
   * @throws IllegalArgumentException if there is no such shard or worker, or the shards cannot be
   *     changed like that
   * @throws IllegalStateException if the group's shards are numbered and should have names, or the
   *     other way round; or if no leader is in office whose tenure could be revoked
   */
  public Optional<Operation> apply(GroupChange change) throws InterruptedException {
    return writer.apply(Objects.requireNonNull(change, "change"), by.orElseGet(ShardGroup::self));
  }

  /**
   * What a change would lead to, without making it. Nothing is written.
   *
   * @throws IllegalArgumentException as {@link #apply} does
   * @throws IllegalStateException as {@link #apply} does
   */
  public PlacementPreview preview(GroupChange change) throws InterruptedException {
    reads.sync();
    GroupPicture picture = reads.picture();
    GroupFacts facts = reads.facts(change, picture);
    GroupEdit edit = new GroupEdits(facts).edit(change);
    return PlacementPreview.of(change, edit, facts.settings(), picture);
  }

  /**
   * Where the plan as it stands differs from what the placement would make of the group now, if
   * nothing had to wait: for a group at rest nothing is pending. Who leads a shard is here as the
   * plan says; a shard that is in no worker's part of the plan comes from no worker.
   *
   * @throws TenureException as {@link #status} does
   */
  public List<PlacementPreview.Move> pendingMoves() throws InterruptedException {
    reads.sync();
    GroupSettings settings = reads.settings();
    return PlacementPreview.pending(settings, reads.picture());
  }

  private static String self() {
    String host = Candidate.ofThisProcess("operator", Optional.empty()).host();
    String user = System.getProperty("user.name", "");
    return OperatorText.line((user.isBlank() ? "unknown" : user) + "@" + host, Bounds.BY_CHARS);
  }

  /**
   * What operators have changed, as far as it is kept. Changes by zkCli alone leave no entry.
   *
   * @throws TenureException if ZooKeeper cannot be asked
   */
  public OperationTrail operations() throws InterruptedException {
    reads.sync();
    reads.group();
    return trail.operations();
  }

  /**
   * Holds the group's trail against the rules of a trail: no entry is missing or was rewritten,
   * each repeats the digest of the one before, time does not go back, and the record tells of the
   * last. Where an archiver has taken out old entries, the rest is held against them.
   *
   * @return what is wrong; empty if nothing is
   * @throws TenureException if ZooKeeper cannot be asked
   */
  public List<Finding> verifyOperations() throws InterruptedException {
    return verifyOperations(List.of());
  }

  /**
   * The same, and holds the trail against what was archived of it: nothing archived was rewritten
   * or taken back, and what was taken out leads on to what is kept.
   *
   * @param archived the entries of the group's own trail, in the order in which they were archived;
   *     read them before this call
   */
  public List<Finding> verifyOperations(List<ArchivedEntry> archived) throws InterruptedException {
    reads.sync();
    reads.group();
    return trail.verify(archived);
  }

  /**
   * The znodes in the group's own trail that no change made; see {@link
   * io.tenure.audit.AuditLog#foreign}.
   *
   * @throws TenureException if ZooKeeper cannot be asked
   */
  public List<ForeignEntry> foreignOperations() throws InterruptedException {
    reads.sync();
    reads.group();
    return trail.foreign();
  }

  /**
   * Moves them out of the trail into {@code <group>/quarantine}, as {@link
   * io.tenure.audit.AuditLog#quarantine} does.
   *
   * @return what became of each
   * @throws TenureException if ZooKeeper cannot be asked, or denies it
   */
  public List<Quarantined> quarantineOperations(String reason) throws InterruptedException {
    reads.group();
    String who = by.orElseGet(ShardGroup::self);
    Instant time = Instant.ofEpochMilli(LeaseClock.system().wallMillis());
    return quarantine.move(trail::still, who, reason, time).stream()
        .map(
            one ->
                new Quarantined(
                    one.from(), one.to(), who, one.to().isPresent() ? reason : one.problem(), time))
        .toList();
  }

  /** What was moved out of the group's own trail before. */
  public List<Quarantined> quarantinedOperations() throws InterruptedException {
    return quarantine.standing().stream()
        .map(
            one ->
                one.note()
                    .map(
                        note ->
                            new Quarantined(
                                note.from(),
                                Optional.of(one.path()),
                                note.by(),
                                note.reason(),
                                note.time()))
                    .orElseGet(
                        () ->
                            new Quarantined(
                                "",
                                Optional.of(one.path()),
                                "",
                                "its note cannot be read",
                                Instant.EPOCH)))
        .toList();
  }

  // ---- the same in short, without a reason where none is asked for ----

  /**
   * Changes how many shards a numbered group has, while its workers run. Shards that go are stopped
   * and resigned; their znodes stay, with their epochs and their trails.
   *
   * @throws IllegalStateException if the group's shards have names
   */
  public void resize(int count) throws InterruptedException {
    apply(new GroupChange.Resize(count, ""));
  }

  /**
   * Adds shards to a group with named ones, while its workers run.
   *
   * @throws IllegalArgumentException if one is there already, or is no name for a shard
   * @throws IllegalStateException if the group's shards are numbered
   */
  public void addShards(Collection<String> names) throws InterruptedException {
    apply(new GroupChange.AddShards(List.copyOf(names), ""));
  }

  /**
   * Removes shards from a group with named ones, while its workers run. They are stopped and
   * resigned; their znodes stay, with their epochs and their trails.
   *
   * @throws IllegalArgumentException if one is not there, or none would be left
   * @throws IllegalStateException if the group's shards are numbered
   */
  public void removeShards(Collection<String> names) throws InterruptedException {
    apply(new GroupChange.RemoveShards(List.copyOf(names), ""));
  }

  /**
   * Gives settings of the group other values, while its workers run, which follow.
   *
   * @return whether anything was changed
   * @throws IllegalArgumentException if no setting is named
   */
  public boolean change(SettingsChange settings, String reason) throws InterruptedException {
    return apply(new GroupChange.ChangeSettings(settings, reason)).isPresent();
  }

  /** A worker is to hand over everything, until {@link #undrain}. */
  public void drain(String workerId, String reason) throws InterruptedException {
    apply(new GroupChange.Drain(workerId, reason));
  }

  /** It takes shards again; false if it was not to be drained. */
  public boolean undrain(String workerId) throws InterruptedException {
    return apply(new GroupChange.Undrain(workerId, "")).isPresent();
  }

  /** A worker is to lead a shard for as long as the worker is there, until {@link #unpin}. */
  public void pin(String shard, String workerId, String reason) throws InterruptedException {
    apply(new GroupChange.Pin(shard, workerId, reason));
  }

  /** The shard goes where the placement wants it; false if it was not pinned. */
  public boolean unpin(String shard) throws InterruptedException {
    return apply(new GroupChange.Unpin(shard, "")).isPresent();
  }

  /** A shard is to move to a worker once. A later rebalancing may move it away. */
  public void move(String shard, String workerId, String reason) throws InterruptedException {
    apply(new GroupChange.Move(shard, workerId, reason));
  }

  /**
   * A worker has this capacity, in place of the one it declares, until {@link #resetCapacity}.
   *
   * @param capacity above 0
   */
  public void capacity(String workerId, double capacity, String reason)
      throws InterruptedException {
    apply(new GroupChange.SetCapacity(workerId, capacity, reason));
  }

  /** It has its own capacity again; false if none was set. */
  public boolean resetCapacity(String workerId) throws InterruptedException {
    return apply(new GroupChange.ResetCapacity(workerId, "")).isPresent();
  }
}
