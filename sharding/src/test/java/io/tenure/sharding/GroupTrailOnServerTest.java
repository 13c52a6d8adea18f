package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tenure.audit.AuditFollower;
import io.tenure.audit.AuditLog;
import io.tenure.audit.AuditTrail;
import io.tenure.audit.Finding;
import io.tenure.audit.Finding.Rule;
import io.tenure.audit.ForeignEntry;
import io.tenure.audit.RecordedEntry;
import io.tenure.internal.TrailRecord;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.TenureException;
import io.tenure.testing.FaultProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What operators change is changed and recorded in one transaction, once, despite all losses. */
@Timeout(60)
class GroupTrailOnServerTest {

  @RegisterExtension static final OneServer SERVER = new OneServer();

  private static StillGroup twelve() throws Exception {
    return StillGroup.of(SERVER, ShardSet.numbered(12)).worker("w-1", "w-2");
  }

  private static StillGroup named() throws Exception {
    return StillGroup.of(SERVER, ShardSet.named(List.of("acme", "bolt & co", "zürich")))
        .worker("w-1", "w-2");
  }

  private static Stat stat(StillGroup still, String path) throws Exception {
    return still.client.checkExists().forPath(path);
  }

  // ---------------------------------------------------------------- what is recorded

  @Test
  void whoTakesAGroupForAScopeIsToldWhereItsTrailIs() throws Exception {
    StillGroup still = twelve();
    still.group().capacity("w-1", 2, "");
    String path = still.paths.group();
    AuditLog log = AuditLog.of(still.client, path);
    assertThatThrownBy(log::entries)
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining("ShardGroup.operations");
    try (LeaderElection election = LeaderElection.builder(still.client, path).build()) {
      assertThatThrownBy(() -> election.tryAcquire(Duration.ofSeconds(20)))
          .isInstanceOf(ForeignDataException.class)
          .hasMessageContaining(path + " is a group of shards and no scope");
    }
    CompletableFuture<RuntimeException> failed = new CompletableFuture<>();
    AuditFollower follower =
        new AuditFollower() {
          @Override
          public void entry(RecordedEntry entry) {}

          @Override
          public void failed(RuntimeException cause) {
            failed.complete(cause);
          }
        };
    try (AuditLog.Following following = log.follow(follower)) {
      assertThat(failed.get(20, TimeUnit.SECONDS))
          .isInstanceOf(ForeignDataException.class)
          .hasMessageContaining("ShardGroup.operations");
    }
  }

  @Test
  void everyDirectiveIsWrittenWithItsEntryInOneTransaction() throws Exception {
    StillGroup still = twelve();
    ShardGroup group = still.group();
    Operation drain = group.apply(new GroupChange.Drain("w-1", "new version")).orElseThrow();
    group.apply(new GroupChange.Pin("3", "w-2", "near its data"));
    group.apply(new GroupChange.Move("4", "w-2", ""));
    group.apply(new GroupChange.SetCapacity("w-2", 2.5, ""));
    assertThat(still.children(still.paths.directives()))
        .containsExactly("capacity-w-2", "drain-w-1", "move-4", "pin-3");
    assertThat(still.children(still.paths.audit()))
        .containsExactly(
            "0000000001-drain-w-1",
            "0000000002-pin-3",
            "0000000003-move-4",
            "0000000004-capacity-w-2");
    Map<String, String> entries =
        Map.of(
            "drain-w-1", "0000000001-drain-w-1",
            "pin-3", "0000000002-pin-3",
            "move-4", "0000000003-move-4",
            "capacity-w-2", "0000000004-capacity-w-2");
    for (Map.Entry<String, String> one : entries.entrySet()) {
      assertThat(stat(still, still.entry(one.getValue())).getCzxid())
          .isEqualTo(stat(still, still.paths.directives() + "/" + one.getKey()).getCzxid());
    }
    assertThat(drain.index()).isEqualTo(1);
    assertThat(drain.event()).isEqualTo("drain");
    assertThat(drain.subject()).isEqualTo("w-1");
    assertThat(drain.reason()).isEqualTo("new version");
    assertThat(drain.by()).isEqualTo("ann@ops-1");
    assertThat(drain.path()).isEqualTo(still.entry("0000000001-drain-w-1"));
    assertThat(drain.serverTime().toEpochMilli()).isEqualTo(stat(still, drain.path()).getCtime());
    OperationTrail trail = group.operations();
    assertThat(trail.unreadable()).isEmpty();
    assertThat(trail.operations()).hasSize(4).startsWith(drain);
    assertThat(trail.operations())
        .extracting(Operation::value)
        .containsExactly("", "w-2", "w-2", "2.5");
    assertThat(group.verifyOperations()).isEmpty();
  }

  @Test
  void whatIsTakenBackIsNamedAndWhatDoesNotStandThereIsNotRecorded() throws Exception {
    StillGroup still = twelve();
    ShardGroup group = still.group();
    assertThat(group.undrain("w-1")).isFalse();
    assertThat(group.unpin("3")).isFalse();
    assertThat(group.resetCapacity("nobody")).isFalse();
    assertThat(still.children(still.paths.audit())).isEmpty();
    group.drain("w-1", "new version");
    group.pin("3", "w-2", "");
    group.capacity("w-2", 2, "");
    assertThat(group.undrain("w-1")).isTrue();
    assertThat(group.apply(new GroupChange.Unpin("3", "done")).orElseThrow().value())
        .isEqualTo("w-2");
    assertThat(group.apply(new GroupChange.ResetCapacity("w-2", "")).orElseThrow().value())
        .isEqualTo("2.0");
    assertThat(group.unpin("3")).isFalse();
    assertThat(still.children(still.paths.directives())).isEmpty();
    assertThat(still.children(still.paths.audit()))
        .endsWith("0000000004-undrain-w-1", "0000000005-unpin-3", "0000000006-reset-capacity-w-2");
    assertThat(group.verifyOperations()).isEmpty();
  }

  @Test
  void whatWasWrittenByHandIsTakenBackHoweverItWasSpelled() throws Exception {
    StillGroup still = named();
    still.put(still.paths.directives() + "/pin-bolt & co", "w-1");
    still.put(still.paths.directives() + "/pin-bolt%20%26%20co", "w-2");
    Operation unpin = still.group().apply(new GroupChange.Unpin("bolt & co", "")).orElseThrow();
    assertThat(unpin.value()).isEqualTo("w-2");
    assertThat(still.children(still.paths.directives())).isEmpty();
  }

  @Test
  void aDirectiveThatStandsThereIsReplaced() throws Exception {
    StillGroup still = twelve();
    ShardGroup group = still.group();
    group.pin("3", "w-1", "");
    group.pin("3", "w-2", "better there");
    assertThat(still.text(still.paths.directives() + "/pin-3")).contains("w-2", "better there");
    assertThat(group.operations().operations())
        .extracting(Operation::value)
        .containsExactly("w-1", "w-2");
  }

  @Test
  void theSetOfShardsIsChangedWithItsEntryInOneTransaction() throws Exception {
    StillGroup numbered = twelve();
    numbered.group().apply(new GroupChange.Resize(16, "more customers"));
    assertThat(numbered.group().settings().shards()).isEqualTo(ShardSet.numbered(16));
    assertThat(numbered.children(numbered.paths.audit())).containsExactly("0000000001-resize-16");
    assertThat(stat(numbered, numbered.entry("0000000001-resize-16")).getCzxid())
        .isEqualTo(stat(numbered, numbered.paths.group()).getMzxid());

    StillGroup named = named();
    named.group().addShards(List.of("delta", "eta"));
    named.group().removeShards(List.of("acme", "bolt & co"));
    assertThat(named.group().settings().shards().names()).containsExactly("delta", "eta", "zürich");
    OperationTrail trail = named.group().operations();
    assertThat(trail.operations())
        .extracting(Operation::event, Operation::subject, Operation::value)
        .containsExactly(
            tuple("add-shards", "delta, eta", "5"), tuple("remove-shards", "acme, bolt & co", "3"));
    assertThat(named.group().verifyOperations()).isEmpty();
  }

  @Test
  void thousandsOfLongNamesLeaveAnEntryThatIsSmall() throws Exception {
    StillGroup still = named();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      names.add("tenant " + i + " " + "x".repeat(80));
    }
    Operation added = still.group().apply(new GroupChange.AddShards(names, "")).orElseThrow();
    assertThat(added.subject()).endsWith(" more").hasSizeLessThan(1_100);
    assertThat(added.path().length()).isLessThan(200);
    assertThat(still.group().verifyOperations()).isEmpty();
  }

  @Test
  void whoAskedIsTheProcessUnlessItSaysOtherwise() throws Exception {
    StillGroup still = twelve();
    ShardGroup plain = ShardGroup.of(still.client, still.paths.group());
    Operation by = plain.apply(new GroupChange.Drain("w-1", "")).orElseThrow();
    assertThat(by.by()).startsWith(System.getProperty("user.name") + "@").doesNotEndWith("@");
    Operation other =
        plain.by("night\nshift").apply(new GroupChange.Drain("w-2", "two\nlines")).orElseThrow();
    assertThat(other.by()).isEqualTo("night\\u000ashift");
    assertThat(other.reason()).isEqualTo("two\\u000alines");
    assertThatThrownBy(() -> plain.by(" ")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void idsThatNoZnodeCouldHaveAreEncodedAndCut() throws Exception {
    String odd = "a/b %2F ü";
    String long1 = "中".repeat(42);
    StillGroup still = twelve().worker(odd, long1, "..");
    ShardGroup group = still.group();
    group.drain(odd, "");
    group.drain(long1, "");
    group.drain("..", "");
    assertThat(still.children(still.paths.audit()))
        .containsExactly(
            "0000000001-drain-a%2Fb%20%252F%20%C3%BC",
            "0000000002-drain-" + "%E4%B8%AD".repeat(10) + "%E4%B8" + "...", "0000000003-drain-..");
    assertThat(group.operations().operations())
        .extracting(Operation::subject)
        .containsExactly(odd, long1, "..");
    assertThat(group.verifyOperations()).isEmpty();
  }

  // ---------------------------------------------------------------- revocation

  @Test
  void aLeaderIsAskedToGiveUpWithWhoAskedAndWhy() throws Exception {
    StillGroup still = twelve().leads("3", "w-1", 4).done();
    Operation revoke = still.group().apply(new GroupChange.Revoke("3", "it is slow")).orElseThrow();
    assertThat(revoke.value()).isEqualTo("w-1, epoch 4");
    String leader = still.paths.shard("3").leaderPath();
    assertThat(still.text(leader)).isEqualTo("revoke ann@ops-1: it is slow");
    assertThat(stat(still, leader).getMzxid()).isEqualTo(stat(still, revoke.path()).getCzxid());
    assertThatThrownBy(() -> still.group().apply(new GroupChange.Revoke("3", "")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("w-1 has been asked already to give up shard 3");
    assertThatThrownBy(() -> still.group().apply(new GroupChange.Revoke("5", "")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("nobody leads shard 5");
    assertThat(still.group().operations().operations()).hasSize(1);
  }

  @Test
  void aRevocationNeverHitsASuccessorsTenure() throws Exception {
    StillGroup still = twelve().leads("3", "w-1", 4).done();
    FaultProxy proxy = SERVER.proxy();
    CuratorFramework client = SERVER.client(proxy, new RetryNTimes(3, 50));
    client.blockUntilConnected();
    FaultProxy.Fault held =
        proxy.holdBeforeForwarding(OpCode.multi, 1, FaultProxy.whenBodyContains("revoke"));
    ExecutorService operator = Executors.newSingleThreadExecutor();
    SERVER.closeLater(operator::shutdownNow);
    Future<?> revoke =
        operator.submit(
            () ->
                ShardGroup.of(client, still.paths.group())
                    .apply(new GroupChange.Revoke("3", "too late")));
    assertThat(held.awaitFired(Duration.ofSeconds(20))).isTrue();
    still.changesHands("3", "w-1", 5);
    held.release();
    assertThatThrownBy(() -> revoke.get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("epoch 4 of shard 3");
    assertThat(still.text(still.paths.shard("3").leaderPath())).contains("\"epoch\":5");
    assertThat(still.children(still.paths.audit())).isEmpty();
  }

  // ---------------------------------------------------------------- lost answers

  private enum Loss {
    BEFORE,
    AFTER,
    IN_FLIGHT
  }

  /** What is lost, and how often Curator tries again by itself. */
  @ParameterizedTest
  @CsvSource({"BEFORE, 3", "AFTER, 3", "IN_FLIGHT, 3", "BEFORE, 0", "AFTER, 0"})
  void whateverAnswerIsLostEachChangeIsMadeAndRecordedOnce(Loss loss, int retries)
      throws Exception {
    StillGroup still = named();
    still.group().drain("w-1", "");
    FaultProxy proxy = SERVER.proxy();
    CuratorFramework client = SERVER.client(proxy, new RetryNTimes(retries, 50));
    client.blockUntilConnected();
    ShardGroup group = ShardGroup.of(client, still.paths.group());
    // Of each, a second copy would be refused, or find nothing to do.
    List<GroupChange> changes =
        loss == Loss.AFTER
            ? List.of(
                new GroupChange.AddShards(List.of("delta"), "now"),
                new GroupChange.Undrain("w-1", "now"))
            : List.of(new GroupChange.AddShards(List.of("delta"), "now"));
    for (GroupChange change : changes) {
      switch (loss) {
        case BEFORE -> proxy.cutBeforeForwarding(OpCode.multi, 1);
        case AFTER -> proxy.cutAfterForwardingBeforeReply(OpCode.multi, 1);
        case IN_FLIGHT -> proxy.cutWhileInFlight(OpCode.multi, 1);
      }
      Operation done = applied(group, change);
      assertThat(done.event()).isEqualTo(change.event());
      assertThat(stat(still, done.path()).getCtime()).isEqualTo(done.serverTime().toEpochMilli());
    }
    assertThat(still.children(still.paths.audit())).hasSize(1 + changes.size());
    assertThat(group.settings().shards().contains("delta")).isTrue();
    assertThat(group.verifyOperations()).isEmpty();
  }

  /**
   * Without retries of Curator's own, the reading after the loss may fail: then the outcome is
   * unknown.
   */
  private static Operation applied(ShardGroup group, GroupChange change) throws Exception {
    try {
      return group.apply(change).orElseThrow();
    } catch (OutcomeUnknownException e) {
      return Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .ignoreExceptionsMatching(TenureException.class::isInstance)
          .until(() -> recordedOrApplied(group, change), done -> true);
    }
  }

  /** As the error says: it was made if it stands in the trail. */
  private static Operation recordedOrApplied(ShardGroup group, GroupChange change)
      throws Exception {
    List<Operation> all = group.operations().operations();
    Operation last = all.get(all.size() - 1);
    return isOf(last, change) ? last : group.apply(change).orElseThrow();
  }

  private static boolean isOf(Operation operation, GroupChange change) {
    return operation.event().equals(change.event())
        && operation.subject().equals(change.subject())
        && operation.reason().equals(change.reason());
  }

  @Test
  void ifNobodyCanSayWhetherItWasMadeThatIsSaid() throws Exception {
    StillGroup still = twelve();
    FaultProxy proxy = SERVER.proxy();
    CuratorFramework client = SERVER.client(proxy, new RetryNTimes(1, 10));
    client.blockUntilConnected();
    ShardGroup group = ShardGroup.of(client, still.paths.group());
    FaultProxy.Fault fault =
        proxy.holdBeforeForwarding(OpCode.multi, 1, FaultProxy.whenBodyContains("drain"));
    ExecutorService operator = Executors.newSingleThreadExecutor();
    SERVER.closeLater(operator::shutdownNow);
    Future<?> drain = operator.submit(() -> group.apply(new GroupChange.Drain("w-1", "")));
    assertThat(fault.awaitFired(Duration.ofSeconds(20))).isTrue();
    proxy.refuse(true);
    proxy.dropConnections();
    assertThatThrownBy(() -> drain.get(40, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessageContaining("It was made if")
        .hasMessageContaining("/audit/0000000001-drain-w-1");
  }

  // ---------------------------------------------------------------- others at the same time

  @Test
  void operatorsAtTheSameTimeAreAllRecordedInOneChain() throws Exception {
    StillGroup still = twelve();
    int operators = 4;
    int each = 8;
    ExecutorService pool = Executors.newFixedThreadPool(operators);
    SERVER.closeLater(pool::shutdownNow);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < operators; i++) {
      ShardGroup group = ShardGroup.of(still.client, still.paths.group()).by("operator " + i);
      int shard = i;
      all.add(
          pool.submit(
              () -> {
                for (int n = 0; n < each; n++) {
                  group.apply(new GroupChange.Pin("" + (n % 2 == 0 ? shard : 0), "w-1", "" + n));
                }
                return null;
              }));
    }
    for (Future<?> one : all) {
      one.get(40, TimeUnit.SECONDS);
    }
    List<Operation> operations = still.group().operations().operations();
    assertThat(operations).hasSize(operators * each);
    for (int i = 0; i < operators; i++) {
      String by = "operator " + i;
      assertThat(operations.stream().filter(o -> o.by().equals(by)))
          .extracting(Operation::reason)
          .containsExactly("0", "1", "2", "3", "4", "5", "6", "7");
    }
    assertThat(still.group().verifyOperations()).isEmpty();
  }

  // ---------------------------------------------------------------- trails of other kinds

  @Test
  void aGroupOfAnOlderVersionGetsItsTrailWithTheFirstChange() throws Exception {
    StillGroup still = twelve();
    still.client.delete().forPath(still.paths.audit());
    assertThat(still.group().operations().operations()).isEmpty();
    assertThat(still.group().verifyOperations())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo(Rule.RECORD_READABLE);
              assertThat(finding.detail()).contains("there is no trail");
            });
    assertThatThrownBy(() -> still.group().drain("nobody", ""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(stat(still, still.paths.audit())).isNull();
    still.group().drain("w-1", "");
    assertThat(still.children(still.paths.audit())).containsExactly("0000000001-drain-w-1");
    assertThat(still.group().verifyOperations()).isEmpty();
  }

  @Test
  void aTrailThatWasMadeAsAnEmptyParentIsTakenOver() throws Exception {
    StillGroup still = twelve();
    still.client.setData().forPath(still.paths.audit(), new byte[0]);
    still.group().drain("w-1", "");
    still.group().undrain("w-1");
    assertThat(still.group().verifyOperations()).isEmpty();
  }

  @Test
  void workersMakeTheTrailWithTheGroup() throws Exception {
    String path = SERVER.newGroup();
    // A parent that was there before is taken over.
    SERVER.client().create().forPath(path, new byte[0]);
    try (ShardWorker worker =
        ShardWorker.builder(SERVER.client(), path)
            .shards(ShardSet.numbered(2))
            .drainOnShutdown(Duration.ZERO)
            .tasks(shard -> lease -> io.tenure.lease.NextStep.after(Duration.ofSeconds(1)))
            .build()) {
      worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
      ShardGroup group = ShardGroup.of(SERVER.client(), path);
      assertThat(group.verifyOperations()).isEmpty();
      group.resize(3);
      assertThat(group.operations().operations()).hasSize(1);
      assertThat(group.verifyOperations()).isEmpty();
    }
  }

  @Test
  void whatAnArchiverHasTakenOutIsNotMissed() throws Exception {
    StillGroup still = drainedTimes(6);
    String audit = still.paths.audit();
    TrailRecord record = TrailRecord.parse(audit, still.client.getData().forPath(audit));
    List<String> names = still.children(audit);
    still
        .client
        .transaction()
        .forOperations(
            still.client.transactionOp().setData().forPath(audit, record.from(4).bytes()),
            still.client.transactionOp().delete().forPath(still.entry(names.get(0))),
            still.client.transactionOp().delete().forPath(still.entry(names.get(1))),
            still.client.transactionOp().delete().forPath(still.entry(names.get(2))));
    assertThat(still.group().verifyOperations()).isEmpty();
    still.group().drain("w-2", "");
    assertThat(still.group().verifyOperations()).isEmpty();
    assertThat(still.group().operations().operations())
        .extracting(Operation::index)
        .containsExactly(4L, 5L, 6L, 7L);
  }

  private static StillGroup drainedTimes(int times) throws Exception {
    StillGroup still = twelve();
    for (int i = 0; i < times; i++) {
      still.group().drain("w-1", "time " + i);
    }
    return still;
  }

  // ---------------------------------------------------------------- forged entries

  @Test
  void aForgedEntryHoldsNoChangeUpAndIsMovedAside() throws Exception {
    StillGroup still = twelve();
    ShardGroup group = still.group();
    group.drain("w-1", "");
    still.put(still.entry("0000000002-pin-0"), "forged");
    still.put(still.entry("0000000003-unpin-0"), "forged");
    still.put(still.entry("0000000009-drain-x"), "forged");
    Operation pin = group.apply(new GroupChange.Pin("0", "w-2", "")).orElseThrow();
    assertThat(pin.path()).matches(still.entry("0000000002-pin-0~[0-9a-f]{12}"));
    group.unpin("0");
    group.undrain("w-1");
    assertThat(group.operations().operations())
        .extracting(Operation::event)
        .containsExactly("drain", "pin", "unpin", "undrain");
    assertThat(group.foreignOperations())
        .extracting(ForeignEntry::path)
        .containsExactly(
            still.entry("0000000002-pin-0"),
            still.entry("0000000003-unpin-0"),
            still.entry("0000000009-drain-x"));
    for (ForeignEntry one : group.foreignOperations()) {
      assertThat(group.verifyOperations()).anyMatch(finding -> finding.path().equals(one.path()));
    }
    assertThat(group.quarantineOperations("forged")).hasSize(3);
    assertThat(group.verifyOperations()).isEmpty();
    assertThat(group.quarantinedOperations()).hasSize(3);
  }

  // ---------------------------------------------------------------- damage

  @Test
  void whatCannotBeReadIsListedAndHidesNothingElse() throws Exception {
    StillGroup still = drainedTimes(3);
    still.set(still.entry("0000000002-drain-w-1"), "{\"format\":2,\"index\":2}");
    still.put(still.entry("notes"), "by hand");
    still.put(still.entry("0000000009-drain-x"), "");
    OperationTrail trail = still.group().operations();
    assertThat(trail.operations()).extracting(Operation::index).containsExactly(1L, 3L);
    assertThat(trail.unreadable())
        .extracting(AuditTrail.Unreadable::path)
        .containsExactlyInAnyOrder(
            still.entry("0000000002-drain-w-1"),
            still.entry("0000000009-drain-x"),
            still.entry("notes"));
    assertThat(trail.unreadable()).anyMatch(one -> one.problem().contains("format 2"));
  }

  @Test
  void aRewrittenEntryIsFound() throws Exception {
    StillGroup still = drainedTimes(4);
    String path = still.entry("0000000002-drain-w-1");
    still.set(path, still.text(path).replace("ann@ops-1", "bob@ops-1"));
    assertThat(still.group().verifyOperations())
        .extracting(Finding::rule)
        .containsExactly(Rule.ENTRY_IMMUTABLE, Rule.DIGESTS_CHAINED);
  }

  @Test
  void anEntryThatWasReplacedByAnotherIsFound() throws Exception {
    StillGroup still = drainedTimes(4);
    String path = still.entry("0000000003-drain-w-1");
    String text = still.text(path);
    still.client.delete().forPath(path);
    still.put(path, text.replace("time 2", "time 9"));
    assertThat(still.group().verifyOperations())
        .extracting(Finding::rule)
        .contains(Rule.DIGESTS_CHAINED, Rule.TIMES_IN_ORDER);
  }

  @Test
  void aMissingEntryAndOneThatIsNotCountedAreFound() throws Exception {
    StillGroup still = drainedTimes(4);
    String path = still.entry("0000000002-drain-w-1");
    String text = still.text(path);
    still.client.delete().forPath(path);
    still.put(still.entry("0000000007-drain-w-1"), text.replace("\"index\":2", "\"index\":7"));
    assertThat(still.group().verifyOperations())
        .extracting(Finding::path, Finding::rule)
        .containsExactlyInAnyOrder(
            tuple(still.entry("0000000007-drain-w-1"), Rule.RECORD_MATCHES),
            tuple(still.entry("0000000002"), Rule.INDEXES_DENSE));
  }

  @Test
  void anEntryUnderAWrongNameAndAWrongLastDigestAreFound() throws Exception {
    StillGroup still = drainedTimes(3);
    String path = still.entry("0000000003-drain-w-1");
    byte[] data = still.client.getData().forPath(path);
    still.client.delete().forPath(path);
    still.client.create().forPath(still.entry("0000000003-undrain-w-1"), data);
    assertThat(still.group().verifyOperations())
        .extracting(Finding::rule)
        .containsExactly(Rule.ENTRY_READABLE);
    String audit = still.paths.audit();
    TrailRecord record = TrailRecord.parse(audit, still.client.getData().forPath(audit));
    still.set(audit, new String(record.bytes()).replace(record.digest(), "0".repeat(64)));
    assertThat(still.group().verifyOperations())
        .extracting(Finding::rule)
        .containsExactly(Rule.ENTRY_READABLE, Rule.DIGESTS_CHAINED);
    still.set(audit, "{}");
    assertThat(still.group().verifyOperations())
        .extracting(Finding::rule)
        .containsExactly(Rule.RECORD_READABLE);
    assertThatThrownBy(() -> still.group().drain("w-1", ""))
        .isInstanceOf(TenureException.class)
        .hasMessageContaining(audit);
  }

  // ---------------------------------------------------------------- permissions

  @Test
  void whoMayDeleteNothingInTheTrailCanDoEverything() throws Exception {
    StillGroup still = twelve();
    still
        .client
        .setACL()
        .withACL(List.of(new ACL(Perms.READ | Perms.CREATE | Perms.WRITE, Ids.ANYONE_ID_UNSAFE)))
        .forPath(still.paths.audit());
    still.group().drain("w-1", "");
    assertThat(still.group().undrain("w-1")).isTrue();
    assertThat(still.group().verifyOperations()).isEmpty();
    assertThatThrownBy(() -> still.client.delete().forPath(still.entry("0000000001-drain-w-1")))
        .isInstanceOf(org.apache.zookeeper.KeeperException.NoAuthException.class);
  }

  @Test
  void whoMayNotWriteTheTrailChangesNothing() throws Exception {
    StillGroup still = twelve();
    still.client.setACL().withACL(Ids.READ_ACL_UNSAFE).forPath(still.paths.audit());
    assertThatThrownBy(() -> still.group().drain("w-1", ""))
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining("denies write on " + still.paths.audit());
    assertThat(still.children(still.paths.directives())).isEmpty();

    StillGroup other = twelve();
    other.client.setACL().withACL(Ids.READ_ACL_UNSAFE).forPath(other.paths.directives());
    assertThatThrownBy(() -> other.group().drain("w-1", ""))
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining("denies create on " + other.paths.directives());
    assertThat(other.children(other.paths.audit())).isEmpty();
  }

  // ---------------------------------------------------------------- bad input

  @Test
  void whatCannotBeIsRefusedAndNotRecorded() throws Exception {
    StillGroup still = named();
    ShardGroup group = still.group();
    assertThatThrownBy(() -> group.pin("amce", "w-1", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "there is no shard \"amce\" in " + still.paths.group() + "; did you mean acme?");
    assertThatThrownBy(() -> group.pin("acme", "w-9", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("now; there are w-1, w-2");
    assertThatThrownBy(() -> group.removeShards(List.of("acme", "bolt & co", "zürich")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no shard would be left");
    assertThatThrownBy(() -> group.addShards(List.of("a/b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has a slash");
    assertThatThrownBy(() -> group.addShards(List.of("acme")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("already");
    assertThatThrownBy(() -> group.resize(5))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("have names");
    assertThatThrownBy(() -> group.resize(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> group.capacity("w-1", Double.NaN, ""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> twelve().group().addShards(List.of("x")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("are numbered");
    assertThat(still.children(still.paths.audit())).isEmpty();
    String nowhere = SERVER.newGroup();
    assertThatThrownBy(() -> ShardGroup.of(still.client, nowhere).drain("w-1", ""))
        .isInstanceOf(TenureException.class)
        .hasMessageContaining("there is no group at " + nowhere);
    assertThatThrownBy(() -> ShardGroup.of(still.client, nowhere).operations())
        .hasMessageContaining("there is no group at " + nowhere);
    assertThat(still.client.checkExists().forPath(nowhere)).isNull();
  }

  @Test
  void amongManyWorkersOnlyThoseAreNamedThatAreNear() throws Exception {
    StillGroup still = twelve();
    for (int i = 10; i < 40; i++) {
      still
          .client
          .create()
          .withMode(CreateMode.PERSISTENT)
          .forPath(still.paths.workerPrefix("worker-" + i) + "0000000001", new byte[0]);
    }
    assertThatThrownBy(() -> still.group().drain("wroker-17", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("did you mean worker-17")
        .hasMessageNotContaining("worker-39");
  }
}
