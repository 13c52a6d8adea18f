package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.ScopeRecord;
import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.testing.LogLines;
import io.tenure.testing.Roles;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Znodes in a trail that no transition made, put there by a client that may add to it. */
@Timeout(120)
class ForgedEntriesOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";
  private static final String AUDIT = SCOPE + "/audit";
  private static final List<String> ENDS =
      List.of("resigned", "failed", "lapsed", "revoked", "lost");

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private LeaderElection candidate(CuratorFramework client, String id) {
    return zk.closeLater(
        LeaderElection.builder(zk.monitor(client), SCOPE)
            .candidateId(id)
            .retention(Retention.KEEP_ALL)
            .build());
  }

  private static Ended end(Lease lease) throws Exception {
    lease.close();
    return lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** Every name that the next entry of a candidate could have. */
  private static void forgeNext(CuratorFramework client, int index, String id) throws Exception {
    String number = AuditFormat.indexText(index);
    client
        .create()
        .forPath(
            AUDIT + "/" + number + "-elected-" + id, "forged".getBytes(StandardCharsets.UTF_8));
    for (String end : ENDS) {
      client
          .create()
          .forPath(
              AUDIT + "/" + number + "-" + end + "-" + id,
              "forged".getBytes(StandardCharsets.UTF_8));
    }
  }

  private List<String> genuine(CuratorFramework client) throws Exception {
    return ZooKeeperFixture.trail(client, SCOPE).stream()
        .map(name -> name.replaceAll("~.*", "~"))
        .toList();
  }

  @Test
  void entriesThatNoTransitionMadeKeepNoneFromBeingRecorded() throws Exception {
    Lease lease = candidate(zk.client(), "w-1").acquire();
    forgeNext(zk.client(), 2, "w-1");
    assertThat(end(lease).recorded()).isTrue();
    forgeNext(zk.client(), 3, "w-2");
    Lease second = candidate(zk.client(), "w-2").acquire();
    assertThat(second.epoch()).isEqualTo(2);
    assertThat(end(second).recorded()).isTrue();
    assertThat(genuine(zk.client()))
        .contains("0000000002-resigned-w-1~", "0000000003-elected-w-2~", "0000000004-resigned-w-2");
  }

  @Test
  void underAppendOnlyAclsTheyKeepNoneEither() throws Exception {
    Roles roles = new Roles(zk);
    CuratorFramework worker = roles.worker();
    Lease lease = candidate(worker, "w-1").acquire();
    try (LogLines log = LogLines.of("io.tenure")) {
      forgeNext(worker, 2, "w-1");
      assertThat(end(lease).recorded()).isTrue();
      assertThat(log.warnings())
          .filteredOn(line -> line.contains("tenure audit quarantine " + SCOPE))
          .hasSize(1);
    }
  }

  // ---- ahead of the record ----

  private static final Candidate NOBODY = new Candidate("x", "h", 1, Optional.empty());

  /** An entry that looks like a transition's, and what it repeats. */
  private String forge(long index, long epoch, String previous) throws Exception {
    AuditEntry entry =
        new AuditEntry(
            index,
            new Transition.Elected("forged"),
            epoch,
            NOBODY,
            "0x1",
            Instant.now(),
            Optional.empty(),
            Optional.empty(),
            previous);
    byte[] data = AuditFormat.bytes(entry);
    zk.client().create().forPath(AUDIT + "/" + AuditFormat.name(entry), data);
    return AuditFormat.digest(data);
  }

  private String lastDigest() throws Exception {
    return ScopeRecord.parse(SCOPE, zk.client().getData().forPath(SCOPE)).digest();
  }

  private void writeRecordByHand() throws Exception {
    zk.client().setData().forPath(SCOPE, zk.client().getData().forPath(SCOPE));
  }

  @Test
  void entriesAheadOfTheRecordKeepNobodyFromBeingElected() throws Exception {
    end(candidate(zk.client(), "w-1").acquire());
    String digest = forge(3, 2, lastDigest());
    forge(4, 3, digest);
    forge(9_999_999_999L, 1000, lastDigest());
    forge(999_999_999_999_999_999L, Long.MAX_VALUE, ScopeRecord.GENESIS);
    zk.client()
        .create()
        .forPath(AUDIT + "/0000000007-elected-y", "{}".getBytes(StandardCharsets.UTF_8));
    ACL unreadable = new ACL(Perms.WRITE, Ids.ANYONE_ID_UNSAFE);
    zk.client()
        .create()
        .withACL(List.of(unreadable))
        .forPath(AUDIT + "/0000000008-elected-z", new byte[0]);
    assertThat(end(candidate(zk.client(), "w-2").acquire()).recorded()).isTrue();
    assertThat(genuine(zk.client())).contains("0000000003-elected-w-2", "0000000004-resigned-w-2");
  }

  @Test
  void entriesAheadThatDoNotFollowOnTheRecordSayNothingOfARecordThatWasWrittenByHand()
      throws Exception {
    end(candidate(zk.client(), "w-1").acquire());
    forge(4, 3, lastDigest());
    forge(9_999_999_999L, 1000, lastDigest());
    writeRecordByHand();
    forge(3, 2, lastDigest()); // Younger than the record, which a transition would have written.
    assertThat(candidate(zk.client(), "w-2").acquire().epoch()).isEqualTo(2);
  }

  @Test
  void whereTheRecordWasWrittenByHandEntriesThatFollowOnItAreNamedWithBothWaysOut()
      throws Exception {
    end(candidate(zk.client(), "w-1").acquire());
    forge(9_999_999_999L, 1000, lastDigest());
    forge(3, 2, lastDigest());
    writeRecordByHand();
    assertThatThrownBy(() -> candidate(zk.client(), "w-2").acquire())
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining("/0000000003-elected-x has index 3 and epoch 2")
        .hasMessageContaining("set " + SCOPE)
        .hasMessageContaining("tenure audit quarantine " + SCOPE);
    zk.client().delete().forPath(AUDIT + "/0000000003-elected-x");
    assertThat(candidate(zk.client(), "w-3").acquire().epoch()).isEqualTo(2);
  }

  @Test
  void entriesBelowTheTrailAndThousandsInItsPlaceNeitherStopNorFeedItsTrimming() throws Exception {
    LeaderElection trims =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(zk.client()), SCOPE)
                .candidateId("w-1")
                .retention(Retention.last(4))
                .build());
    for (int i = 0; i < 5; i++) {
      end(trims.acquire());
    }
    for (int i = 0; i < 200; i++) {
      zk.client().create().forPath(AUDIT + "/0000000001-elected-x" + i, new byte[0]);
    }
    for (int i = 0; i < 3; i++) {
      end(trims.acquire());
      ScopeRecord record = ScopeRecord.parse(SCOPE, zk.client().getData().forPath(SCOPE));
      assertThat(record.auditFirst()).isEqualTo(record.auditNext() - 4);
    }
    assertThat(genuine(zk.client()))
        .filteredOn(name -> name.endsWith("-w-1"))
        .containsExactly(
            "0000000013-elected-w-1",
            "0000000014-resigned-w-1",
            "0000000015-elected-w-1",
            "0000000016-resigned-w-1");
  }

  @Test
  void namesThatAreTooLongForAListKeepNobodyFromLeadingThoughTheTrailIsTrimmed() throws Exception {
    LeaderElection trims =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(zk.client()), SCOPE)
                .candidateId("w-1")
                .retention(Retention.last(2))
                .build());
    end(trims.acquire());
    CuratorFramework forger = zk.client();
    for (String end : List.of("x", "y")) {
      forger.create().forPath(AUDIT + "/0000000003-elected-" + end.repeat(600_000), new byte[0]);
    }
    for (int i = 0; i < 3; i++) {
      assertThat(end(trims.acquire()).recorded()).isTrue();
    }
  }

  @Test
  void entriesThatCannotBeDeletedCostEachTransitionOneMoreTryAtMost() throws Exception {
    LeaderElection trims =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(zk.client()), SCOPE)
                .candidateId("w-1")
                .retention(Retention.last(2))
                .build());
    end(trims.acquire());
    for (int i = 0; i < 40; i++) {
      zk.client()
          .create()
          .creatingParentsIfNeeded()
          .forPath(AUDIT + "/0000000001-elected-x" + i + "/child", new byte[0]);
    }
    try (LogLines log = LogLines.of("io.tenure")) {
      int transitions = 0;
      for (int i = 0; i < 3; i++) {
        assertThat(end(trims.acquire()).recorded()).isTrue();
        transitions += 2;
      }
      assertThat(log.warnings())
          .filteredOn(line -> line.contains("cannot be deleted"))
          .hasSizeLessThanOrEqualTo(transitions);
    }
  }
}
