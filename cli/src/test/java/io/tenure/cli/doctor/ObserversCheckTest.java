package io.tenure.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.cli.doctor.ServerAnswer.Following;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What is made of servers' answers about observers, also where they tell little. */
class ObserversCheckTest {

  private static final String CONF_OF_1 = "clientPort=2181\ntickTime=2000\nserverId=1\n";

  private static ServerAnswer server(String name, String mode, String conf, String mntr) {
    return new ServerAnswer(
        name,
        InetSocketAddress.createUnresolved(name, 2181),
        ServerAnswer.State.SERVES,
        "",
        "3.9.3",
        mode,
        0,
        0,
        OptionalInt.empty(),
        Following.parse(conf, mntr));
  }

  private static List<Diagnosis> found(boolean told, ServerAnswer... servers) {
    Findings findings = new Findings("observers");
    ObserversCheck.find(
        new Ensemble(List.of(servers), servers.length, Optional.empty(), "", 0), told, findings);
    return findings.all();
  }

  private static final ServerAnswer LEADER =
      server("zk-1", "leader", CONF_OF_1, "zk_synced_observers\t1\n");

  @Test
  void anEnsembleWithoutObserversIsNotMentioned() {
    assertThat(found(false, LEADER, server("zk-2", "follower", "", "zk_version\t3.9.3\n")))
        .isEmpty();
  }

  @Test
  void anObserverThatFollowsTheLeaderIsAsGoodAsAFollower() {
    assertThat(found(false, LEADER, server("zk-3", "observer", "", "zk_observer_master_id\t1\n")))
        .isEmpty();
  }

  @Test
  void anObserverThatFollowsAnotherServerIsNamedWithTheOption() {
    assertThat(found(false, LEADER, server("zk-3", "observer", "", "zk_observer_master_id\t2\n")))
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.level()).isEqualTo(Level.RISKY);
              assertThat(one.text()).contains("zk-3 is an observer and follows server 2");
              assertThat(one.advice()).contains("observerMaster(true)");
            });
  }

  @Test
  void aFollowerWithThePortIsNamedAlsoBeforeAnObserverFollowsIt() {
    assertThat(found(false, LEADER, server("zk-2", "follower", "", "zk_synced_observers\t0\n")))
        .singleElement()
        .satisfies(one -> assertThat(one.text()).contains("zk-2 has observerMasterPort"));
  }

  @Test
  void observersThatDoNotTellWhomTheyFollowAreSaidNotToBeChecked() {
    ServerAnswer observer =
        server("zk-3", "observer", "", "mntr is not executed because it is not in the whitelist.");
    assertThat(found(false, LEADER, observer))
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.checked()).isFalse();
              assertThat(one.text()).contains("zk-3");
              assertThat(one.advice()).contains("mntr").contains("observerMaster(true)");
            });
    assertThat(found(true, LEADER, observer))
        .singleElement()
        .satisfies(one -> assertThat(one.level()).isEqualTo(Level.OK));
  }

  @Test
  void anOptionThatNothingAsksForIsANote() {
    assertThat(found(true, LEADER))
        .singleElement()
        .satisfies(one -> assertThat(one.level()).isEqualTo(Level.NOTE));
  }
}
