package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.ArchiveFiles;
import io.tenure.audit.AuditArchiver;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.ElectionClosedException;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.testing.Access;
import io.tenure.testing.SecureZooKeeper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Elections, workers, each command and the archiver, in each way to reach servers: TLS with and
 * without certificates of clients, SASL, x509 and digest. Where servers show the identities of
 * ACLs, znodes are for the workers and operators alone.
 */
@Timeout(120)
class SecureAccessTest {

  @RegisterExtension
  static final SecureZooKeeper plain = SecureZooKeeper.withoutClientCertificates();

  @RegisterExtension static final SecureZooKeeper mutual = SecureZooKeeper.withClientCertificates();

  @TempDir Path folder;

  /** A way to reach servers. */
  record Way(String name, SecureZooKeeper zk, Function<String, Access> of, boolean closed) {

    @Override
    public String toString() {
      return name;
    }

    String group() {
      return "/" + name.replace(' ', '-') + "/orders";
    }

    String scope() {
      return "/" + name.replace(' ', '-') + "/close";
    }

    /** A started client of a worker; what it makes is for workers and operators, if any. */
    CuratorFramework worker() {
      CuratorFrameworkFactory.Builder builder = of.apply("worker").client();
      if (closed) {
        builder.aclProvider(
            new Only(
                List.of(
                    new ACL(Perms.ALL, of.apply("worker").id()),
                    new ACL(Perms.ALL, of.apply("operator").id()))));
      }
      return zk.started(builder);
    }

    Cli.Result run(String... arguments) {
      List<String> all = new ArrayList<>(Arrays.asList(arguments));
      all.addAll(of.apply("operator").options());
      return Cli.nowhere().run(all.toArray(String[]::new));
    }
  }

  /** One ACL for all. */
  private record Only(List<ACL> acl) implements ACLProvider {
    @Override
    public List<ACL> getDefaultAcl() {
      return acl;
    }

    @Override
    public List<ACL> getAclForPath(String path) {
      return path.lastIndexOf('/') == 0 ? Ids.OPEN_ACL_UNSAFE : acl;
    }
  }

  static Stream<Way> ways() {
    return Stream.of(
        new Way("TLS", plain, user -> plain.tls(), false),
        new Way("TLS with certificates", mutual, mutual::x509, false),
        new Way("SASL", plain, plain::sasl, true),
        new Way("x509", mutual, mutual::x509, true),
        new Way("digest", plain, plain::digest, false));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void aLeaderIsElectedSeenRevokedAndArchived(Way way) throws Exception {
    try (LeaderElection election =
        LeaderElection.builder(way.worker(), way.scope()).candidateId("w-1").build()) {
      CompletableFuture<Void> running = CompletableFuture.runAsync(() -> lead(election));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> way.run("who", way.scope()).out().contains("w-1"));
      answered(way, "audit", way.scope());
      answered(way, "audit", "verify", way.scope());
      assertThat(answered(way, "audit", "export", way.scope()).json()).isNotEmpty();
      // On a slow machine the scope may be vacant at this moment, and its leader back soon.
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> answered(way, "revoke", way.scope(), "--reason", "for a test"));
      election.close();
      running.join();
    }
    answered(
        way, "archive", way.scope(), "--dir", folder.resolve("by-command").toString(), "--once");
    try (ArchiveFiles files = ArchiveFiles.at(folder.resolve("by-library")).open();
        AuditArchiver archiver =
            AuditArchiver.builder(way.worker(), way.scope()).sink(files).build()) {
      archiver.once();
      assertThat(files.positions()).hasSize(1);
    }
  }

  /** Steps renew the lease, however long the commands take. */
  private static void lead(LeaderElection election) {
    try {
      election.run(lease -> NextStep.after(Duration.ofMillis(100)));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } catch (ElectionClosedException e) {
      // As it is to end.
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void aGroupIsReadAndChangedByEachCommand(Way way) throws Exception {
    String group = way.group();
    worker(way, "w-1");
    worker(way, "w-2");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> way.run("status", group).out().contains("4 of 4 shards led"));

    answered(way, "who", group + "/shards/1");
    answered(way, "audit", group);
    answered(way, "settings", "-g", group);
    answered(way, "timeline", group, "--out", folder.resolve("page.html").toString());
    served(way, group);
    assertThat(way.run("doctor", group).exitCode()).isLessThanOrEqualTo(ExitCode.NO);

    changed(way, "drain", "w-1", "-g", group);
    changed(way, "undrain", "w-1", "-g", group);
    changed(way, "pin", "0", "--to", "w-2", "-g", group);
    changed(way, "unpin", "0", "-g", group);
    changed(way, "move", "1", "--to", "w-1", "-g", group);
    changed(way, "capacity", "w-1", "2", "-g", group);
    changed(way, "shards", "add", "1", "-g", group);
    changed(way, "shards", "remove", "1", "-g", group);
    changed(way, "settings", "--standbys", "0", "-g", group);
    answered(way, "audit", "verify", group);
    answered(way, "archive", group, "--dir", folder.resolve("archive").toString(), "--once");
  }

  /** The page is there and shows the group; the command ends when it is interrupted. */
  private static void served(Way way, String group) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Io io =
        new Io(
            new Output(out),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            Map.of(),
            Path.of("/nowhere"),
            Clock.systemUTC(),
            false,
            Integer.MAX_VALUE,
            new AtomicReference<>(""));
    List<String> arguments = new ArrayList<>(List.of("serve", group, "--port", "0"));
    arguments.addAll(way.of().apply("operator").options());
    CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    Thread serving =
        new Thread(
            () -> exitCode.complete(TenureCommand.run(io, arguments.toArray(String[]::new))));
    serving.start();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> exitCode.isDone() || out.toString(StandardCharsets.UTF_8).contains("\n"));
    String said = out.toString(StandardCharsets.UTF_8).strip();
    assertThat(said).contains("serving " + group + " at http://");
    URI status = URI.create(said.substring(said.indexOf("http://"))).resolve("/api/status");
    HttpClient http = HttpClient.newHttpClient();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                http.send(HttpRequest.newBuilder(status).build(), BodyHandlers.ofString())
                    .body()
                    .contains("w-1"));
    serving.interrupt();
    assertThat(exitCode.get(30, TimeUnit.SECONDS)).isEqualTo(ExitCode.INTERRUPTED);
  }

  private static void worker(Way way, String id) throws Exception {
    ShardWorker worker =
        ShardWorker.builder(way.worker(), way.group())
            .workerId(id)
            .shards(ShardSet.numbered(4))
            .settleWindow(Duration.ofMillis(300))
            .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(500)))
            .build();
    way.zk().closeLater(worker);
    worker.start().toCompletableFuture().get();
  }

  private static Cli.Result answered(Way way, String... arguments) {
    Cli.Result result = way.run(arguments);
    assertThat(result.exitCode()).as(Arrays.toString(arguments) + result).isZero();
    return result;
  }

  private static void changed(Way way, String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--reason", "for a test", "--no-wait"));
    answered(way, all.toArray(String[]::new));
  }
}
