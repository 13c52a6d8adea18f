package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.tenure.audit.ArchiveFiles;
import io.tenure.audit.AuditArchiver;
import io.tenure.audit.AuditFollower;
import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.lease.NextStep;
import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.InsecureConnectionException;
import io.tenure.testing.Access;
import io.tenure.testing.Certificates;
import io.tenure.testing.Certificates.Validity;
import io.tenure.testing.LogLines;
import io.tenure.testing.SecureZooKeeper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.retry.RetryForever;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What waits for servers that refuse the client ends, or says why it waits. */
@Timeout(60)
class RefusedLoginTest {

  private static final String SCOPE = "/billing/eu";

  @RegisterExtension static final SecureZooKeeper zk = SecureZooKeeper.withClientCertificates();

  /** One that takes only clients that log in with SASL. */
  @RegisterExtension
  static final SecureZooKeeper strict =
      SecureZooKeeper.with(
          Map.of("sessionRequireClientSASLAuth", "true"),
          authority -> authority.issueForLoopback(Validity.NOW));

  @TempDir Path folder;

  /** A login that servers refuse. */
  record Refused(String name, Access access, String namespace, String says) {
    @Override
    public String toString() {
      return name;
    }

    CuratorFramework client() {
      return zk.started(access.client().namespace(namespace));
    }
  }

  static Stream<Refused> refused() {
    return Stream.of(
        new Refused("wrong password", zk.sasl("worker", "wrong"), "", "user, password or ticket"),
        new Refused(
            "wrong password of a strict server",
            strict.sasl("worker", "wrong"),
            "",
            "user, password or ticket"),
        new Refused(
            "digest in FIPS mode",
            zk.sasl("worker").with("zookeeper.fips-mode", ""),
            "",
            "zookeeper.fips-mode=false"),
        new Refused("no login", strict.plain(), "", "only clients that log in"),
        new Refused("no login, in a namespace", strict.plain(), "ns", "only clients that log in"),
        new Refused(
            "a section that is not there",
            strict.sasl("worker").with("zookeeper.sasl.clientconfig", "Nowhere"),
            "",
            "JAAS section \"Nowhere\""));
  }

  /** One that Curator loses in its own way for each. */
  static Stream<Refused> refusedOfEachKind() {
    return refused()
        .filter(
            one ->
                Set.of("wrong password", "digest in FIPS mode", "no login").contains(one.name()));
  }

  private static void fails(Refused refused, ThrowingCall call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(AuthenticationFailedException.class)
        .satisfies(
            error ->
                assertThat(error.getMessage())
                    .containsAnyOf(refused.says(), "correct the client's authorization or JAAS"));
  }

  private interface ThrowingCall {
    void run() throws Exception;
  }

  private static LeaderElection election(Refused refused) {
    return zk.closeLater(LeaderElection.builder(refused.client(), SCOPE).build());
  }

  @ParameterizedTest
  @MethodSource("refused")
  void anElectionEnds(Refused refused) {
    fails(refused, () -> election(refused).acquire());
    fails(refused, () -> election(refused).run(lease -> NextStep.after(Duration.ofSeconds(1))));
  }

  @ParameterizedTest
  @MethodSource("refusedOfEachKind")
  void readersOfTheTrailEnd(Refused refused) {
    CuratorFramework client = refused.client();
    AuditLog trail = AuditLog.of(client, SCOPE);
    assertThatThrownBy(trail::entries).isInstanceOf(AuthenticationFailedException.class);
    CompletableFuture<RuntimeException> ended = new CompletableFuture<>();
    zk.closeLater(
        trail.follow(
            new AuditFollower() {
              @Override
              public void entry(RecordedEntry entry) {}

              @Override
              public void failed(RuntimeException cause) {
                ended.complete(cause);
              }
            }));
    assertThat(ended)
        .succeedsWithin(Duration.ofSeconds(40))
        .isInstanceOf(AuthenticationFailedException.class);
  }

  @ParameterizedTest
  @MethodSource("refusedOfEachKind")
  void eachQuestionEndsWithTheReasonAlsoWhereCuratorAsksAgainForEver(Refused refused) {
    CuratorFramework persistent =
        zk.started(refused.access().client().namespace("").retryPolicy(new RetryForever(200)));
    fails(refused, zk.closeLater(LeaderElection.builder(persistent, SCOPE).build())::leader);
    // Later questions meet handles that Curator has closed, and not yet replaced.
    CuratorFramework client = refused.client();
    LeaderElection election = zk.closeLater(LeaderElection.builder(client, SCOPE).build());
    for (int i = 0; i < 3; i++) {
      fails(refused, election::leader);
    }
    fails(refused, AuditLog.of(client, SCOPE)::verify);
  }

  @ParameterizedTest
  @MethodSource("refusedOfEachKind")
  void anArchiverEnds(Refused refused) throws Exception {
    try (ArchiveFiles files = ArchiveFiles.at(folder).open();
        AuditArchiver archiver = AuditArchiver.builder(refused.client(), "/").sink(files).build()) {
      assertThatThrownBy(archiver::run).isInstanceOf(AuthenticationFailedException.class);
    }
  }

  @Test
  void aClientThatAsksForTlsAndWouldGoInPlainTextIsRefused() {
    Access plain = zk.plain().with("zookeeper.client.secure", "true");
    LeaderElection election =
        zk.closeLater(LeaderElection.builder(zk.client(plain), SCOPE).build());
    assertThatThrownBy(election::acquire)
        .isInstanceOf(InsecureConnectionException.class)
        .hasMessageContaining("ClientCnxnSocketNetty");
  }

  @Test
  void aClientWhoseWishForTlsZooKeeperTakesForNoIsRefused() {
    Access netty = zk.tls().at(zk.plain().connect());
    for (Access plain : List.of(zk.plain(), netty)) {
      LeaderElection election =
          zk.closeLater(
              LeaderElection.builder(zk.client(plain.with("zookeeper.client.secure", "yes")), SCOPE)
                  .build());
      assertThatThrownBy(election::acquire)
          .isInstanceOf(InsecureConnectionException.class)
          .hasMessageContaining("zookeeper.client.secure=yes");
    }
  }

  @Test
  void whyThereIsNoTlsIsSaidOnce() throws Exception {
    Path trust = Certificates.authority("CN=Other").trustStore(folder.resolve("trust.p12"));
    Access access = zk.x509("worker").with("zookeeper.ssl.trustStore.location", trust.toString());
    waitsAndSaysOnce(access, "is issued by CN=Test Authority, which is not trusted");
  }

  @Test
  void aPlainClientOfServersWithTlsIsToldOnce() throws Exception {
    waitsAndSaysOnce(zk.plain().at(zk.tls().connect()), "speaks TLS, and this client does not");
  }

  /** All of them at the same time, for longer than a client's connection timeout. */
  private static CompletableFuture<?> waitFor(List<LeaderElection> elections) {
    return CompletableFuture.allOf(
        elections.stream()
            .map(
                election ->
                    CompletableFuture.runAsync(
                        () -> {
                          try {
                            assertThat(election.tryAcquire(Duration.ofSeconds(2))).isEmpty();
                          } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                          }
                        }))
            .toArray(CompletableFuture[]::new));
  }

  /**
   * A server that is slow is looked at again; what was said is not said again, by no election of
   * the client.
   */
  private static void waitsAndSaysOnce(Access access, String says) throws Exception {
    try (LogLines lines = LogLines.of("io.tenure.internal.session.MissingConnection")) {
      CuratorFramework client = zk.client(access);
      List<LeaderElection> elections = new ArrayList<>();
      for (String scope : List.of(SCOPE, SCOPE + "-2", SCOPE + "-3")) {
        elections.add(zk.closeLater(LeaderElection.builder(client, scope).build()));
      }
      CompletableFuture<?> waiting = waitFor(elections);
      await().atMost(Duration.ofSeconds(50)).until(() -> !lines.warnings().isEmpty());
      waiting.get(30, TimeUnit.SECONDS);
      waitFor(elections).get(30, TimeUnit.SECONDS);
      List<String> said = lines.warnings();
      assertThat(said).singleElement().asString().contains(access.connect(), says);
      assertThat(lines.atLeast(Level.ERROR)).isEmpty();
    }
  }
}
