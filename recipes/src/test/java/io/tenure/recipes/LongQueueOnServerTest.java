package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.scope.ListTooLongException;
import io.tenure.testing.LogLines;
import io.tenure.testing.LongTrail;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** So many candidates stand for one scope that the list of their names fits into no reply. */
@Timeout(60)
class LongQueueOnServerTest {

  private static final String SCOPE = "/billing";

  /** More names than a small client takes. */
  private static final int CANDIDATES = LongTrail.SMALL_BYTES / 60;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final AtomicInteger losses = new AtomicInteger();

  private LeaderElection election(CuratorFramework of, String id) {
    return zk.closeLater(LeaderElection.builder(zk.monitor(of), SCOPE).candidateId(id).build());
  }

  /** Candidates of one more session, with nodes as Curator's latch makes them. */
  private CuratorFramework crowd() throws Exception {
    CuratorFramework crowd = zk.client();
    for (int i = 0; i < CANDIDATES; i++) {
      String node = SCOPE + "/latch/_c_" + UUID.randomUUID() + "-latch-";
      crowd
          .create()
          .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
          .inBackground()
          .forPath(node, "other".getBytes());
    }
    await()
        .until(() -> crowd.checkExists().forPath(SCOPE + "/latch").getNumChildren() >= CANDIDATES);
    return crowd;
  }

  @Test
  void aQueueThatIsTooLongIsNotEnteredAndNamedAndEnteredWhenThereIsRoom() throws Exception {
    election(zk.client(), "w-1").acquire().close();
    CuratorFramework crowd = crowd();
    LeaderElection late = election(LongTrail.smallClient(zk, losses), "w-2");
    try (LogLines log = LogLines.of("io.tenure")) {
      CompletableFuture<Long> epoch =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return late.tryAcquire(Duration.ofSeconds(50)).orElseThrow().epoch();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      await()
          .atMost(20, TimeUnit.SECONDS)
          .untilAsserted(
              () ->
                  assertThat(log.warnings())
                      .singleElement()
                      .asString()
                      .contains(SCOPE + "/latch has ", "-Djute.maxbuffer="));
      assertThatThrownBy(late::candidates)
          .isInstanceOf(ListTooLongException.class)
          .hasMessageContaining(SCOPE + "/latch has ");
      assertThat(losses).hasValue(0);
      crowd.close();
      assertThat(epoch.get(40, TimeUnit.SECONDS)).isEqualTo(2);
      assertThat(losses).hasValue(0);
    }
  }

  @Test
  void aCandidateInAQueueThatGetsTooLongSaysSoAndDoesNotAskForIt() throws Exception {
    LeaderElection leads = election(zk.client(), "w-1");
    var lease = leads.acquire();
    LeaderElection waits = election(LongTrail.smallClient(zk, losses), "w-2");
    CompletableFuture.runAsync(
        () -> {
          try {
            waits.tryAcquire(Duration.ofSeconds(50));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    await().until(() -> leads.candidates().size() == 2);
    try (LogLines log = LogLines.of("io.tenure")) {
      crowd();
      await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(
              () -> {
                lease.renew();
                assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains(SCOPE + "/latch has ", "-Djute.maxbuffer=");
              });
    }
    assertThat(losses).hasValue(0);
  }
}
