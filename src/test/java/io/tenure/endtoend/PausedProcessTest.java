package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The difference in one line: a process that is stopped for longer than its session asks its lease
 * and a plain LeaderLatch in the first instructions after it wakes.
 */
@Timeout(180)
class PausedProcessTest {

  private static final int ROUNDS = 3;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void aProcessThatWakesFromALongPauseKnowsAtOnceThatItsLeaseIsOverAndALatchDoesNot()
      throws Exception {
    CuratorFramework observer = zk.client();
    List<String> answers = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      try (Jvm child = new Jvm(PausedProcess.class.getName(), zk.server().getConnectString())) {
        child.awaitLine("leads twice");
        child.signal("STOP");
        await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    observer.checkExists().forPath("/tenure/leader") == null
                        && observer.getChildren().forPath("/plain").isEmpty());
        child.signal("CONT");
        answers.add(child.awaitLine("woke after "));
      }
    }
    answers.forEach(System.out::println);
    assertThat(answers).allMatch(answer -> answer.contains("lease.isHeld()=false"));
    // The latch learns it from its event thread, which may by chance be faster than our next line.
    assertThat(answers).anyMatch(answer -> answer.contains("latch.hasLeadership()=true"));
  }
}
