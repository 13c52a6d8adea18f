package io.tenure.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenure.recipes.SessionMonitor;
import io.tenure.sharding.ShardDirectory;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo's work on shards, its table, and the minimal worker. */
@Timeout(120)
class AddUpTest {

  private static final int SHARDS = 7;

  private final List<Input.Row> rows = rows();
  private Stage stage;
  private ShardStore store;
  private CuratorFramework client;

  private static List<Input.Row> rows() {
    List<Input.Row> rows = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      rows.add(new Input.Row("group-" + i % 5, BigDecimal.valueOf(i)));
    }
    return rows;
  }

  @BeforeEach
  void open() throws Exception {
    stage = new Stage();
    stage.open(Optional.empty());
    store = stage.closeLater(new ShardStore(stage.jdbcUrl()));
    store.create(SHARDS);
    client = CuratorFrameworkFactory.newClient(stage.connect(), new RetryNTimes(3, 100));
    client.start();
  }

  @AfterEach
  void close() {
    client.close();
    stage.close();
  }

  private ShardWorker worker(SessionMonitor monitor, String id) {
    ShardWorker worker =
        ShardWorker.builder(monitor, stage.root() + "/sums")
            .workerId(id)
            .shards(ShardSet.numbered(SHARDS))
            .settleWindow(Duration.ZERO)
            .tasks(
                shard ->
                    new AddUp(
                        Integer.parseInt(shard),
                        AddUp.rowsOf(Integer.parseInt(shard), SHARDS, rows),
                        store,
                        3,
                        Duration.ofMillis(20),
                        (lost, tenure, why, pending) -> {}))
            .build();
    worker.start();
    return worker;
  }

  @Test
  void everyRowIsAddedUpOnceWhoeverLeads() throws Exception {
    try (SessionMonitor monitor =
            SessionMonitor.builder(client).tickTime(Duration.ofMillis(500)).build();
        ShardWorker first = worker(monitor, "w-1")) {
      Awaitility.await().until(() -> store.position() > 50);
      try (ShardWorker second = worker(monitor, "w-2")) {
        Awaitility.await().until(() -> second.snapshot().led().size() >= SHARDS / 2);
        assertThat(first.awaitDrained(Duration.ofSeconds(20))).isTrue();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> store.position() == rows.size());
      }
    }
    Totals expected = Totals.none().plus(rows);
    Totals found = store.read();
    assertThat(found.position()).isEqualTo(expected.position());
    expected
        .sums()
        .forEach((group, sum) -> assertThat(found.sums().get(group)).isEqualByComparingTo(sum));
  }

  @Test
  void theRowsOfAllShardsAreAllRows() {
    Set<Input.Row> all = new HashSet<>();
    int count = 0;
    for (int shard = 0; shard < SHARDS; shard++) {
      List<Input.Row> some = AddUp.rowsOf(shard, SHARDS, rows);
      assertThat(some.size()).isBetween(rows.size() / SHARDS, rows.size() / SHARDS + 1);
      all.addAll(some);
      count += some.size();
    }
    assertThat(count).isEqualTo(rows.size());
    assertThat(all).hasSameSizeAs(new HashSet<>(rows));
  }

  @Test
  void theTableRefusesAnOlderEpochOfTheSameShardAlone() throws Exception {
    Totals some = Totals.none().plus(rows.subList(0, 3));
    store.take(1, 4);
    store.write(1, 4, some);
    assertThatExceptionOfType(StaleEpochException.class)
        .isThrownBy(() -> store.write(1, 3, Totals.none()))
        .withMessage("epoch 3 refused: the table has seen epoch 4");
    assertThatExceptionOfType(StaleEpochException.class).isThrownBy(() -> store.take(1, 3));
    store.write(2, 1, some);
    assertThat(store.take(1, 5)).satisfies(now -> assertThat(now.position()).isEqualTo(3));
    assertThat(store.position()).isEqualTo(6);
  }

  @Test
  void aTransactionThatIsOpenOnAShardIsNoticed() throws Exception {
    assertThat(store.isFree(List.of(1, 2))).isTrue();
    try (Connection caught = DriverManager.getConnection(stage.jdbcUrl());
        Statement statement = caught.createStatement()) {
      caught.setAutoCommit(false);
      statement.executeUpdate("UPDATE fence SET position = 1 WHERE shard = 2");
      assertThat(store.isFree(List.of(1))).isTrue();
      assertThat(store.isFree(List.of(1, 2))).isFalse();
      caught.rollback();
    }
    assertThat(store.isFree(List.of(1, 2))).isTrue();
  }

  @Test
  void theMinimalWorkerOfTheReadmeLeads() throws Exception {
    Thread minimal =
        new Thread(
            () -> {
              try {
                MinimalWorker.main(new String[] {stage.connect()});
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    minimal.start();
    try (ShardDirectory directory = ShardDirectory.of(client, "/examples/orders")) {
      directory.start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> directory.leaders().size() == 16);
    }
    minimal.interrupt();
    minimal.join(TimeUnit.SECONDS.toMillis(60));
    assertThat(minimal.isAlive()).isFalse();
    assertThat(client.getChildren().forPath("/examples/orders/shards/3/audit"))
        .anyMatch(name -> name.startsWith("0000000002-resigned-"));
  }
}
