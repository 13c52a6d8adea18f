package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.sharding.ShardDirectory;
import io.tenure.sharding.ShardLeader;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Workers in processes of their own, and how they end. */
@Timeout(180)
class ShardsProcessTest {

  private static final int SHARDS = 12;
  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @TempDir Path folder;

  private Path exits;
  private CuratorFramework observer;
  private ShardDirectory directory;

  @BeforeEach
  void observe() {
    exits = folder.resolve("exits");
    observer = zk.client();
    directory = zk.closeLater(ShardDirectory.of(observer, GROUP));
    directory.start();
  }

  private Jvm start(String id) throws Exception {
    Jvm jvm =
        zk.closeLater(
            new Jvm(
                ShardsProcess.class.getName(),
                zk.server().getConnectString(),
                GROUP,
                id,
                Integer.toString(SHARDS),
                exits.toString()));
    jvm.awaitLine("joined");
    return jvm;
  }

  private void awaitLed(String id, int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(directory.leaders().values().stream().map(ShardLeader::workerId))
                    .hasSize(SHARDS)
                    .filteredOn(id::equals)
                    .hasSize(count));
  }

  private List<RecordedEntry> trail(int shard) throws InterruptedException {
    AuditLog log = AuditLog.of(observer, GROUP + "/shards/" + shard);
    assertThat(log.verify()).isEmpty();
    return log.entries();
  }

  private static String last(List<RecordedEntry> entries, String workerId, String word) {
    return entries.stream()
        .map(RecordedEntry::entry)
        .filter(e -> e.candidate().id().equals(workerId) && e.transition().word().equals(word))
        .map(e -> e.transition().reason())
        .reduce("", (before, reason) -> reason);
  }

  @Test
  void sigtermHandsEveryShardOverBeforeTheProcessEnds() throws Exception {
    Jvm first = start("w-1");
    awaitLed("w-1", SHARDS);
    start("w-2");
    awaitLed("w-1", SHARDS / 2);
    first.signal("TERM");
    first.allLines();
    // Its process has ended, so what follows was done before.
    for (int shard = 0; shard < SHARDS; shard++) {
      List<RecordedEntry> entries = trail(shard);
      RecordedEntry now = entries.get(entries.size() - 1);
      assertThat(now.entry().candidate().id()).isEqualTo("w-2");
      assertThat(last(entries, "w-1", "lost")).isEmpty();
      assertThat(last(entries, "w-1", "resigned")).startsWith("handoff: ");
    }
    assertThat(observer.getChildren().forPath(GROUP + "/workers"))
        .allMatch(name -> name.startsWith("w-2-"));
  }

  @Test
  void theLastWorkersSigtermLeavesNobodyInOfficeAndWaitsForNobody() throws Exception {
    Jvm only = start("w-1");
    awaitLed("w-1", SHARDS);
    only.signal("TERM");
    assertThat(only.allLines()).noneMatch(line -> line.contains("not drained"));
    for (int shard = 0; shard < SHARDS; shard++) {
      assertThat(last(trail(shard), "w-1", "resigned")).contains("drain of w-1");
    }
  }

  @Test
  void aKilledProcessIsSucceededWhenItsSessionHasEnded() throws Exception {
    Jvm first = start("w-1");
    awaitLed("w-1", SHARDS);
    start("w-2");
    awaitLed("w-1", SHARDS / 2);
    first.signal("KILL");
    awaitLed("w-2", SHARDS);
    int lost = 0;
    for (int shard = 0; shard < SHARDS; shard++) {
      lost += last(trail(shard), "w-1", "lost").isEmpty() ? 0 : 1;
    }
    assertThat(lost).isEqualTo(SHARDS / 2);
  }

  /** Its thread waits for the end of the process, and the process must not wait for the thread. */
  @Test
  void aTaskThatCallsSystemExitEndsItsTenureAtOnceAndTheOthersAreHandedOver() throws Exception {
    Jvm first = start("w-1");
    awaitLed("w-1", SHARDS);
    start("w-2");
    awaitLed("w-1", SHARDS / 2);
    String shard =
        directory.leaders().values().stream()
            .filter(leader -> leader.workerId().equals("w-1"))
            .map(ShardLeader::shard)
            .findFirst()
            .orElseThrow();
    Path named = folder.resolve("named");
    Files.writeString(named, "w-1 " + shard);
    Files.move(named, exits);
    assertThat(first.allLines()).noneMatch(line -> line.contains("not drained"));
    awaitLed("w-2", SHARDS);
    for (int each = 0; each < SHARDS; each++) {
      List<RecordedEntry> entries = trail(each);
      boolean own = Integer.toString(each).equals(shard);
      assertThat(last(entries, "w-1", own ? "failed" : "resigned"))
          .startsWith(own ? "the task called System.exit" : "handoff: ");
      assertThat(last(entries, "w-1", "lapsed") + last(entries, "w-1", "lost")).isEmpty();
    }
  }

  @Test
  void withoutZooKeeperSigtermEndsTheProcessAsSoonAsNoConnectionIsExpected() throws Exception {
    Jvm only = start("w-1");
    awaitLed("w-1", SHARDS);
    zk.server().stop();
    only.signal("TERM");
    assertThat(only.allLines())
        .filteredOn(line -> line.contains("not drained"))
        .singleElement()
        .asString()
        .as("neither the time for a drain nor a session timeout was waited for")
        .endsWith("not drained, because there is no connection to ZooKeeper: closes now");
  }
}
