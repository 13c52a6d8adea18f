package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.audit.AuditLog;
import io.tenure.scope.Retention;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Settings of a group that are changed while its workers run. */
@Timeout(120)
class SettingsOnServerTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;
  private ShardGroup group;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP);
    group = ShardGroup.of(workers.observer(), GROUP).by("ann@ops-1");
  }

  private Workers.Member start(String id) throws Exception {
    return workers.start(id, b -> b.shards(ShardSet.numbered(4)).retention(Retention.last(20)));
  }

  private int entries(String shard) throws InterruptedException {
    return AuditLog.of(workers.observer(), GROUP + "/shards/" + shard).entries().size();
  }

  @Test
  void theChangeHasAnEntryInTheGroupsTrailThatSaysWhoWhyAndWhat() throws Exception {
    start("w-1");
    SettingsChange change =
        SettingsChange.none()
            .withStandbys(2)
            .withSettleWindow(Duration.ofMillis(1500))
            .withMovesInFlight(7)
            .withReadyLimit(Duration.ofMinutes(2))
            .withRetention(Retention.KEEP_ALL)
            .withLoadBalancing(Optional.of(LoadBalancing.DEFAULT));
    Operation done = group.apply(new GroupChange.ChangeSettings(change, "night run")).orElseThrow();
    assertThat(done.by()).isEqualTo("ann@ops-1");
    assertThat(done.reason()).isEqualTo("night run");
    assertThat(done.event()).isEqualTo("settings");
    assertThat(done.subject())
        .isEqualTo("standbys, settleWindow, movesInFlight, readyLimit, retention, loadBalancing");
    assertThat(done.value())
        .isEqualTo(
            "standbys 1 to 2, settleWindow 0s to 1500ms, movesInFlight 100 to 7,"
                + " readyLimit 30s to 120s, retention 20 to all, loadBalancing off to 30s,15%,5");
    assertThat(group.settings()).isEqualTo(change.over(group.settings()));
    assertThat(group.changedSettings()).hasSize(6).doesNotContain("shards");
    assertThat(group.apply(new GroupChange.ChangeSettings(change, ""))).as("again").isEmpty();
    assertThat(group.verifyOperations()).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> group.change(SettingsChange.none(), ""));
    assertThatIllegalArgumentException().isThrownBy(() -> change.withStandbys(4));
  }

  @Test
  void runningWorkersFollow() throws Exception {
    start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    for (int i = 0; i < 3; i++) {
      group.drain("w-1", "");
      workers.awaitLoads(Map.of("w-2", 4));
      group.undrain("w-1");
      workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    }
    String shard = workers.heldBy("w-1").get(0);
    assertThat(entries(shard)).isGreaterThan(4);
    assertThat(standbys()).isEqualTo(4);
    group.change(SettingsChange.none().withStandbys(0).withRetention(Retention.last(2)), "");
    workers.await(() -> assertThat(standbys()).isZero());
    group.drain("w-1", "");
    workers.awaitLoads(Map.of("w-2", 4));
    workers.await(() -> assertThat(entries(shard)).isEqualTo(2));
    group.change(SettingsChange.none().withStandbys(1), "");
    group.undrain("w-1");
    workers.await(() -> assertThat(standbys()).isEqualTo(4));
    workers.verify();
  }

  private int standbys() throws InterruptedException {
    return group.plan().workers().values().stream()
        .mapToInt(part -> part.standsBy().stream().mapToInt(List::size).sum())
        .sum();
  }

  @Test
  void whatWasChangedCountsForWorkersThatComeBackOrAreNewWhateverTheyWereTold() throws Exception {
    Workers.Member first = start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    assertThatThrownBy(() -> workers.start("w-3", b -> b.retention(Retention.last(50))))
        .cause()
        .isInstanceOf(GroupSettingsException.class)
        .hasMessageContaining("tenure settings");
    group.change(SettingsChange.none().withRetention(Retention.last(30)), "");
    LogLines log = zk.closeLater(LogLines.of(GroupNodes.class.getName()));
    first.crash();
    workers.awaitLoads(Map.of("w-2", 4));
    first.heal();
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    assertThat(log.warnings())
        .singleElement()
        .asString()
        .contains("retention Retention[entries=20] here and Retention[entries=30] there");
    workers.start("w-3", b -> b.retention(Retention.last(50)));
    workers.await(() -> assertThat(workers.loads()).containsOnlyKeys("w-1", "w-2", "w-3"));
    assertThat(group.settings().retention()).isEqualTo(Retention.last(30));
  }

  @Test
  void thePreviewOfFewerStandbysMovesNoShardAndWritesNothing() throws Exception {
    start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    PlacementPreview preview =
        group.preview(new GroupChange.ChangeSettings(SettingsChange.none().withStandbys(0), "why"));
    assertThat(preview.takesEffect()).isTrue();
    assertThat(preview.caused()).isEmpty();
    assertThat(group.settings().standbys()).isEqualTo(1);
    assertThat(group.operations().operations()).isEmpty();
  }
}
