package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.lease.NextStep;
import io.tenure.scope.AuthenticationFailedException;
import io.tenure.testing.Access;
import io.tenure.testing.Certificates.Validity;
import io.tenure.testing.SecureZooKeeper;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What waits for a group on servers that refuse the client's login ends. */
@Timeout(60)
class RefusedLoginTest {

  private static final String GROUP = "/payments";

  /** It takes only clients that log in with SASL. */
  @RegisterExtension
  static final SecureZooKeeper zk =
      SecureZooKeeper.with(
          Map.of("sessionRequireClientSASLAuth", "true"),
          authority -> authority.issueForLoopback(Validity.NOW));

  /** A login that the servers refuse. */
  record Refused(String name, Access access) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Refused> refused() {
    return Stream.of(
        new Refused("wrong password", zk.sasl("worker", "wrong")),
        new Refused("digest in FIPS mode", zk.sasl("worker").with("zookeeper.fips-mode", "")),
        new Refused("no login", zk.plain()));
  }

  /** Itself, or as the cause of a future's failure. */
  private static void fails(ThrowingCall call) {
    assertThatThrownBy(call::run)
        .extracting(error -> error instanceof ExecutionException ? error.getCause() : error)
        .isInstanceOf(AuthenticationFailedException.class);
  }

  private interface ThrowingCall {
    void run() throws Exception;
  }

  @ParameterizedTest
  @MethodSource("refused")
  void aWorkerCannotJoin(Refused refused) {
    CuratorFramework client = zk.client(refused.access());
    fails(
        () ->
            zk.closeLater(
                    ShardWorker.builder(client, GROUP)
                        .workerId("w-1")
                        .shards(ShardSet.numbered(2))
                        .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
                        .build())
                .start()
                .toCompletableFuture()
                .get());
  }

  @ParameterizedTest
  @MethodSource("refused")
  void aDirectoryCannotStart(Refused refused) {
    CuratorFramework client = zk.client(refused.access());
    fails(
        () -> zk.closeLater(ShardDirectory.of(client, GROUP)).start().toCompletableFuture().get());
  }

  @ParameterizedTest
  @MethodSource("refused")
  void aGroupCannotBeReadOrChanged(Refused refused) {
    ShardGroup group = ShardGroup.of(zk.client(refused.access()), GROUP);
    fails(group::status);
    fails(() -> group.drain("w-1", "for a test"));
  }
}
