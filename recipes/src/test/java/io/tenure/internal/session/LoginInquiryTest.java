package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.CoordinationException;
import io.tenure.testing.Access;
import io.tenure.testing.LogLines;
import io.tenure.testing.SecureZooKeeper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.curator.retry.RetryForever;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whether a login was refused is known also behind a handle that is closed and not replaced. */
@Timeout(60)
class LoginInquiryTest {

  /** Longer than the tests take: Curator replaces no handle meanwhile. */
  private static final int SESSION_MILLIS = 120_000;

  @RegisterExtension static final SecureZooKeeper zk = SecureZooKeeper.withoutClientCertificates();

  @TempDir Path folder;

  private static final List<RetryPolicy> POLICIES =
      List.of(
          new RetryForever(50),
          new RetryNTimes(0, 0),
          new RetryNTimes(3, 50),
          new ExponentialBackoffRetry(50, 3));

  /** Credentials that servers refuse. */
  record Refused(String name, Access access, String scheme, RetryPolicy policy) {
    @Override
    public String toString() {
      return name + ", " + policy.getClass().getSimpleName();
    }

    CuratorFrameworkFactory.Builder client() {
      CuratorFrameworkFactory.Builder client = LoginInquiryTest.client(access, policy);
      return scheme.isEmpty()
          ? client
          : client.authorization(scheme, "worker".getBytes(StandardCharsets.UTF_8));
    }
  }

  private static CuratorFrameworkFactory.Builder client(Access access, RetryPolicy policy) {
    return access.client().sessionTimeoutMs(SESSION_MILLIS).retryPolicy(policy);
  }

  static Stream<Refused> refused() {
    return POLICIES.stream()
        .flatMap(
            policy ->
                Stream.of(
                    new Refused("wrong password", zk.sasl("worker", "wrong"), "", policy),
                    new Refused("unknown scheme", zk.plain(), "nobody-knows", policy)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void theRefusalIsKnownBehindTheHandleThatCuratorHasClosed(Refused refused) throws Exception {
    CuratorFramework client = zk.started(refused.client());
    ZnodeReader reader = new ZnodeReader(client);
    assertRefused(reader);
    ZooKeeper handle = client.getZookeeperClient().getZooKeeper();
    await().until(() -> handle.getState() == ZooKeeper.States.AUTH_FAILED);
    handle.getTestable().injectSessionExpiration(); // As Curator does it after a session timeout.
    assertThat(handle.getState()).isEqualTo(ZooKeeper.States.CLOSED);
    assertRefused(reader);
    assertRefused(new ZnodeReader(client));
    assertThat(client.getZookeeperClient().getZooKeeper()).isSameAs(handle);
  }

  private static void assertRefused(ZnodeReader reader) {
    assertThatThrownBy(() -> reader.read(List.of("/billing")))
        .isInstanceOf(AuthenticationFailedException.class);
  }

  @Test
  void aClientThatIsMeantToLogInAndDoesNotSaysOnceWhyItHasNoLogin() throws Exception {
    Access access = zk.sasl("worker").with("zookeeper.sasl.clientconfig", "Nowhere");
    try (LogLines lines = LogLines.of(LoginWatch.class.getName())) {
      CuratorFramework client = zk.client(access);
      for (int i = 0; i < 3; i++) {
        assertThat(new ZnodeReader(client).read(List.of("/"))).hasSize(1);
      }
      await().until(() -> !lines.warnings().isEmpty());
      assertThat(lines.warnings())
          .singleElement()
          .asString()
          .contains("goes on without the SASL login", "no JAAS section \"Nowhere\"");
    }
  }

  @Test
  void aLoginFileThatIsMissingIsNamed() throws Exception {
    String file = folder.resolve("jaas.conf").toString();
    System.setProperty(LoginFile.PROPERTY, file);
    try (LogLines lines = LogLines.of(LoginWatch.class.getName())) {
      assertThat(new ZnodeReader(zk.client(zk.plain())).read(List.of("/"))).hasSize(1);
      await().until(() -> !lines.warnings().isEmpty());
      assertThat(lines.warnings())
          .singleElement()
          .asString()
          .contains(LoginFile.PROPERTY + "=" + file + " does not exist");
    } finally {
      System.clearProperty(LoginFile.PROPERTY);
    }
  }

  @Test
  void aHandleThatTheApplicationHasClosedIsNamedBeforeCuratorReplacesIt() throws Exception {
    CuratorFramework client = zk.started(client(zk.sasl("worker"), new RetryNTimes(0, 0)));
    ZnodeReader reader = new ZnodeReader(client);
    assertThat(reader.read(List.of("/"))).hasSize(1);
    ZooKeeper handle = client.getZookeeperClient().getZooKeeper();
    handle.close();
    assertThatThrownBy(() -> reader.read(List.of("/")))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("handle was closed");
    assertThat(client.getZookeeperClient().getZooKeeper()).isSameAs(handle);
  }
}
