package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.audit.ArchiveFiles;
import io.tenure.audit.AuditArchiver;
import io.tenure.internal.ZnodeName;
import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Printable;
import io.tenure.testing.HostileText;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * An election, a worker, a coordinator, a directory and an archiver among znodes of a bad neighbor,
 * with tasks and listeners that throw hostile texts: no line of any level, and no stack trace,
 * shows a hidden character.
 */
@Timeout(120)
class HostileLogLinesTest {

  private static final String GROUP = "/orders";
  private static final String ANY = HostileText.together();
  private static final String NAME = String.join("", HostileText.inNames());

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();
  @TempDir private Path directory;

  private CuratorFramework neighbor;

  @BeforeEach
  void connect() {
    neighbor = zk.client();
  }

  private void put(String path, String data) throws Exception {
    neighbor
        .create()
        .orSetData()
        .creatingParentsIfNeeded()
        .forPath(path, data.getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode candidate(String id) {
    return new ObjectMapper()
        .createObjectNode()
        .put("format", 1)
        .put("candidate", id)
        .put("host", NAME)
        .put("pid", 1)
        .put("endpoint", NAME);
  }

  private void election(LogLines lines) throws Exception {
    String scope = "/billing/close";
    put(scope + "/latch/" + NAME + "-latch-0000000000", ANY);
    neighbor
        .create()
        .creatingParentsIfNeeded()
        .withMode(CreateMode.EPHEMERAL)
        .forPath(
            scope + "/latch/x-latch-0000000001",
            candidate("w-1").toString().getBytes(StandardCharsets.UTF_8));
    try (LeaderElection election =
        LeaderElection.builder(zk.monitor(zk.client()), scope).candidateId("w-1").build()) {
      Awaitility.await()
          .atMost(Workers.PATIENCE)
          .until(
              () -> {
                var unused = election.tryAcquire(Duration.ofMillis(500));
                return lines.atLeast(Level.WARN).stream()
                    .anyMatch(line -> line.getLoggerName().endsWith(".DuplicateCheck"));
              });
    }
    neighbor.delete().forPath(scope + "/latch/" + NAME + "-latch-0000000000");
    neighbor.delete().forPath(scope + "/latch/x-latch-0000000001");
    try (LeaderElection election =
            LeaderElection.builder(zk.monitor(zk.client()), scope).candidateId("w-2").build();
        Lease lease = election.acquire()) {
      put(scope + "/leader", ANY);
      put(scope + "/leader", "revoke " + ANY);
      Ended ended = lease.ended().toCompletableFuture().get();
      assertThat(Printable.is(ended.end().reason())).isTrue();
    }
    put("/billing/foreign", ANY);
    try (LeaderElection election =
        LeaderElection.builder(zk.monitor(zk.client()), "/billing/foreign").build()) {
      var unused = election.tryAcquire(Duration.ofMillis(500));
    } catch (RuntimeException e) {
      assertThat(Printable.is(e.getMessage())).isTrue();
    }
  }

  private void neighborsInTheGroup() throws Exception {
    put(
        GROUP + "/workers/" + ZnodeName.encode(NAME) + "-0000000001",
        candidate(NAME).put("nonce", ANY).put("zone", ANY).put("state", "active").toString());
    put(GROUP + "/workers/w-9-0000000002", ANY);
    put(GROUP + "/workers/" + NAME, ANY);
    put(GROUP + "/plan", "");
    put(GROUP + "/plan/" + NAME, ANY);
    put(GROUP + "/directives/" + NAME, ANY);
    put(GROUP + "/directives/capacity-w-1", ANY);
    put(GROUP + "/directives/drain-w-7", ANY);
    put(GROUP + "/directives/pin-0", candidate(NAME).put("value", ANY).toString());
    put(GROUP + "/directives/pin-" + NAME, NAME);
    put(GROUP + "/shards/3", ANY);
  }

  private ShardTask task(Workers workers, String shard) {
    return workers.new Watched("w-1", shard) {
      @Override
      public void warmUp() {
        throw new IllegalStateException(ANY);
      }

      @Override
      public NextStep step(Lease lease) throws Exception {
        if (shard.equals("1")) {
          throw new IllegalStateException(ANY, new Exception(ANY));
        } else if (shard.equals("2")) {
          return NextStep.handOver(ANY);
        }
        return super.step(lease);
      }

      @Override
      public void coolDown() {
        throw new IllegalStateException(ANY);
      }
    };
  }

  private void group() throws Exception {
    neighborsInTheGroup();
    Workers workers = new Workers(zk, GROUP);
    Workers.Member member =
        workers.start(
            "w-1",
            b ->
                b.shards(ShardSet.numbered(4))
                    .listener(
                        new WorkerListener() {
                          @Override
                          public void failed(String shard, Throwable cause) {
                            throw new IllegalStateException(ANY, cause);
                          }
                        })
                    .tasks(shard -> task(workers, shard)));
    try (ShardDirectory directory = ShardDirectory.of(neighbor, GROUP)) {
      directory.start();
      workers.await(() -> assertThat(workers.holder("0")).contains("w-1"));
      put(GROUP + "/shards/0/leader", ANY);
      put(GROUP + "/shards/0/leader", "revoke " + ANY);
      put(GROUP, ANY);
      workers.await(
          () ->
              assertThat(workers.events)
                  .anyMatch(event -> event.startsWith("stop 0 w-1") && event.endsWith("revoked")));
    }
    member.worker().close();
  }

  private void archive() throws Exception {
    put("/billing/close/audit/0000000009-" + NAME, ANY);
    try (ArchiveFiles files = ArchiveFiles.at(directory).open()) {
      AuditArchiver.builder(neighbor, "/billing").sink(files).build().once();
    }
    Path file = directory.resolve("audit-00000001.jsonl");
    Files.writeString(file, Files.readString(file) + ANY.replace('\n', ' ') + "\n");
    try (ArchiveFiles files = ArchiveFiles.at(directory).passOverDamage().open()) {
      AuditArchiver.builder(neighbor, GROUP).sink(files).build().once();
    }
  }

  @Test
  void noLineShowsAHiddenCharacter() throws Exception {
    List<ILoggingEvent> all;
    try (LogLines lines = LogLines.of("io.tenure", Level.TRACE)) {
      election(lines);
      group();
      archive();
      all = lines.atLeast(Level.TRACE);
    }
    for (ILoggingEvent line : all) {
      assertThat(Printable.is(line.getFormattedMessage()))
          .as("%s: %s", line.getLoggerName(), Printable.of(line.getFormattedMessage()))
          .isTrue();
      if (line.getThrowableProxy() != null) {
        String trace = ThrowableProxyUtil.asString(line.getThrowableProxy());
        HostileText.assertNoneIn("the trace of " + line.getFormattedMessage(), trace);
      }
    }
    assertThat(all)
        .filteredOn(line -> line.getFormattedMessage().matches("(?s).*\\\\u[0-9a-f]{4}.*"))
        .extracting(ILoggingEvent::getLoggerName)
        .as("loggers to which hostile texts came")
        .contains(
            "io.tenure.recipes.ElectionDriver",
            "io.tenure.recipes.DuplicateCheck",
            "io.tenure.sharding.Coordinator",
            "io.tenure.sharding.Tenures",
            "io.tenure.audit.LastFile");
  }

  @Test
  void whyAChangeIsRefusedIsSaidInPrintableWords() throws Exception {
    put(
        GROUP,
        "{\"format\":1,\"shards\":2,\"standbys\":1,\"settleMillis\":300,\"movesInFlight\":100,"
            + "\"readyMillis\":30000,\"retention\":20}");
    put(
        GROUP + "/workers/" + ZnodeName.encode(NAME) + "-0000000001",
        candidate(NAME).put("nonce", "n").put("capacity", 1).put("state", "active").toString());
    ShardGroup group = ShardGroup.of(neighbor, GROUP);
    for (String wrong : List.of("w-1", ANY, "x".repeat(1 << 20))) {
      refused(() -> group.drain(wrong, "for a test"));
      refused(() -> group.pin("0", wrong, "for a test"));
      refused(() -> group.move(wrong, NAME, "for a test"));
    }
  }

  private interface Change {
    void make() throws Exception;
  }

  private static void refused(Change change) {
    assertThatThrownBy(change::make)
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(
            refusal -> {
              assertThat(Printable.is(refusal.getMessage())).isTrue();
              assertThat(refusal.getMessage()).hasSizeLessThanOrEqualTo(Printable.MAX_CHARS);
            });
  }
}
