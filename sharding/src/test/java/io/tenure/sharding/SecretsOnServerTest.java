package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.scope.Transition;
import io.tenure.testing.LogLines;
import io.tenure.testing.WholeTree;
import io.tenure.testing.ZooKeeperFixture;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the tasks of shards throw may hold secrets: the log has it whole; trails, registrations and
 * what is read from them never.
 */
@Timeout(120)
class SecretsOnServerTest {

  private static final String MESSAGE = "no login at https://app:hunter2@db.example.org/x";

  /** Each fails in one of the calls. */
  private static final List<String> SHARDS =
      List.of("cool", "factory", "prepare", "step", "stop", "warm");

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final Map<String, Boolean> failed = new ConcurrentHashMap<>();
  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/orders");
  }

  private void called(String shard, String call) {
    if (shard.equals(call)) {
      failed.put(shard, true);
      throw new IllegalStateException(MESSAGE);
    }
  }

  private ShardTask task(String worker, String shard) {
    called(shard, "factory");
    return workers.new Watched(worker, shard) {
      @Override
      public void warmUp() throws Exception {
        called(shard, "warm");
        super.warmUp();
      }

      @Override
      public void coolDown() throws Exception {
        called(shard, "cool");
        super.coolDown();
      }

      @Override
      public void prepare(Lease lease) throws Exception {
        called(shard, "prepare");
        super.prepare(lease);
      }

      @Override
      public NextStep step(Lease lease) throws Exception {
        called(shard, "step");
        if (shard.equals("stop")) {
          return NextStep.handOver("");
        }
        return super.step(lease);
      }

      @Override
      public void stop(Lease lease, Transition.End why) throws Exception {
        called(shard, "stop");
        super.stop(lease, why);
      }
    };
  }

  private void run(UnaryOperator<ShardWorker.Builder> how) throws Exception {
    for (String id : List.of("w-1", "w-2")) {
      workers.start(
          id, b -> how.apply(b.shards(ShardSet.named(SHARDS)).tasks(shard -> task(id, shard))));
    }
    workers.await(
        () -> {
          assertThat(failed).containsKeys("factory", "prepare", "step", "stop");
          assertThat(workers.observer().getChildren().forPath("/orders/workers")).hasSize(2);
          assertThat(WholeTree.text(workers.observer(), "/orders/workers")).contains("errors");
        });
  }

  @Test
  void noZnodeHasTheSecretAndTheLogHasTheExceptionsWhole() throws Exception {
    try (LogLines lines = LogLines.of("io.tenure")) {
      run(how -> how);
      String tree = WholeTree.text(workers.observer(), "/orders");
      assertThat(tree)
          .contains("threw java.lang.IllegalStateException: no login at https://***@db.example.org")
          .doesNotContain("hunter2");
      assertThat(ShardGroup.of(workers.observer(), "/orders").status().toString())
          .doesNotContain("hunter2");
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
  void aFunctionOfTheUsersSaysWhatTrailsAndRegistrationsAreTold() throws Exception {
    run(how -> how.failureText(thrown -> "code 7"));
    assertThat(WholeTree.text(workers.observer(), "/orders"))
        .contains("threw java.lang.IllegalStateException: code 7")
        .contains("\"error\":\"java.lang.IllegalStateException: code 7\"")
        .doesNotContain("no login", "hunter2");
  }
}
