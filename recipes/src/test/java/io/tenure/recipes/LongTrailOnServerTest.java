package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.audit.ArchivePosition;
import io.tenure.audit.ArchiveSink;
import io.tenure.audit.Archived;
import io.tenure.audit.AuditArchiver;
import io.tenure.audit.AuditLog;
import io.tenure.lease.Lease;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Retention;
import io.tenure.testing.LogLines;
import io.tenure.testing.LongTrail;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trails whose list does not fit into a reply: retention was lowered from keep-all, say. */
@Timeout(90)
class LongTrailOnServerTest {

  private static final String SCOPE = "/billing";
  private static final String ID =
      "candidate-with-a-rather-long-name-as-kubernetes-gives-them-7f9c";
  private static final int LONG = 400;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final AtomicInteger losses = new AtomicInteger();
  private CuratorFramework client;
  private CuratorFramework small;

  @BeforeEach
  void makeALongTrail() throws Exception {
    client = zk.client();
    small = LongTrail.smallClient(zk, losses);
    election(client, SCOPE, ID, Retention.KEEP_ALL).acquire().close();
    LongTrail.lengthen(client, SCOPE, ID, LONG);
  }

  private LeaderElection election(CuratorFramework of, String scope, String id, Retention keep) {
    return zk.closeLater(
        LeaderElection.builder(zk.monitor(of), scope).candidateId(id).retention(keep).build());
  }

  private int entries() throws Exception {
    return ZooKeeperFixture.trail(client, SCOPE).size();
  }

  private String record() throws Exception {
    return new String(client.getData().forPath(SCOPE), StandardCharsets.UTF_8);
  }

  @Test
  void aTrailThatIsTooLongToBeListedIsLedAllTheSameAndTheConnectionStays() throws Exception {
    try (LogLines log = LogLines.of("io.tenure.recipes");
        Lease other = election(small, "/other", "w-1", Retention.DEFAULT).acquire()) {
      LeaderElection election = election(small, SCOPE, "w-2", Retention.last(20));
      for (int i = 0; i < 3; i++) {
        try (Lease lease = election.tryAcquire(Duration.ofSeconds(20)).orElseThrow()) {
          assertThat(lease.isHeld()).isTrue();
        }
      }
      assertThat(other.isHeld()).isTrue();
      assertThat(losses).hasValue(0);
      assertThat(log.warnings())
          .filteredOn(line -> line.contains("jute.maxbuffer"))
          .singleElement()
          .satisfies(
              line ->
                  assertThat(line)
                      .contains(SCOPE + "/audit has 400 entries, and 20 are to be kept")
                      .contains("tenure archive " + SCOPE)
                      .contains("-Djute.maxbuffer="));
    }
    assertThat(entries()).as("none is deleted").isEqualTo(LONG + 6);
    assertThat(record()).contains("\"auditFirst\":1,").contains("\"auditNext\":407");
  }

  private void set(String data) throws Exception {
    client.setData().forPath(SCOPE, data.getBytes(StandardCharsets.UTF_8));
  }

  private void deleteOldest(int count) throws Exception {
    for (String name : List.copyOf(ZooKeeperFixture.trail(client, SCOPE)).subList(0, count)) {
      client.delete().forPath(SCOPE + "/audit/" + name);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRecordThatWasSetBackGivesNoEpochOutTwiceThoughAsManyEntriesAreThereAsItKnows(
      boolean touchedSince) throws Exception {
    String older = record();
    election(client, SCOPE, "w-3", Retention.KEEP_ALL).acquire().close();
    deleteOldest(2);
    set(older);
    if (touchedSince) {
      deleteOldest(1);
    }
    LeaderElection election = election(small, SCOPE, "w-2", Retention.KEEP_ALL);
    assertThatThrownBy(() -> election.tryAcquire(Duration.ofSeconds(20)))
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining("402 were ever made there")
        .hasMessageContaining("larger -Djute.maxbuffer");
    assertThat(losses).hasValue(0);
    assertThat(record()).isEqualTo(older);
  }

  @Test
  void aRecordThatIsWrittenByHandAsItWasIsNoReasonToRefuse() throws Exception {
    set(record());
    deleteOldest(2);
    LeaderElection election = election(small, SCOPE, "w-2", Retention.KEEP_ALL);
    assertThat(election.tryAcquire(Duration.ofSeconds(20)).orElseThrow().epoch()).isEqualTo(2);
    assertThat(losses).hasValue(0);
  }

  @Test
  void namesThatAreLongerThanThoseOfTransitionsCostTheConnectionOnceAndAreMovedAside()
      throws Exception {
    String scope = "/forged";
    election(client, scope, "w-1", Retention.KEEP_ALL).acquire().close();
    for (int i = 3; i < 7; i++) {
      client.create().forPath(scope + "/audit/000000000" + i + "-elected-" + "x".repeat(9000));
    }
    client.setData().forPath(scope, client.getData().forPath(scope));
    LeaderElection election = election(small, scope, "w-2", Retention.KEEP_ALL);
    assertThatThrownBy(() -> election.tryAcquire(Duration.ofSeconds(30)))
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining("6 were ever made there")
        .hasMessageContaining("tenure audit quarantine " + scope);
    assertThat(losses).hasValue(1);
    AuditLog.of(client, scope).quarantine("operator", "forged", false);
    assertThat(election.tryAcquire(Duration.ofSeconds(30)).orElseThrow().epoch()).isEqualTo(2);
    assertThat(losses).hasValue(1);
  }

  @Test
  void onceALongTrailIsArchivedItsLeadersTrimItAgain() throws Exception {
    LeaderElection election = election(small, SCOPE, "w-2", Retention.last(20));
    election.acquire().close();

    try (AuditArchiver archiver =
        AuditArchiver.builder(client, SCOPE).sink(new Positions()).keep(50).build()) {
      archiver.once();
    }
    assertThat(entries()).isEqualTo(50);
    election.acquire().close();

    assertThat(entries()).isEqualTo(20);
    assertThat(record()).contains("\"auditFirst\":385,").contains("\"auditNext\":405");
    assertThat(losses).hasValue(0);
  }

  @Test
  void aTrailThatCanBeListedIsTrimmedOverSeveralTransitions() throws Exception {
    LeaderElection election = election(client, SCOPE, "w-2", Retention.last(20));
    for (int i = 0; i < 7; i++) {
      election.acquire().close();
    }
    assertThat(entries()).isEqualTo(20);
  }

  private static final class Positions implements ArchiveSink {
    private final Map<String, ArchivePosition> positions = new HashMap<>();

    @Override
    public Map<String, ArchivePosition> positions() {
      return positions;
    }

    @Override
    public void write(List<Archived> items) {
      items.forEach(item -> positions.put(item.trail(), item.position()));
    }
  }
}
