package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.audit.AuditLog;
import io.tenure.audit.Finding;
import io.tenure.audit.RecordedEntry;
import io.tenure.internal.LeaderNode;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.KeeperException;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/**
 * The workers of one group in a test, each with a client of its own, and what their tasks did.
 * Looks on as an observer with a client of its own, and complains at once if two leases of a shard
 * are held at one instant.
 */
final class Workers {

  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** One worker with what it lives in. */
  record Member(
      String id,
      FaultProxy proxy,
      CuratorFramework client,
      SessionMonitor monitor,
      ShardWorker worker) {

    /** Its machine is gone, as far as others can tell: its session ends by the timeout. */
    void crash() {
      proxy.refuse(true);
      proxy.dropConnections();
    }

    /** The network is back. */
    void heal() {
      proxy.refuse(false);
    }
  }

  private final ZooKeeperFixture zk;
  final String group;
  private final Duration sessionTimeout;
  private final CuratorFramework observer;
  private final Map<String, List<Lease>> leases = new ConcurrentHashMap<>();
  final List<String> events = new CopyOnWriteArrayList<>();
  final List<String> violations = new CopyOnWriteArrayList<>();

  Workers(ZooKeeperFixture zk, String group) {
    this(zk, group, ZooKeeperFixture.SESSION_TIMEOUT);
  }

  /** Workers with sessions of another length. */
  Workers(ZooKeeperFixture zk, String group, Duration sessionTimeout) {
    this.zk = zk;
    this.group = group;
    this.sessionTimeout = sessionTimeout;
    this.observer = zk.observer();
  }

  CuratorFramework observer() {
    return observer;
  }

  /** A worker with quick defaults behind a proxy of its own, not started. */
  Member make(String id, UnaryOperator<ShardWorker.Builder> how) throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework client =
        zk.closeLater(
            CuratorFrameworkFactory.newClient(
                proxy.connectString(),
                (int) sessionTimeout.toMillis(),
                1000,
                new RetryNTimes(3, 50)));
    // Before the client starts, so that it knows how young the session is.
    SessionMonitor monitor = zk.monitor(client);
    client.start();
    ShardWorker.Builder builder =
        ShardWorker.builder(monitor, group)
            .workerId(id)
            .settleWindow(Duration.ZERO)
            .drainOnShutdown(Duration.ZERO)
            .tasks(shard -> new Watched(id, shard));
    ShardWorker worker = zk.closeLater(how.apply(builder).build());
    return new Member(id, proxy, client, monitor, worker);
  }

  /** A worker that has joined. */
  Member start(String id, UnaryOperator<ShardWorker.Builder> how) throws Exception {
    Member member = make(id, how);
    join(member);
    return member;
  }

  static void join(Member member) throws Exception {
    member.worker().start().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** Steps now and then, and tells what is done to it. */
  class Watched implements ShardTask {
    final String worker;
    final String shard;

    Watched(String worker, String shard) {
      this.worker = worker;
      this.shard = shard;
    }

    @Override
    public void warmUp() throws Exception {
      events.add("warmUp " + shard + " " + worker);
    }

    @Override
    public void coolDown() throws Exception {
      events.add("coolDown " + shard + " " + worker);
    }

    @Override
    public void prepare(Lease lease) throws Exception {
      events.add("prepare " + shard + " " + worker + " " + lease.epoch());
      granted(shard, lease);
    }

    @Override
    public NextStep step(Lease lease) throws Exception {
      checkAlone(shard);
      return NextStep.after(Duration.ofMillis(200));
    }

    @Override
    public void stop(Lease lease, Transition.End why) throws Exception {
      events.add("stop " + shard + " " + worker + " " + lease.epoch() + " " + why.word());
    }

    @Override
    public void lost(Tenure tenure, Transition.End why) throws Exception {
      events.add("lost " + shard + " " + worker + " " + tenure.epoch() + " " + why.word());
    }
  }

  void granted(String shard, Lease lease) {
    leases.computeIfAbsent(shard, any -> new CopyOnWriteArrayList<>()).add(lease);
    checkAlone(shard);
  }

  void checkAlone(String shard) {
    List<Lease> held =
        leases.getOrDefault(shard, List.of()).stream().filter(Lease::isHeld).toList();
    if (held.size() > 1) {
      violations.add(shard + " has leases of epochs " + held.stream().map(Lease::epoch).toList());
    }
  }

  /** The shards whose lease a worker holds, with the epoch. */
  Map<String, Long> held() {
    Map<String, Long> held = new TreeMap<>();
    leases.forEach(
        (shard, all) ->
            all.stream()
                .filter(Lease::isHeld)
                .forEach(lease -> held.merge(shard, lease.epoch(), Math::max)));
    return held;
  }

  /** The lease of a shard that is held. */
  Lease leaseOf(String shard) {
    return leases.get(shard).stream().filter(Lease::isHeld).findFirst().orElseThrow();
  }

  /** Who holds the lease of a shard. */
  Optional<String> holder(String shard) {
    return leases.getOrDefault(shard, List.of()).stream()
        .filter(Lease::isHeld)
        .map(lease -> lease.tenure().candidate().id())
        .findFirst();
  }

  /** The shards that a worker holds. */
  List<String> heldBy(String workerId) {
    return held().keySet().stream()
        .filter(shard -> holder(shard).orElse("").equals(workerId))
        .toList();
  }

  /** How many shards each worker holds. */
  Map<String, Integer> loads() {
    Map<String, Integer> loads = new TreeMap<>();
    leases
        .keySet()
        .forEach(shard -> holder(shard).ifPresent(id -> loads.merge(id, 1, Integer::sum)));
    return loads;
  }

  void awaitHeld(int shards) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(held()).as(() -> "of " + group).hasSize(shards));
  }

  void awaitLoads(Map<String, Integer> expected) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(loads()).isEqualTo(expected));
  }

  /** Waits for as long as shards go on moving: only a standstill fails. For large groups. */
  void awaitLoadsWhileTheyChange(Map<String, Integer> expected) {
    Map<String, Integer> now = loads();
    while (!now.equals(expected)) {
      Map<String, Integer> before = now;
      now = Awaitility.await().atMost(PATIENCE).until(this::loads, loads -> !loads.equals(before));
    }
  }

  void await(ThrowingRunnable what) {
    Awaitility.await().atMost(PATIENCE).untilAsserted(what);
  }

  /** The tenure that stands in a shard's leader node. */
  Optional<Tenure> inOffice(String shard) throws Exception {
    String path = group + "/shards/" + shard + "/leader";
    try {
      byte[] data = observer.getData().forPath(path);
      return Optional.of(LeaderNode.parse(path, data).tenure(new GroupPaths(group).shard(shard)));
    } catch (KeeperException.NoNodeException e) {
      return Optional.empty();
    }
  }

  /** The audit trail of a shard, as words: {@code elected w-1 (first placement)}. */
  List<String> trail(String shard) throws InterruptedException {
    List<String> words = new ArrayList<>();
    for (RecordedEntry entry : AuditLog.of(observer, group + "/shards/" + shard).entries()) {
      Transition transition = entry.entry().transition();
      words.add(
          transition.word()
              + " "
              + entry.entry().candidate().id()
              + " ("
              + transition.reason()
              + ")");
    }
    return words;
  }

  /** The trail of every shard is as it must be, and no two leases were ever held at once. */
  void verify() throws Exception {
    assertThat(violations).isEmpty();
    for (String shard : observer.getChildren().forPath(group + "/shards")) {
      List<Finding> findings = AuditLog.of(observer, group + "/shards/" + shard).verify();
      assertThat(findings).as("shard %s: %s", shard, trail(shard)).isEmpty();
    }
  }
}
