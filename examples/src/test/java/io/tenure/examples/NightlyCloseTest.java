package io.tenure.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.NotLeaderException;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The close across tenures, on a real server and a real database. */
@Timeout(60)
class NightlyCloseTest {

  private final Input input = new Input("test", rows());
  private final Totals expected = Totals.none().plus(input.rows());
  private Stage stage;
  private CloseStore store;
  private CuratorFramework client;
  private LeaderElection election;

  private static List<Input.Row> rows() {
    List<Input.Row> rows = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      rows.add(new Input.Row("group-" + i % 7, BigDecimal.valueOf(i)));
    }
    return rows;
  }

  @BeforeEach
  void open() throws Exception {
    stage = new Stage();
    stage.open(Optional.empty());
    store = stage.closeLater(new CloseStore(stage.jdbcUrl()));
    store.create();
    client = CuratorFrameworkFactory.newClient(stage.connect(), new RetryNTimes(3, 100));
    client.start();
    election = LeaderElection.builder(client, stage.root()).candidateId("w-1").build();
  }

  @AfterEach
  void close() {
    election.close();
    client.close();
    stage.close();
  }

  private NightlyClose task() {
    return new NightlyClose(
        input,
        store,
        10,
        Duration.ZERO,
        new NightlyClose.Progress() {
          @Override
          public void prepared(Lease lease, int position) {}

          @Override
          public void unit(Lease lease, Totals totals) {}

          @Override
          public void lost(Tenure tenure, Transition.End why, boolean held, Totals pending) {}
        });
  }

  @Test
  void oneLeaderAddsItAllUp() throws Exception {
    election.run(task());
    assertThat(store.read().total()).isEqualByComparingTo(expected.total());
  }

  @Test
  void aSuccessorGoesOnFromTheCheckpointAndAUnitDoneTwiceCountsOnce() throws Exception {
    NightlyClose first = task();
    try (Lease lease = election.acquire()) {
      first.prepare(lease);
      first.step(lease);
      first.step(lease);
      // It dies after the table has taken the third unit and before the checkpoint is written.
      store.write(first.totals().plus(input.rows().subList(20, 30)), lease.epoch());
    }
    NightlyClose second = task();
    try (Lease lease = election.acquire()) {
      second.prepare(lease);
      assertThat(second.totals().position()).isEqualTo(20);
      while (!(second.step(lease) instanceof NextStep.Done)) {
        lease.renew();
      }
    }
    Totals found = store.read();
    assertThat(found.position()).isEqualTo(100);
    expected
        .sums()
        .forEach((group, sum) -> assertThat(found.sums().get(group)).isEqualByComparingTo(sum));
  }

  @Test
  void theTableRefusesAnOlderEpochAndKeepsWhatItHas() throws Exception {
    store.write(expected, 3);
    assertThatExceptionOfType(StaleEpochException.class)
        .isThrownBy(() -> store.write(Totals.none(), 2))
        .withMessage("epoch 2 refused: the table has seen epoch 3");
    assertThat(store.read().position()).isEqualTo(100);
    store.write(expected, 3);
    store.write(expected, 4);
    assertThat(store.epoch()).isEqualTo(4);
  }

  @Test
  void theTableHoldsExactlyWhatItsPositionSaysAlsoWhenASuccessorGoesBackAUnit() throws Exception {
    Totals two = Totals.none().plus(input.rows().subList(0, 2));
    store.write(two.plus(input.rows().subList(2, 4)), 1);
    store.write(two, 2);
    assertThat(store.read().position()).isEqualTo(2);
    assertThat(store.read().sums().keySet()).isEqualTo(two.sums().keySet());
  }

  @Test
  void aLeaderCaughtInATransactionIsNoticedBeforeItBlocksItsSuccessor() throws Exception {
    assertThat(store.isFree()).isTrue();
    try (Connection caught = DriverManager.getConnection(stage.jdbcUrl())) {
      caught.setAutoCommit(false);
      caught.createStatement().executeUpdate("UPDATE fence SET epoch = 1");
      assertThat(store.isFree()).isFalse();
      caught.rollback();
    }
    assertThat(store.isFree()).isTrue();
  }

  @Test
  void aLostLeaderWritesNothingAndSaysThatItsLeaseIsOver() throws Exception {
    List<String> told = new ArrayList<>();
    NightlyClose task =
        new NightlyClose(
            input,
            store,
            10,
            Duration.ZERO,
            new NightlyClose.Progress() {
              @Override
              public void prepared(Lease lease, int position) {}

              @Override
              public void unit(Lease lease, Totals totals) {}

              @Override
              public void lost(Tenure tenure, Transition.End why, boolean held, Totals pending) {
                told.add(held + " " + pending.position());
              }
            });
    Lease lease = election.acquire();
    task.prepare(lease);
    task.step(lease);
    lease.close();
    assertThatExceptionOfType(NotLeaderException.class).isThrownBy(() -> task.step(lease));
    task.lost(lease.tenure(), new Transition.Lapsed("test"));
    assertThat(told).containsExactly("false 20");
    assertThat(store.read().position()).isEqualTo(10);
  }

  @Test
  void theMinimalLeaderOfTheReadmeLeads() throws Exception {
    MinimalLeader.main(new String[] {stage.connect(), "3"});
    assertThat(client.getChildren().forPath("/examples/minimal/audit"))
        .anyMatch(name -> name.startsWith("0000000001-elected-"))
        .anyMatch(name -> name.startsWith("0000000002-resigned-"));
  }

  @Test
  void theAppendOnlyLeaderOfTheReadmeCannotDeleteItsHistory() throws Exception {
    AppendOnlyLeader.main(new String[] {stage.connect(), "one", "another"});
    assertThat(client.getChildren().forPath("/examples/append-only/audit"))
        .containsExactlyInAnyOrder("0000000001-elected-w-1", "0000000002-resigned-w-1");
  }
}
