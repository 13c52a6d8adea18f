package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.lease.NextStep;
import io.tenure.scope.Retention;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.testing.Access;
import io.tenure.testing.SecureZooKeeper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What operators do to a group under {@link AppendOnlyAcl}, with credentials of each kind. Each
 * test has a group of its own, directly below the root, since folders belong to those who make
 * them.
 */
@Timeout(180)
class AppendOnlyCommandsTest {

  @RegisterExtension static final SecureZooKeeper zk = SecureZooKeeper.withClientCertificates();

  /** How users prove who they are. */
  private enum Kind {
    DIGEST {
      @Override
      Access of(String user) {
        return zk.digest(user);
      }
    },
    SASL {
      @Override
      Access of(String user) {
        return zk.sasl(user);
      }
    },
    X509 {
      @Override
      Access of(String user) {
        return zk.x509(user);
      }
    };

    abstract Access of(String user);
  }

  @TempDir private Path directory;

  private static AppendOnlyAcl scheme(Kind kind) {
    return AppendOnlyAcl.builder()
        .workers(kind.of("worker").id())
        .operators(kind.of("operator").id())
        .archivers(kind.of("archiver").id())
        .readers(kind.of("reader").id())
        .build();
  }

  /** The lines of that scheme, in a file. */
  private Path lines(Kind kind) throws Exception {
    List<String> lines = new ArrayList<>();
    for (String role : List.of("worker", "operator", "archiver", "reader")) {
      Id id = kind.of(role).id();
      lines.add("acl." + role + "s=" + id.getScheme() + ":" + id.getId());
    }
    return Files.write(directory.resolve("scheme.properties"), lines);
  }

  private static void group(Kind kind, String path, String... ids) throws Exception {
    for (String id : ids) {
      CuratorFramework client = zk.started(kind.of("worker").client().aclProvider(scheme(kind)));
      ShardWorker worker =
          zk.closeLater(
              ShardWorker.builder(client, path)
                  .workerId(id)
                  .shards(ShardSet.named(List.of("a", "b", "c", "d")))
                  .retention(Retention.KEEP_ALL)
                  .settleWindow(Duration.ofMillis(300))
                  .drainOnShutdown(Duration.ZERO)
                  .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(500)))
                  .build());
      worker.start().toCompletableFuture().get();
    }
    CuratorFramework reader = zk.client(kind.of("reader"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> leaders(reader, path).values().stream().mapToInt(List::size).sum() == 4);
  }

  /** The shards that each worker leads. */
  private static Map<String, List<String>> leaders(CuratorFramework client, String path)
      throws Exception {
    Map<String, List<String>> leaders = new TreeMap<>();
    ShardGroup.of(client, path)
        .status()
        .shards()
        .forEach(
            shard ->
                shard
                    .leader()
                    .ifPresent(
                        leader ->
                            leaders
                                .computeIfAbsent(leader.workerId(), any -> new ArrayList<>())
                                .add(shard.shard())));
    return leaders;
  }

  private static Cli.Result run(Access access, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(access.options());
    return Cli.nowhere().run(all.toArray(String[]::new));
  }

  private static void assertDone(Cli.Result result) {
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(result.out()).contains("recorded as ");
  }

  private static List<String> tree(CuratorFramework client, String path) throws Exception {
    List<String> all = new ArrayList<>(List.of(path));
    try {
      for (String child : client.getChildren().forPath(path)) {
        all.addAll(tree(client, path + "/" + child));
      }
    } catch (KeeperException.NoNodeException e) {
      all.remove(path);
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource
  void everyChangeIsFollowedByWorkersAndLeavesATrailThatCanBeVerifiedAndArchived(Kind kind)
      throws Exception {
    String group = "/every-" + kind;
    group(kind, group, "w-1", "w-2");
    Access operator = kind.of("operator");
    CuratorFramework worker = zk.client(kind.of("worker"));
    Changes changes = new Changes(operator, group, kind == Kind.DIGEST ? lines(kind) : null);

    assertDone(changes.run("drain", "w-1", "--reason", "4.2"));
    assertThat(leaders(worker, group)).containsOnlyKeys("w-2");
    assertThat(worker.getChildren().forPath(group + "/directives")).containsExactly("drain-w-1");
    assertThat(new String(worker.getData().forPath(group + "/directives/drain-w-1")))
        .contains("4.2");
    assertDone(changes.run("drain", "w-1", "--reason", "4.3"));
    assertDone(changes.run("undrain", "w-1"));
    assertThat(leaders(worker, group)).hasSize(2);
    assertDone(changes.run("pin", "a", "--to", "w-2"));
    assertThat(leaders(worker, group).get("w-2")).contains("a");
    assertDone(changes.run("pin", "a", "--to", "w-1"));
    assertThat(leaders(worker, group).get("w-1")).contains("a");
    assertDone(changes.run("unpin", "a"));
    assertDone(changes.run("move", "a", "--to", "w-2"));
    assertThat(leaders(worker, group).get("w-2")).contains("a");
    await() // The coordinator takes it out.
        .atMost(Duration.ofSeconds(60))
        .until(() -> worker.getChildren().forPath(group + "/directives").isEmpty());
    assertDone(changes.run("revoke", "b", "--reason", "slow"));
    assertDone(changes.run("shards", "add", "e"));
    assertThat(leaders(worker, group).values()).flatMap(all -> all).contains("e");
    assertDone(changes.run("shards", "remove", "e"));
    assertDone(changes.run("settings", "--standbys", "0"));
    assertDone(changes.run("capacity", "w-1", "3"));
    assertThat(leaders(worker, group).get("w-1")).hasSize(3);
    assertDone(changes.run("capacity", "w-1", "own"));

    assertVerified(kind, group);
    Cli.Result archived =
        run(
            kind.of("archiver"),
            "archive",
            group,
            "--once",
            "--keep",
            "2",
            "--dir",
            directory.resolve("archive").toString());
    assertThat(archived.exitCode()).as(archived.toString()).isZero();
    assertThat(archived.err()).doesNotContain("denie").contains(" archived in");
    assertThat(worker.getChildren().forPath(group + "/audit")).hasSize(2);
    assertVerified(kind, group);
    CuratorFramework reader = zk.client(kind.of("reader"));
    for (String path : tree(reader, group)) {
      assertThat(AppendOnlyAcl.risks(path, reader.getACL().forPath(path))).as(path).isEmpty();
    }
  }

  /** Of one user with three credentials: roles are what the scheme makes of them. */
  private static AppendOnlyAcl strict(String group) {
    return AppendOnlyAcl.builder()
        .workers(zk.digest("worker").id())
        .coordinators(zk.x509("worker").id())
        .operators(zk.sasl("operator").id())
        .archivers(zk.digest("archiver").id())
        .readers(zk.digest("reader").id())
        .groups(group)
        .build();
  }

  private static void worker(Access access, String group, String id) throws Exception {
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(
                    zk.started(access.client().aclProvider(strict(group)).namespace("team")), group)
                .workerId(id)
                .shards(ShardSet.numbered(4))
                .retention(Retention.KEEP_ALL)
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(500)))
                .build());
    worker.start().toCompletableFuture().get();
  }

  @Test
  void changesOfAGroupWhoseRolesAreKeptApartAreFollowedVerifiedAndArchived() throws Exception {
    String group = "/strict";
    worker(zk.digest("worker"), group, "w-1"); // Makes the group, and may not coordinate.
    worker(zk.x509("worker"), group, "w-2");
    CuratorFramework reader = zk.started(zk.digest("reader").client().namespace("team"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> leaders(reader, group).values().stream().mapToInt(List::size).sum() == 4);
    Path scheme =
        Files.write(
            directory.resolve("strict.properties"),
            List.of(
                "acl.workers=digest:" + zk.digest("worker").id().getId(),
                "acl.coordinators=x509:" + zk.x509("worker").id().getId(),
                "acl.operators=sasl:operator",
                "acl.archivers=digest:" + zk.digest("archiver").id().getId(),
                "acl.readers=digest:" + zk.digest("reader").id().getId(),
                "acl.groups=" + group));
    for (List<String> change :
        List.of(
            List.of("drain", "w-2"),
            List.of("undrain", "w-2"),
            List.of("pin", "0", "--to", "w-1"),
            List.of("unpin", "0"),
            List.of("move", "0", "--to", "w-2"),
            List.of("revoke", "1"),
            List.of("shards", "add", "5"),
            List.of("settings", "--standbys", "0"),
            List.of("capacity", "w-1", "3"),
            List.of("capacity", "w-1", "own"))) {
      List<String> all = new ArrayList<>(change);
      all.addAll(List.of("-g", group, "-n", "team", "--acl-file", scheme.toString()));
      assertDone(run(zk.sasl("operator"), all.toArray(String[]::new)));
    }
    Cli.Result archived =
        run(
            zk.digest("archiver"),
            "archive",
            group,
            "--once",
            "--keep",
            "2",
            "-n",
            "team",
            "--dir",
            directory.resolve("archive").toString());
    assertThat(archived.exitCode()).as(archived.toString()).isZero();
    assertThat(archived.err()).doesNotContain("denie");
    assertThat(reader.getChildren().forPath(group + "/audit")).hasSize(2);
    Cli.Result verified = run(zk.digest("reader"), "audit", "verify", group, "-n", "team");
    assertThat(verified.exitCode()).as(verified.toString()).isZero();
    Cli.Result doctor = run(zk.digest("reader"), "doctor", group, "-n", "team", "--json");
    assertThat(doctor.json())
        .filteredOn(one -> List.of("acl", "unusable").contains(one.path("check").asText()))
        .noneMatch(one -> List.of("risky", "wrong").contains(one.path("level").asText()));
  }

  /** Of one group, as an operator makes them. */
  private record Changes(Access operator, String group, Path scheme) {
    Cli.Result run(String... arguments) {
      List<String> all = new ArrayList<>(List.of(arguments));
      all.addAll(List.of("--group", group));
      if (scheme != null) {
        all.addAll(List.of("--acl-file", scheme.toString()));
      }
      return AppendOnlyCommandsTest.run(operator, all.toArray(String[]::new));
    }
  }

  private static void assertVerified(Kind kind, String group) {
    Cli.Result verified = run(kind.of("reader"), "audit", "verify", group);
    assertThat(verified.exitCode()).as(verified.toString()).isZero();
  }

  // ---- what cannot be known ----

  @Test
  void whereDigestsAreHiddenAndNoSchemeIsToldAChangeIsRefusedBeforeAnythingIsWritten()
      throws Exception {
    String group = "/hidden";
    group(Kind.DIGEST, group, "w-1", "w-2");
    CuratorFramework reader = zk.client(Kind.DIGEST.of("reader"));
    int version = reader.checkExists().forPath(group + "/audit").getVersion();
    for (List<String> change :
        List.of(
            List.of("drain", "w-1"),
            List.of("pin", "a", "--to", "w-1"),
            List.of("move", "a", "--to", "w-1"),
            List.of("revoke", "a"),
            List.of("shards", "add", "e"),
            List.of("settings", "--standbys", "0"),
            List.of("capacity", "w-1", "3"))) {
      List<String> all = new ArrayList<>(change);
      all.addAll(List.of("--group", group));
      Cli.Result refused = run(Kind.DIGEST.of("operator"), all.toArray(String[]::new));
      assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.REFUSED);
      assertThat(refused.err())
          .contains("/hidden/directives", "hides", "digest:worker", "--acl-file", "acl.*")
          .endsWith("Nothing was changed\n")
          .doesNotContain("secret-of");
    }
    assertThat(reader.checkExists().forPath(group + "/audit").getVersion()).isEqualTo(version);
    assertThat(reader.getChildren().forPath(group + "/audit")).isEmpty();
    assertThat(reader.getChildren().forPath(group + "/directives")).isEmpty();
  }

  @Test
  void aSchemeThatIsNotTheServicesIsRefusedBeforeAnythingIsWritten() throws Exception {
    String group = "/other-scheme";
    group(Kind.DIGEST, group, "w-1", "w-2");
    Path scheme = lines(Kind.DIGEST);
    String good = Files.readString(scheme);

    assertRefused(
        group,
        Files.writeString(scheme, good.replace("digest:worker:", "digest:wroker:")),
        "the ACL lacks digest:wroker",
        "the scheme lacks digest:worker");
    assertRefused(
        group,
        Files.writeString(scheme, good + "acl.workers.2=sasl:worker\n"),
        "the ACL lacks sasl:worker");
    assertRefused(
        group,
        Files.writeString(
            scheme,
            good.replace(
                Kind.DIGEST.of("operator").id().getId(),
                Kind.DIGEST.of("reader").id().getId().replace("reader:", "operator:"))),
        "another digest for digest:operator than the password");
    CuratorFramework reader = zk.client(Kind.DIGEST.of("reader"));
    assertThat(reader.getChildren().forPath(group + "/audit")).isEmpty();
    assertThat(reader.getChildren().forPath(group + "/directives")).isEmpty();

    Path home = Files.createDirectory(directory.resolve("home"));
    Files.writeString(home.resolve(".tenure.properties"), "group=" + group + "\n" + good);
    List<String> drain = new ArrayList<>(List.of("drain", "w-1"));
    drain.addAll(Kind.DIGEST.of("operator").options());
    assertDone(Cli.nowhere().home(home).run(drain.toArray(String[]::new)));
  }

  private static void assertRefused(String group, Path scheme, String... why) {
    Cli.Result refused =
        run(
            Kind.DIGEST.of("operator"),
            "drain",
            "w-1",
            "--group",
            group,
            "--acl-file",
            scheme.toString());
    assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.err()).contains(why).endsWith("Nothing was changed\n");
  }

  /** As a client makes it that copies what {@code getAcl} shows. */
  private static String copied(CuratorFramework client, String parent, String name)
      throws Exception {
    return client
        .create()
        .withACL(client.getACL().forPath(parent))
        .forPath(parent + "/" + name, new byte[0]);
  }

  @Test
  void aDirectiveWhoseAclIsACopyOfHiddenDigestsIsFoundAndCanBeTakenBack() throws Exception {
    String group = "/copied";
    group(Kind.DIGEST, group, "w-1", "w-2");
    CuratorFramework operator = zk.client(Kind.DIGEST.of("operator"));
    String directive = copied(operator, group + "/directives", "drain-w-1");
    String entry = copied(operator, group + "/audit", "0000000009-drain-w-1");
    Cli.Result doctor = run(Kind.DIGEST.of("operator"), "doctor", group, "--json");
    assertThat(doctor.exitCode()).as(doctor.toString()).isEqualTo(ExitCode.NO);
    assertThat(doctor.json())
        .filteredOn(one -> one.path("check").asText().equals("unusable"))
        .extracting(one -> one.get("path").asText())
        .containsExactly(directive, entry);

    Changes changes = new Changes(Kind.DIGEST.of("operator"), group, lines(Kind.DIGEST));
    Cli.Result undrained = changes.run("undrain", "w-1");
    assertDone(undrained);
    assertThat(operator.getChildren().forPath(group + "/directives")).isEmpty();
  }

  @Test
  void whatTheServerKnowsOfTheOperatorIsRecordedBesideWhatItSays() throws Exception {
    String group = "/known";
    group(Kind.X509, group, "w-1", "w-2");
    Cli.Result drained =
        run(Kind.X509.of("operator"), "drain", "w-1", "-g", group, "--by", "somebody else");
    assertDone(drained);
    assertThat(drained.out()).contains(" by somebody else (", "x509:CN=operator");
    assertThat(run(Kind.X509.of("reader"), "audit", group, "--event", "drain", "--json").json())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.get("by").asText()).isEqualTo("somebody else");
              assertThat(row.get("identity")).anyMatch(id -> id.asText().endsWith("=operator"));
            });
    String entry = group + "/audit/0000000001-drain-w-1";
    assertThat(new String(zk.client(Kind.X509.of("reader")).getData().forPath(entry)))
        .contains("\"by\":\"somebody else\",\"identity\":[", "\"x509:CN=operator\"");
  }

  @Test
  void aParentThatCannotBeReadMakesNothingThatIsOpenToEverybody() throws Exception {
    String group = "/unreadable";
    group(Kind.SASL, group, "w-1", "w-2");
    Cli.Result refused = run(Kind.DIGEST.of("reader"), "drain", "w-1", "--group", group);
    assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.DENIED);
    CuratorFramework reader = zk.client(Kind.SASL.of("reader"));
    for (String path : tree(reader, group)) {
      assertThat(reader.getACL().forPath(path))
          .as(path)
          .noneMatch(acl -> acl.getId().equals(Ids.ANYONE_ID_UNSAFE));
    }
  }

  @Test
  void aTrailThatIsMissingIsMadeByTheSchemeAndElseNotAtAll() throws Exception {
    String group = "/missing";
    group(Kind.SASL, group, "w-1", "w-2");
    CuratorFramework worker = zk.client(Kind.SASL.of("worker"));
    worker.delete().forPath(group + "/audit"); // As in a group of an older version.
    Changes untold = new Changes(Kind.SASL.of("operator"), group, null);
    Cli.Result refused = untold.run("drain", "w-1");
    assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.err()).contains("/missing/audit does not exist yet", "--acl-file");
    assertThat(worker.checkExists().forPath(group + "/audit")).isNull();
    assertThat(worker.getChildren().forPath(group + "/directives")).isEmpty();

    Changes told = new Changes(Kind.SASL.of("operator"), group, lines(Kind.SASL));
    assertDone(told.run("drain", "w-1"));
    assertThat(worker.getACL().forPath(group + "/audit"))
        .containsExactlyInAnyOrderElementsOf(scheme(Kind.SASL).getAclForPath(group + "/audit"));
    assertVerified(Kind.SASL, group);
  }

  private static void forge(CuratorFramework worker, String path) throws Exception {
    worker.create().forPath(path, "forged".getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> quarantine(String group, Path scheme) {
    List<String> all = new ArrayList<>(List.of("audit", "quarantine", group, "--by", "ann", "why"));
    if (scheme != null) {
      all.addAll(List.of("--acl-file", scheme.toString()));
    }
    return all;
  }

  private static Cli.Result run(Access access, List<String> arguments) {
    return run(access, arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @EnumSource
  void whatNoTransitionMadeIsMovedAsideByAnArchiverWhereAnOperatorOrAWorkerMadeThePlace(Kind kind)
      throws Exception {
    String group = "/aside-" + kind;
    group(kind, group, "w-1");
    CuratorFramework worker = zk.started(kind.of("worker").client().aclProvider(scheme(kind)));
    for (String trail : List.of(group + "/shards/a", group + "/coordinator", group)) {
      forge(worker, trail + "/audit/0000000099-lost-w-9");
    }
    Path told = kind == Kind.DIGEST ? lines(kind) : null;

    Cli.Result alone = run(kind.of("archiver"), quarantine(group, told));
    assertThat(alone.exitCode()).as(alone.toString()).isEqualTo(ExitCode.DENIED);
    assertThat(alone.err()).contains("give an operator's credentials").hasLineCount(3);
    Cli.Result operator = run(kind.of("operator"), quarantine(group, told));
    assertThat(operator.exitCode()).as(operator.toString()).isEqualTo(ExitCode.DENIED);
    assertThat(operator.out()).isEqualTo("0 moved\n");
    forge(worker, group + "/shards/b/audit/0000000099-lost-w-9"); // No place is there yet.
    Cli.Result moved = run(kind.of("archiver"), quarantine(group, told));
    assertThat(moved.exitCode()).as(moved.toString()).isEqualTo(ExitCode.DENIED);
    assertThat(moved.err()).contains(group + "/shards/b/quarantine is to be").hasLineCount(1);
    assertThat(moved.out()).contains("3 moved");
    run(kind.of("operator"), quarantine(group, told));
    Cli.Result rest = run(kind.of("archiver"), quarantine(group, told));
    assertThat(rest.exitCode()).as(rest.toString()).isZero();
    assertThat(rest.out()).contains("1 moved");

    CuratorFramework reader = zk.client(kind.of("reader"));
    for (String trail : List.of("", "/coordinator", "/shards/a", "/shards/b")) {
      for (String path : List.of("/quarantine", "/quarantine/0000000099-lost-w-9")) {
        assertThat(acls(reader, group + trail + path))
            .as(trail + path)
            .isEqualTo(shown(scheme(kind).getAclForPath(group + trail + path)));
      }
    }
    Cli.Result verified = run(kind.of("reader"), "audit", "verify", group);
    assertThat(verified.exitCode()).as(verified.toString()).isZero();
    assertThat(verified.err()).contains("moved by ann: why");
  }

  /** As the server shows them. */
  private static List<String> acls(CuratorFramework client, String path) throws Exception {
    return shown(client.getACL().forPath(path));
  }

  private static List<String> shown(List<ACL> acls) {
    return acls.stream()
        .map(acl -> (acl + "").replaceAll("('digest,'[a-z]+):[^}]*", "$1").strip())
        .sorted()
        .toList();
  }

  @Test
  void nothingIsMovedAsideWhereNobodyKnowsWhoIsToReadIt() throws Exception {
    String group = "/aside-untold";
    group(Kind.DIGEST, group, "w-1");
    CuratorFramework worker = zk.client(Kind.DIGEST.of("worker"));
    String forged = group + "/shards/a/audit/0000000099-lost-w-9";
    forge(worker, forged);
    Cli.Result untold = run(Kind.DIGEST.of("operator"), quarantine(group, null));
    assertThat(untold.exitCode()).as(untold.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(untold.err()).contains("/shards/a/audit", "hides", "--acl-file");

    Path scheme = lines(Kind.DIGEST);
    Files.writeString(scheme, Files.readString(scheme).replace("digest:reader:", "digest:raeder:"));
    Cli.Result other = run(Kind.DIGEST.of("archiver"), quarantine(group, scheme));
    assertThat(other.exitCode()).as(other.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(other.err()).contains("the scheme lacks digest:reader");
    assertThat(worker.checkExists().forPath(forged)).isNotNull();
    assertThat(worker.checkExists().forPath(group + "/shards/a/quarantine")).isNull();
  }

  @Test
  void aCommandThatReadsMakesNoNamespaceWhereItsNameIsMisspelled() throws Exception {
    Cli.Result status = run(zk.plain(), "status", "--namespace", "misspelled");
    assertThat(status.exitCode()).as(status.toString()).isEqualTo(ExitCode.NOT_THERE);
    Cli.Result drain = run(zk.plain(), "drain", "w-1", "--namespace", "misspelled", "-g", "/g");
    assertThat(drain.exitCode()).as(drain.toString()).isEqualTo(ExitCode.NOT_THERE);
    assertThat(zk.client(zk.plain()).checkExists().forPath("/misspelled")).isNull();
  }

  @Test
  void aLineOfTheSchemeThatIsWrongIsNamedWithFileAndLineAndNoPassword() throws Exception {
    Path scheme = directory.resolve("wrong.properties");
    Files.writeString(scheme, "acl.workers=digest:worker:hunter2\n");
    Cli.Result wrong = run(zk.plain(), "drain", "w-1", "--acl-file", scheme.toString());
    assertThat(wrong.exitCode()).as(wrong.toString()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err())
        .contains(scheme + ": acl.workers: what follows digest:worker: is no digest")
        .doesNotContain("hunter2");
  }
}
