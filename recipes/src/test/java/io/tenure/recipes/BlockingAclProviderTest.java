package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.Lease;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A client's ACL provider that blocks for some paths holds up only what is below them. */
@Timeout(120)
class BlockingAclProviderTest {

  @RegisterExtension static final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final CompletableFuture<Void> answer = new CompletableFuture<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private volatile String blocked = "/blocked";

  @AfterEach
  void answerAtLast() {
    answer.complete(null);
  }

  private CuratorFramework client() {
    return client(ZooKeeperFixture.SESSION_TIMEOUT);
  }

  private CuratorFramework client(Duration sessionTimeout) {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(zk.server().getConnectString())
            .sessionTimeoutMs((int) sessionTimeout.toMillis())
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .aclProvider(
                new ACLProvider() {
                  @Override
                  public List<ACL> getDefaultAcl() {
                    return Ids.OPEN_ACL_UNSAFE;
                  }

                  @Override
                  public List<ACL> getAclForPath(String path) {
                    if (path.startsWith(blocked)) {
                      asked.countDown();
                      answer.join(); // Interrupts do not end this wait.
                    }
                    return Ids.OPEN_ACL_UNSAFE;
                  }
                })
            .build();
    client.start();
    return zk.closeLater(client);
  }

  private LeaderElection election(SessionMonitor monitor, String scope) {
    return zk.closeLater(LeaderElection.builder(monitor, scope).candidateId("w-1").build());
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
  void otherElectionsOfTheClientGoOnWhileItBlocksAndItsOwnAreHeldWhenItAnswers() throws Exception {
    SessionMonitor monitor = zk.monitor(client());
    try (LogLines lines = LogLines.of("io.tenure")) {
      CompletableFuture<Lease> waiting = acquiring(election(monitor, "/blocked/eu"));
      assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();

      Optional<Lease> free = election(monitor, "/free/us").tryAcquire(Duration.ofSeconds(30));
      assertThat(free).isPresent();
      free.get().renew();
      free.get().resign("done");
      assertThat(free.get().ended().toCompletableFuture().get(30, TimeUnit.SECONDS).recorded())
          .isTrue();

      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> lines.warnings().stream().anyMatch(line -> line.contains("ACL provider")));
      assertThat(lines.warnings())
          .filteredOn(line -> line.contains("ACL provider"))
          .singleElement()
          .asString()
          .contains("ACL provider")
          .contains("/blocked");
      assertThat(waiting).isNotDone();
      answer.complete(null);
      assertThat(waiting.get(60, TimeUnit.SECONDS).epoch()).isEqualTo(1);
    }
  }

  @Test
  void aLeaderIsRenewedWhileItBlocksAndItsEndIsRecordedWhenItAnswers() throws Exception {
    blocked = "/nothing";
    // A short session would lose its connection on a busy machine: no request is answered then.
    SessionMonitor monitor = zk.monitor(client(ZooKeeperFixture.PATIENT_SESSION));
    LeaderElection election = election(monitor, "/later");
    Lease lease = election.acquire();
    LeaderElection other = election(monitor, "/other");
    Lease otherLease = other.acquire();
    blocked = "/later";
    CompletableFuture<Void> resigning = CompletableFuture.runAsync(() -> lease.resign("done"));
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();

    // For several acknowledgements: each comes by way of the event thread.
    for (int i = 0; i < 20; i++) {
      assertThat(monitor.acknowledge().get(30, TimeUnit.SECONDS)).isTrue();
      otherLease.renew();
    }
    answer.complete(null);
    resigning.get(60, TimeUnit.SECONDS);
    assertThat(lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS).recorded()).isTrue();
    assertThat(election.acquire().epoch()).isEqualTo(2);
  }

  @Test
  void aCandidateWhoseProviderNeverAnswersIsClosedAllTheSameAndNothingOfItIsSentLater()
      throws Exception {
    CuratorFramework client = client();
    SessionMonitor monitor = zk.monitor(client);
    LeaderElection election = election(monitor, "/blocked/closed");
    CompletableFuture<Lease> waiting = acquiring(election);
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
    CompletableFuture.runAsync(election::close).get(60, TimeUnit.SECONDS);
    await().atMost(Duration.ofSeconds(30)).until(waiting::isCompletedExceptionally);
    monitor.close();
    answer.complete(null);
    zk.endSession(client);
    assertThat(zk.client().checkExists().forPath("/blocked/closed/leader")).isNull();
  }
}
