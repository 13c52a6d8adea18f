package io.tenure.sharding;

import io.tenure.internal.Incumbent;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailRecord;
import io.tenure.scope.Candidate;
import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;

/**
 * A group in which no worker runs: its znodes are written by the test, as workers and a coordinator
 * would have left them.
 */
final class StillGroup {

  static final Instant SINCE = Instant.parse("2026-03-01T02:00:00.123Z");
  private static final int OPS = 500;

  final CuratorFramework client;
  final GroupPaths paths;
  private final boolean numbered;
  private long incarnation;
  private final List<CuratorOp> pending = new ArrayList<>();

  StillGroup(CuratorFramework client, String group, GroupSettings settings) throws Exception {
    this.client = client;
    this.paths = new GroupPaths(group);
    this.numbered = settings.shards().isNumbered();
    create(group, settings.bytes());
    for (String path :
        List.of(paths.workers(), paths.plans(), paths.directives(), paths.shards())) {
      create(path, new byte[0]);
    }
    create(paths.audit(), TrailRecord.empty().bytes());
    done();
  }

  static StillGroup of(OneServer server, ShardSet shards) throws Exception {
    return new StillGroup(server.client(), server.newGroup(), GroupSettings.of(shards));
  }

  ShardGroup group() {
    return ShardGroup.of(client, paths.group()).by("ann@ops-1");
  }

  // ---- what workers write ----

  static Candidate candidate(String id) {
    return new Candidate(id, "host-1", 4711, Optional.of("host-1:8080"));
  }

  /** What a worker says of itself that has nothing special to say. */
  static WorkerNode node(String id) {
    return new WorkerNode(
        candidate(id),
        "nonce",
        "",
        1,
        Integer.MAX_VALUE,
        false,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        25);
  }

  /** A worker registers. */
  StillGroup worker(String... ids) throws Exception {
    for (String id : ids) {
      worker(node(id));
    }
    return this;
  }

  StillGroup worker(WorkerNode node) throws Exception {
    String name = paths.workerPrefix(node.candidate().id()) + String.format("%010d", incarnation++);
    create(name, node.bytes(numbered));
    done();
    return this;
  }

  /** A shard has never been led. */
  StillGroup untouched(String shard) throws Exception {
    create(paths.shard(shard).path(), ScopeRecord.empty().bytes());
    return this;
  }

  /** A worker leads a shard. */
  StillGroup leads(String shard, String worker, long epoch) throws Exception {
    return leads(paths.shard(shard), worker, epoch);
  }

  StillGroup leads(Scope scope, String worker, long epoch) throws Exception {
    Incumbent incumbent = new Incumbent(candidate(worker), "0x1f", "nonce-" + epoch, SINCE);
    create(scope.path(), record(epoch, incumbent, Optional.empty()));
    create(scope.leaderPath(), new LeaderNode(epoch, incumbent).bytes());
    return this;
  }

  /** A shard was led, and no longer is. */
  StillGroup vacant(String shard, String worker, long epoch, Transition.End end) throws Exception {
    Incumbent incumbent = new Incumbent(candidate(worker), "0x1f", "nonce-" + epoch, SINCE);
    create(paths.shard(shard).path(), record(epoch, incumbent, Optional.of(end)));
    return this;
  }

  /** The leader's session is gone, and no worker was elected since. */
  StillGroup orphaned(String shard, String worker, long epoch) throws Exception {
    Incumbent incumbent = new Incumbent(candidate(worker), "0x1f", "nonce-" + epoch, SINCE);
    create(paths.shard(shard).path(), record(epoch, incumbent, Optional.empty()));
    return this;
  }

  private static byte[] record(long epoch, Incumbent incumbent, Optional<Transition.End> end) {
    return new ScopeRecord(
            epoch,
            Optional.of(incumbent),
            end,
            1,
            2 * epoch,
            ScopeRecord.GENESIS,
            ScopeRecord.empty().unknown())
        .bytes();
  }

  /** Another worker is elected, or the same one again, as far as a transaction goes. */
  void changesHands(String shard, String worker, long epoch) throws Exception {
    Scope scope = paths.shard(shard);
    Incumbent incumbent = new Incumbent(candidate(worker), "0x2f", "nonce-" + epoch, SINCE);
    client
        .transaction()
        .forOperations(
            client
                .transactionOp()
                .setData()
                .forPath(scope.path(), record(epoch, incumbent, Optional.empty())),
            client.transactionOp().delete().forPath(scope.leaderPath()),
            client
                .transactionOp()
                .create()
                .forPath(scope.leaderPath(), new LeaderNode(epoch, incumbent).bytes()));
  }

  // ---- what a coordinator writes ----

  /** A worker's part of the plan. */
  StillGroup plan(
      String worker, long incarnation, List<String> leads, List<String> takesOver, String... ranks)
      throws Exception {
    List<List<String>> standsBy = new ArrayList<>();
    for (String rank : ranks) {
      standsBy.add(rank.isEmpty() ? List.of() : List.of(rank.split(",")));
    }
    PlanNode node =
        new PlanNode(
            worker,
            incarnation,
            Optional.empty(),
            leads,
            takesOver,
            standsBy,
            java.util.Map.of("first placement", leads));
    create(paths.plan(worker), node.bytes(numbered));
    done();
    return this;
  }

  StillGroup summary(long version, String... unplaced) throws Exception {
    PlanSummary summary =
        new PlanSummary(
            version, "w-1", 1, "first placement", List.of(unplaced), java.util.Map.of());
    client.setData().forPath(paths.plans(), summary.bytes(numbered));
    return this;
  }

  // ---- znodes ----

  /** Created with the next {@link #done}, many in one transaction. */
  private void create(String path, byte[] data) throws Exception {
    pending.add(client.transactionOp().create().forPath(path, data));
    if (pending.size() >= OPS) {
      done();
    }
  }

  /** Writes what was said so far. */
  StillGroup done() throws Exception {
    if (!pending.isEmpty()) {
      client.transaction().forOperations(List.copyOf(pending));
      pending.clear();
    }
    return this;
  }

  void set(String path, String text) throws Exception {
    client.setData().forPath(path, text.getBytes(StandardCharsets.UTF_8));
  }

  void put(String path, String text) throws Exception {
    client.create().forPath(path, text.getBytes(StandardCharsets.UTF_8));
  }

  String text(String path) throws Exception {
    return new String(client.getData().forPath(path), StandardCharsets.UTF_8);
  }

  List<String> children(String path) throws Exception {
    return client.getChildren().forPath(path).stream().sorted().toList();
  }

  String entry(String name) {
    return paths.audit() + "/" + name;
  }
}
