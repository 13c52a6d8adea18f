package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.internal.CandidateFormat;
import io.tenure.lease.Lease;
import io.tenure.scope.Candidate;
import io.tenure.scope.DuplicateCandidateException;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Candidates that find another one with their id in the queue, which may be dead. */
@Timeout(60)
class DuplicateCandidateOnServerTest {

  private static final String SCOPE = "/duplicates/one";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private LeaderElection election(CuratorFramework client) {
    return zk.closeLater(
        LeaderElection.builder(zk.monitor(client), SCOPE).candidateId("twin").build());
  }

  private static CompletableFuture<Lease> acquiring(LeaderElection election) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return election.acquire();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void aRestartedProcessGetsInAlsoWhenANewQuorumLeaderGivesItsOldSessionTheWholeTimeoutAgain()
      throws Exception {
    var proxy = zk.proxy();
    Duration sessionTimeout = ZooKeeperFixture.TICK_TIME.multipliedBy(20);
    CuratorFramework old = zk.client(proxy.connectString(), sessionTimeout);
    election(old).acquire();
    proxy.blackhole(true);
    CuratorFramework restarted = zk.client(zk.server().getConnectString(), sessionTimeout);
    LeaderElection after = election(restarted);
    CompletableFuture<Lease> acquiring = acquiring(after);
    await().until(() -> after.candidates().size() == 2);
    // Late enough for the old session to live longer than one and a half timeouts in all.
    await().pollDelay(sessionTimeout.multipliedBy(6).dividedBy(10)).until(() -> true);
    zk.server().restart();

    assertThat(acquiring.get().epoch()).isEqualTo(2);
    proxy.blackhole(false);
  }

  @Test
  void aRivalThatDoesNotTakeTheOfficeAtTheHeadOfTheQueueIsNotTakenForAlive() throws Exception {
    String latch = SCOPE + "/latch";
    election(zk.client()).acquire().resign("none led");
    byte[] data =
        CandidateFormat.text(Candidate.ofThisProcess("twin", Optional.empty()))
            .getBytes(StandardCharsets.UTF_8);
    CuratorFramework operator = zk.client();
    String rival =
        operator
            .create()
            .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
            .forPath(latch + "/latch-", data);
    Duration sessionTimeout = Duration.ofSeconds(1);
    LeaderElection after = election(zk.client(zk.server().getConnectString(), sessionTimeout));
    CompletableFuture<Lease> acquiring = acquiring(after);
    await().until(() -> after.candidates().size() == 2);
    await().pollDelay(sessionTimeout.multipliedBy(4)).until(() -> !acquiring.isDone());
    operator.delete().forPath(rival);
    assertThat(acquiring.get().epoch()).isEqualTo(2);
  }

  @Test
  void aRivalIsFoundAlsoWhereTheQueueCouldNotBeReadAtFirst() throws Exception {
    LeaderElection leads =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(zk.client()), SCOPE)
                .candidateId("leads")
                .leaseDuration(Duration.ofMinutes(1))
                .build());
    Lease lease = leads.acquire();
    zk.client()
        .create()
        .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
        .forPath(
            SCOPE + "/latch/latch-",
            CandidateFormat.text(Candidate.ofThisProcess("twin", Optional.empty()))
                .getBytes(StandardCharsets.UTF_8));
    FaultProxy proxy = zk.proxy();
    // The first look is whether there is room in the queue.
    FaultProxy.Fault denied =
        proxy.replaceError(
            ZooDefs.OpCode.exists,
            2,
            KeeperException.Code.NOAUTH.intValue(),
            body -> new String(body, StandardCharsets.UTF_8).indexOf(SCOPE + "/latch\0") > 0);
    CompletableFuture<Lease> acquiring =
        acquiring(election(zk.client(proxy.connectString(), Duration.ofSeconds(1))));
    await()
        .atMost(40, TimeUnit.SECONDS)
        .until(
            () -> {
              lease.renew();
              return acquiring.isDone();
            });
    assertThat(denied.fired()).isTrue();
    assertThatThrownBy(acquiring::get).hasCauseInstanceOf(DuplicateCandidateException.class);
  }

  @Test
  void aRivalBehindOneThatGoesIsFoundAsWell() throws Exception {
    LeaderElection leads =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(zk.client()), SCOPE)
                .candidateId("leads")
                .leaseDuration(Duration.ofMinutes(1))
                .build());
    Lease lease = leads.acquire();
    byte[] twin =
        CandidateFormat.text(Candidate.ofThisProcess("twin", Optional.empty()))
            .getBytes(StandardCharsets.UTF_8);
    CuratorFramework operator = zk.client();
    List<String> rivals = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      rivals.add(
          operator
              .create()
              .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
              .forPath(SCOPE + "/latch/latch-", twin));
    }
    try (LogLines log = LogLines.of("io.tenure.recipes")) {
      CompletableFuture<Lease> acquiring =
          acquiring(election(zk.client(zk.server().getConnectString(), Duration.ofSeconds(1))));
      await().until(() -> log.warnings().stream().anyMatch(line -> line.contains("twin")));
      operator.delete().forPath(rivals.get(0));
      await()
          .atMost(40, TimeUnit.SECONDS)
          .until(
              () -> {
                lease.renew();
                return acquiring.isDone();
              });
      assertThatThrownBy(acquiring::get)
          .hasCauseInstanceOf(DuplicateCandidateException.class)
          .hasMessageContaining(rivals.get(1));
    }
  }
}
