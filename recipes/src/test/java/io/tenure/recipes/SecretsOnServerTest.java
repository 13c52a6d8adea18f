package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.scope.Transition;
import io.tenure.testing.LogLines;
import io.tenure.testing.WholeTree;
import io.tenure.testing.ZooKeeperFixture;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a task throws may hold secrets: the log has it whole, ZooKeeper never. */
@Timeout(60)
class SecretsOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";
  private static final String MESSAGE = "no login at jdbc:postgresql://db/x?password=hunter2";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private CuratorFramework client;

  @BeforeEach
  void connect() {
    client = zk.client();
  }

  /** Fails in one of its calls. */
  private record Failing(String call) implements LeaderTask {
    private void called(String what) {
      if (what.equals(call)) {
        throw new IllegalStateException(MESSAGE);
      }
    }

    @Override
    public void prepare(Lease lease) {
      called("prepare");
    }

    @Override
    public NextStep step(Lease lease) {
      called("step");
      return NextStep.done("done");
    }

    @Override
    public void stop(Lease lease, Transition.End why) {
      called("stop");
    }
  }

  private String reason(String call, UnaryOperator<LeaderElection.Builder> how) throws Exception {
    try (LeaderElection election =
        how.apply(LeaderElection.builder(zk.monitor(client), SCOPE).candidateId("w-1")).build()) {
      assertThatThrownBy(() -> election.run(new Failing(call))).hasMessage(MESSAGE);
    }
    List<RecordedEntry> entries = AuditLog.of(client, SCOPE).trail().entries();
    return entries.get(entries.size() - 1).entry().transition().reason();
  }

  @ParameterizedTest
  @ValueSource(strings = {"prepare", "step", "stop"})
  void theTrailHasTheClassAndTheMessageWithoutSecretsAndTheLogTheWhole(String call)
      throws Exception {
    try (LogLines lines = LogLines.of("io.tenure")) {
      assertThat(reason(call, how -> how))
          .isEqualTo(
              call + " threw java.lang.IllegalStateException: no login at jdbc:postgresql:***");
      assertThat(WholeTree.text(client, "/billing")).contains("no login").doesNotContain("hunter2");
      assertThat(lines.atLeast(Level.WARN))
          .anySatisfy(line -> assertThat(whole(line)).contains(MESSAGE));
    }
  }

  private static String whole(ILoggingEvent line) {
    return line.getThrowableProxy() == null
        ? ""
        : ThrowableProxyUtil.asString(line.getThrowableProxy());
  }

  @Test
  void aFunctionOfTheUsersSaysWhatTheTrailIsTold() throws Exception {
    assertThat(reason("step", how -> how.failureText(thrown -> "login")))
        .isEqualTo("step threw java.lang.IllegalStateException: login");
    assertThat(reason("step", how -> how.failureText(thrown -> "")))
        .isEqualTo("step threw java.lang.IllegalStateException");
  }
}
