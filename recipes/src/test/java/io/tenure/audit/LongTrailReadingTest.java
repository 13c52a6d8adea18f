package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.scope.ListTooLongException;
import io.tenure.testing.LongTrail;
import io.tenure.testing.ZooKeeperFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reading a trail whose list does not fit into a reply is refused, and keeps the connection. */
@Timeout(60)
class LongTrailReadingTest {

  private static final String SCOPE = "/billing";
  private static final int LONG = 1_200;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final AtomicInteger losses = new AtomicInteger();
  private CuratorFramework client;
  private CuratorFramework small;

  @BeforeEach
  void connect() {
    client = zk.client();
    small = LongTrail.smallClient(zk, losses);
  }

  private boolean mayBeLost;

  @AfterEach
  void theConnectionStays() {
    if (mayBeLost) {
      return; // By a list that is longer than can be told beforehand.
    }
    assertThat(losses).hasValue(0);
  }

  private void makeALongTrail() throws Exception {
    new TrailWriter(client, SCOPE).tenures(1);
    LongTrail.lengthen(client, SCOPE, "w-1", LONG);
  }

  private static void refused(ThrowingCallable reading) {
    assertThatThrownBy(reading)
        .isInstanceOf(ListTooLongException.class)
        .hasMessageContaining(SCOPE + "/audit has 1200 children")
        .hasMessageContaining("this client takes " + LongTrail.SMALL_BYTES)
        .hasMessageContaining("-Djute.maxbuffer=")
        .hasMessageContaining("tenure archive " + SCOPE);
  }

  @Test
  void entriesTenuresAndVerifyNameTheSizeTheLimitAndTheWayOut() throws Exception {
    makeALongTrail();
    AuditLog log = AuditLog.of(small, SCOPE);
    refused(log::entries);
    refused(log::tenures);
    refused(log::verify);
    assertThat(log.trail().unreadable())
        .singleElement()
        .satisfies(one -> assertThat(one.problem()).contains("1200 children"));
  }

  @Test
  void followingEndsWithTheSameError() throws Exception {
    makeALongTrail();
    AtomicReference<RuntimeException> failed = new AtomicReference<>();
    zk.closeLater(
        AuditLog.of(small, SCOPE)
            .follow(
                new AuditFollower() {
                  @Override
                  public void entry(RecordedEntry entry) {}

                  @Override
                  public void failed(RuntimeException cause) {
                    failed.set(cause);
                  }
                }));
    await().untilAsserted(() -> assertThat(failed.get()).isNotNull());
    refused(
        () -> {
          throw failed.get();
        });
  }

  @Test
  void anArchiverSaysSoOfThatTrailAndArchivesTheOthers() throws Exception {
    makeALongTrail();
    new TrailWriter(client, SCOPE + "/other").tenures(2);
    MemorySink sink = new MemorySink();
    List<String> problems = new ArrayList<>();
    try (AuditArchiver archiver =
        AuditArchiver.builder(small, SCOPE)
            .sink(sink)
            .listener(
                new ArchiveListener() {
                  @Override
                  public void problem(String path, String problem) {
                    problems.add(path + " " + problem);
                  }
                })
            .build()) {
      archiver.once();
    }
    assertThat(sink.indexes(SCOPE + "/other")).hasSize(4);
    assertThat(problems)
        .singleElement()
        .satisfies(problem -> assertThat(problem).startsWith(SCOPE + "/audit has 1200 children"));
  }

  @Test
  void aTrailOfNamesThatAreLongerThanTheLastLeadersIsFoundTooLongByItsLoss() throws Exception {
    mayBeLost = true;
    new TrailWriter(client, SCOPE).tenures(1);
    LongTrail.lengthen(client, SCOPE, "a-name-as-kubernetes-gives-it-" + "7f9c".repeat(8), 500);
    AuditLog log = AuditLog.of(small, SCOPE);
    assertThatThrownBy(log::entries)
        .isInstanceOf(ListTooLongException.class)
        .hasMessageContaining(SCOPE + "/audit has 500 children")
        .hasMessageContaining("-Djute.maxbuffer=");
    // The list has cost the client its connection.
    await()
        .ignoreExceptionsInstanceOf(KeeperException.ConnectionLossException.class)
        .until(() -> small.checkExists().forPath("/") != null);
    assertThat(log.trail().unreadable())
        .singleElement()
        .satisfies(one -> assertThat(one.problem()).contains("500 children"));
  }

  @Test
  void aTrailOfManyShortNamesIsReadAsFarAsItFits() throws Exception {
    new TrailWriter(client, SCOPE).tenures(400); // 800 names of 23 bytes: 21,600 bytes
    assertThat(AuditLog.of(small, SCOPE).entries()).hasSize(800);
  }
}
