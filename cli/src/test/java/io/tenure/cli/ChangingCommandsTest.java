package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.testing.Opened;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What operators do to a group of real workers; each test has a group of its own. */
@Timeout(120)
class ChangingCommandsTest {

  private static TestingServer server;
  private static CuratorFramework client;

  @RegisterExtension final Opened opened = new Opened();

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer();
    client = CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50));
    client.start();
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.close();
  }

  private void group(String path, ShardSet shards, String... ids) throws Exception {
    for (String id : ids) {
      CuratorFramework own =
          CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50));
      own.start();
      opened.closeLater(own);
      ShardWorker worker =
          ShardWorker.builder(own, path)
              .workerId(id)
              .shards(shards)
              .settleWindow(Duration.ofMillis(300))
              .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(500)))
              .build();
      opened.closeLater(worker);
      worker.start().toCompletableFuture().get();
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> leaders(path).values().stream().mapToInt(i -> i).sum() == shards.size());
  }

  /** How many shards each worker leads. */
  private static Map<String, Integer> leaders(String path) throws Exception {
    Map<String, Integer> counts = new TreeMap<>();
    for (String shard : ShardGroup.of(client, path).settings().shards().names()) {
      Cli.Result who = Cli.at(server).run("who", path + "/shards/" + shard, "--json");
      if (who.exitCode() == ExitCode.OK) {
        counts.merge(who.json().get(0).at("/tenure/candidate").asText(), 1, Integer::sum);
      }
    }
    return counts;
  }

  private static Cli.Result run(String... arguments) {
    return Cli.at(server).run(arguments);
  }

  @Test
  void aDrainSaysWhatMovesWritesWhoAskedAndWaitsUntilItIsSo() throws Exception {
    group("/c/drained", ShardSet.numbered(4), "w-1", "w-2");
    Cli.Result dry = run("drain", "w-1", "-g", "/c/drained", "--dry-run", "--reason", "4.2");
    assertThat(dry.exitCode()).as(dry.toString()).isZero();
    assertThat(dry.out())
        .contains("/c/drained: drain w-1: 2 shards change their leaders")
        .contains("drain of w-1 (4.2)")
        .endsWith("nothing was changed (--dry-run)\n");
    assertThat(client.getChildren().forPath("/c/drained/directives")).isEmpty();
    JsonNode json = run("drain", "w-1", "-g", "/c/drained", "--dry-run", "--json").json().get(0);
    assertThat(json.get("moves")).hasSize(2);
    assertThat(json.at("/moves/0/to").asText()).isEqualTo("w-2");

    Cli.Result drained =
        run("drain", "w-1", "-g", "/c/drained", "--reason", "4.2", "--by", "alice@ops");
    assertThat(drained.exitCode()).as(drained.toString()).isZero();
    assertThat(drained.out())
        .contains("recorded as /c/drained/audit/0000000001-drain-w-1 by alice@ops")
        .contains("done after");
    assertThat(leaders("/c/drained")).isEqualTo(Map.of("w-2", 4));

    Cli.Result audit = run("audit", "/c/drained", "--event", "drain", "--json");
    assertThat(audit.json().get(0).get("by").asText()).isEqualTo("alice@ops");
    assertThat(run("audit", "/c/drained", "--worker", "w-1").out())
        .contains("alice@ops", "(group)");
    assertThat(run("audit", "verify", "/c/drained").exitCode()).isZero();

    Cli.Result back = run("undrain", "w-1", "-g", "/c/drained");
    assertThat(back.exitCode()).as(back.toString()).isZero();
    assertThat(leaders("/c/drained")).isEqualTo(Map.of("w-1", 2, "w-2", 2));
    assertThat(run("undrain", "w-1", "-g", "/c/drained").out())
        .contains("there is nothing to take back");
  }

  @Test
  void theStatusTellsOfWorkersShardsPlanAndWhatOperatorsWant() throws Exception {
    group("/c/status", ShardSet.numbered(4), "w-1", "w-2");
    Cli.Result status = run("status", "/c/status");
    assertThat(status.exitCode()).as(status.toString()).isZero();
    assertThat(status.lines().get(0)).isEqualTo("/c/status: 4 of 4 shards led, 2 workers");
    assertThat(status.out()).contains("coordinator  w-", "plan         version", "active");
    assertThat(run("status", "/c/status", "--shards").lines())
        .hasSizeGreaterThanOrEqualTo(status.lines().size() + 5);
    run("drain", "w-1", "-g", "/c/status", "--reason", "4.2");
    JsonNode json = run("status", "/c/status", "--json").json().get(0);
    assertThat(json.get("led").asInt()).isEqualTo(4);
    assertThat(json.at("/workers/0/drained").asText()).isEqualTo("4.2");
    assertThat(json.at("/workers/1/leads").asInt()).isEqualTo(4);
    assertThat(json.get("directives").get(0).asText()).isEqualTo("drain-w-1");
    assertThat(run("status").out()).contains("/c/status", "4 of 4 led", "1 draining");

    String node = "/c/status/workers/w-9-0000000099"; // A worker writes its own again.
    client
        .create()
        .withMode(CreateMode.EPHEMERAL)
        .forPath(node, "{\"format\":7}".getBytes(StandardCharsets.UTF_8));
    Cli.Result newer = run("status", "/c/status");
    assertThat(newer.exitCode()).as(newer.toString()).isEqualTo(ExitCode.UNREADABLE);
    assertThat(newer.err()).contains(node + " has format 7");
    assertThat(newer.out()).contains("4 of 4 shards led");
  }

  @Test
  void aDirectiveWithChildrenIsNamedAndTheServersAreNotCalledUnreachable() throws Exception {
    group("/c/parent", ShardSet.numbered(4), "w-1", "w-2");
    assertThat(run("drain", "w-1", "-g", "/c/parent").exitCode()).isZero();
    String directive = "/c/parent/directives/drain-w-1";
    client.create().forPath(directive + "/child");
    Cli.Result kept = run("undrain", "w-1", "-g", "/c/parent");
    assertThat(kept.exitCode()).as(kept.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(kept.err()).contains(directive + " has children", "delete the children first");
    client.delete().forPath(directive + "/child");
    assertThat(run("undrain", "w-1", "-g", "/c/parent").exitCode()).isZero();
  }

  @Test
  void znodesThatCanBeNoScopeKeepNoCommandFromTheOthers(@TempDir Path folder) throws Exception {
    group("/c/beside", ShardSet.numbered(2), "w-1");
    for (String foreign :
        List.of("/c/beside/shards/audit", "/c/beside/shards/latch", "/latch/audit")) {
      client.create().creatingParentsIfNeeded().forPath(foreign);
    }
    try {
      String page = folder.resolve("page.html").toString();
      for (String[] line :
          new String[][] {
            {"status"},
            {"status", "/c/beside"},
            {"audit", "/c/beside"},
            {"audit", "verify", "/c/beside"},
            {"audit", "quarantine", "/c/beside", "--dry-run", "--by", "ann", "forged"},
            {"timeline", "/c/beside", "--out", page},
            {"drain", "w-1", "-g", "/c/beside", "--dry-run"},
            {"doctor"}
          }) {
        Cli.Result result = run(line);
        assertThat(result.exitCode()).as(result.toString()).isNotEqualTo(ExitCode.REFUSED);
        assertThat(result.err()).as(result.toString()).doesNotContain("reserved word");
      }
    } finally {
      client.delete().deletingChildrenIfNeeded().forPath("/latch");
    }
  }

  @Test
  void damagedSettingsHideNothingElseAndTheRemedyIsNamed() throws Exception {
    group("/c/unset", ShardSet.numbered(4), "w-1", "w-2");
    byte[] good = client.getData().forPath("/c/unset");
    for (String damage : new String[] {"{", "{\"format\":1,\"shards\":-4}", ""}) {
      client.setData().forPath("/c/unset", damage.getBytes(StandardCharsets.UTF_8));
      Cli.Result status = run("status", "/c/unset", "--shards");
      assertThat(status.exitCode()).as(status.toString()).isEqualTo(ExitCode.UNREADABLE);
      assertThat(status.out()).contains("4 of 4 shards led, 2 workers", "coordinator  w-");
      assertRemedy(status);
      Cli.Result all = run("status");
      assertThat(all.out()).contains("/c/unset", "4 of 4 led");
      assertRemedy(all);
      assertRemedy(run("status", "--json"));
      assertRemedy(run("status", "/c/unset", "--json"));
      for (String[] line :
          new String[][] {
            {"drain", "w-1", "-g", "/c/unset"},
            {"undrain", "w-1", "-g", "/c/unset"},
            {"pin", "0", "--to", "w-1", "-g", "/c/unset"},
            {"settings", "-g", "/c/unset"},
            {"shards", "add", "2", "-g", "/c/unset"}
          }) {
        Cli.Result change = run(line);
        assertThat(change.exitCode()).as(change.toString()).isEqualTo(ExitCode.UNREADABLE);
        assertRemedy(change);
      }
    }
    client.setData().forPath("/c/unset", good);
    assertThat(run("status", "/c/unset").exitCode()).isZero();
    assertThat(run("drain", "w-1", "-g", "/c/unset").exitCode()).isZero();
  }

  private static void assertRemedy(Cli.Result result) {
    assertThat(result.err())
        .contains("the settings of group /c/unset cannot be read", "the coordinator's log has them")
        .doesNotContain("choose another scope");
  }

  @Test
  void vacantShardsComeFirstAndTenThousandFitOnANarrowTerminal() throws Exception {
    CuratorFramework own =
        CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50));
    own.start();
    opened.closeLater(own);
    ShardWorker full =
        ShardWorker.builder(own, "/c/many")
            .workerId("a-worker-with-quite-a-long-name")
            .shards(ShardSet.numbered(10_000))
            .settleWindow(Duration.ZERO)
            .maxShards(7)
            .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
            .build();
    opened.closeLater(full);
    full.start().toCompletableFuture().get();
    await().atMost(Duration.ofSeconds(30)).until(() -> full.snapshot().led().size() == 7);
    for (String option : List.of("status", "audit")) {
      Cli.Result narrow = Cli.at(server).width(50).run(option, "/c/many");
      assertThat(narrow.lines()).as(narrow.toString()).hasSizeBetween(5, 60);
      if (option.equals("status")) {
        assertThat(narrow.exitCode()).isEqualTo(ExitCode.NO);
        assertThat(narrow.lines().get(1)).startsWith("  VACANT");
        assertThat(narrow.out()).contains("and 9973 more");
      }
    }
    assertThat(run("status", "/c/many", "--shards").lines()).hasSizeGreaterThan(10_000);
  }

  @Test
  void aShardIsMovedPinnedAndUnpinned() throws Exception {
    group("/c/moved", ShardSet.numbered(4), "w-1", "w-2");
    String from =
        run("who", "/c/moved/shards/0", "--json").json().get(0).at("/tenure/candidate").asText();
    String to = from.equals("w-1") ? "w-2" : "w-1";
    Cli.Result moved = run("move", "0", "--to", to, "-g", "/c/moved");
    assertThat(moved.exitCode()).as(moved.toString()).isZero();
    assertThat(run("who", "/c/moved/shards/0").out()).contains(to + " leads");
    Cli.Result pinned = run("pin", "0", "--to", from, "-g", "/c/moved");
    assertThat(pinned.exitCode()).as(pinned.toString()).isZero();
    assertThat(run("who", "/c/moved/shards/0").out()).contains(from + " leads");
    assertThat(run("unpin", "0", "-g", "/c/moved").exitCode()).isZero();
    assertThat(run("unpin", "0", "-g", "/c/moved").out()).contains("nothing to take back");
    assertThat(client.getChildren().forPath("/c/moved/directives")).isEmpty();
  }

  @Test
  void capacityAndTheSetOfShardsAreChangedWhileWorkersRun() throws Exception {
    group("/c/sized", ShardSet.numbered(4), "w-1", "w-2");
    Cli.Result capacity = run("capacity", "w-1", "3", "-g", "/c/sized");
    assertThat(capacity.exitCode()).as(capacity.toString()).isZero();
    assertThat(leaders("/c/sized")).isEqualTo(Map.of("w-1", 3, "w-2", 1));
    assertThat(run("capacity", "w-1", "own", "-g", "/c/sized").exitCode()).isZero();
    Cli.Result added = run("shards", "add", "2", "-g", "/c/sized");
    assertThat(added.exitCode()).as(added.toString()).isZero();
    assertThat(leaders("/c/sized").values().stream().mapToInt(i -> i).sum()).isEqualTo(6);
    Cli.Result removed = run("shards", "remove", "3", "-g", "/c/sized");
    assertThat(removed.exitCode()).as(removed.toString()).isZero();
    assertThat(leaders("/c/sized").values().stream().mapToInt(i -> i).sum()).isEqualTo(3);
  }

  @Test
  void theSettingsAreShownAndChangedWithAPreviewAndAnEntry() throws Exception {
    group("/c/set", ShardSet.numbered(2), "w-1", "w-2");
    Cli.Result shown = run("settings", "-g", "/c/set");
    assertThat(shown.exitCode()).as(shown.toString()).isZero();
    assertThat(shown.out()).contains("standbys", "retention", "20", "loadBalancing", "off");
    assertThat(shown.out()).doesNotContain("yes");
    Cli.Result dry = run("settings", "--standbys", "0", "-g", "/c/set", "--dry-run");
    assertThat(dry.out())
        .contains("/c/set: settings standbys: no shard changes its leader", "(--dry-run)");
    assertThat(ShardGroup.of(client, "/c/set").settings().standbys()).isEqualTo(1);
    Cli.Result changed =
        run(
            "settings",
            "--standbys=0",
            "--retention=all",
            "--load-balancing=1m,20%,3",
            "-g",
            "/c/set",
            "--reason",
            "one zone left",
            "--by",
            "alice@ops");
    assertThat(changed.exitCode()).as(changed.toString()).isZero();
    assertThat(changed.out()).contains("recorded as /c/set/audit/0000000001-settings-standbys");
    assertThat(run("audit", "/c/set", "--event", "settings").out())
        .contains("alice@ops", "one zone left", "standbys 1 to 0");
    JsonNode json = run("settings", "-g", "/c/set", "--json").json().get(0);
    assertThat(json.get("standbys").asInt()).isZero();
    assertThat(json.at("/loadBalancing/intervalMillis").asInt()).isEqualTo(60_000);
    assertThat(json.at("/loadBalancing/moves").asInt()).isEqualTo(3);
    assertThat(json.get("changed")).hasSize(3);
    assertThat(run("settings", "--standbys=0", "-g", "/c/set").out())
        .contains("has these values already");
    Cli.Result tooMany = run("settings", "--standbys=7", "-g", "/c/set");
    assertThat(tooMany.err()).contains("give 0 to 3");
    assertThat(tooMany.exitCode()).isEqualTo(ExitCode.USAGE);
    Cli.Result tooFew = run("settings", "--retention=1", "-g", "/c/set");
    assertThat(tooFew.err()).contains("give 2 entries or more, or all");
    assertThat(tooFew.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run("settings", "--load-balancing=7", "-g", "/c/set").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aRevokedShardIsLedInAnotherTenureAndTheGroupKnowsWhoAsked() throws Exception {
    group("/c/revoked", ShardSet.numbered(2), "w-1", "w-2");
    Cli.Result revoked =
        run("revoke", "/c/revoked/shards/0", "--reason", "hangs", "--by", "alice@ops");
    assertThat(revoked.exitCode()).as(revoked.toString()).isZero();
    JsonNode who = run("who", "/c/revoked/shards/0", "--json").json().get(0);
    assertThat(who.at("/tenure/epoch").asInt()).isEqualTo(2);
    assertThat(run("audit", "/c/revoked/shards/0", "--event", "revoked").out())
        .contains("alice@ops", "hangs");
    assertThat(run("audit", "/c/revoked", "--event", "revoke").out()).contains("alice@ops");
  }

  @Test
  void theLeaderOfAPlainScopeGivesItUp() throws Exception {
    LeaderElection election = LeaderElection.builder(client, "/c/plain").candidateId("w-1").build();
    Thread working =
        new Thread(
            () -> {
              try {
                election.run(
                    new LeaderTask() {
                      @Override
                      public NextStep step(Lease lease) {
                        return NextStep.after(Duration.ofMillis(50));
                      }
                    });
              } catch (InterruptedException | RuntimeException e) {
                Thread.currentThread().interrupt();
              }
            });
    working.start();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> client.checkExists().forPath("/c/plain/leader") != null);
    assertThat(run("revoke", "/c/plain", "--dry-run").out())
        .isEqualTo("/c/plain: w-1, epoch 1, gives it up\nnothing was changed (--dry-run)\n");
    Cli.Result revoked = run("revoke", "/c/plain", "--by", "bob", "--reason", "maintenance");
    assertThat(revoked.exitCode()).as(revoked.toString()).isZero();
    assertThat(revoked.out())
        .contains("recorded as /c/plain/audit/0000000002-revoked-w-1")
        .contains("revoked by an operator: bob: maintenance");
    working.interrupt();
    election.close();
    Cli.Result nobody = run("revoke", "/c/plain");
    assertThat(nobody.exitCode()).isEqualTo(ExitCode.NO);
    assertThat(nobody.out()).isEqualTo("/c/plain: nobody leads\n");
  }

  @Test
  void znodesThatNoTransitionMadeAreMovedAsideAndShownWhereTheTrailIsVerified() throws Exception {
    LeaderElection election =
        LeaderElection.builder(client, "/c/forged").candidateId("w-1").build();
    election.acquire().close();
    election.close();
    String forged = "/c/forged/audit/0000000003-elected-w-2";
    client.create().forPath(forged, new byte[0]);
    assertThat(run("audit", "verify", "/c/forged").exitCode()).isEqualTo(ExitCode.NO);
    Cli.Result would = run("audit", "quarantine", "/c/forged", "--dry-run", "a test");
    assertThat(would.out()).contains(forged, "1 found; nothing was changed (--dry-run)");
    Cli.Result moved = run("audit", "quarantine", "/c/forged", "--by", "bob", "a test");
    assertThat(moved.exitCode()).as(moved.toString()).isZero();
    assertThat(moved.out())
        .contains(forged + " moved to /c/forged/quarantine/0000000003-elected-w-2", "1 moved");
    Cli.Result verified = run("audit", "verify", "/c/forged");
    assertThat(verified.exitCode()).as(verified.toString()).isZero();
    assertThat(verified.err()).contains("in quarantine", "moved by bob: a test");
  }

  @Test
  void whatCannotBeIsRefusedInOneLineAndNothingIsWritten() throws Exception {
    group("/c/refused", ShardSet.named(List.of("eu", "us")), "w-1", "w-2");
    for (List<String> wrong :
        List.of(
            List.of("drain", "w-3", "-g", "/c/refused"),
            List.of("pin", "asia", "--to", "w-1", "-g", "/c/refused"),
            List.of("capacity", "w-1", "0", "-g", "/c/refused"),
            List.of("capacity", "w-1", "much", "-g", "/c/refused"),
            List.of("shards", "add", "eu", "-g", "/c/refused"),
            List.of("shards", "remove", "eu", "us", "-g", "/c/refused"),
            List.of("drain", "w-1", "-g", "/c/refusd"),
            List.of("drain", "w-1", "-g", "/c/refused/shards/eu"),
            List.of("drain", "w-1", "--wait", "long", "-g", "/c/refused"))) {
      Cli.Result result = run(wrong.toArray(String[]::new));
      assertThat(result.exitCode())
          .as("%s: %s", wrong, result)
          .isIn(ExitCode.USAGE, ExitCode.NOT_THERE, ExitCode.REFUSED);
      assertThat(result.err().lines()).as("%s: %s", wrong, result).hasSize(1);
      assertThat(result.err()).startsWith("tenure: ").doesNotContain("\tat ");
    }
    assertThat(client.getChildren().forPath("/c/refused/directives")).isEmpty();
    run("drain", "w-1", "-g", "/c/refused");
    Cli.Result passedOver = run("pin", "eu", "--to", "w-1", "-g", "/c/refused");
    assertThat(passedOver.exitCode()).as(passedOver.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(passedOver.err()).contains("worker w-1 drains");
    assertThat(client.getChildren().forPath("/c/refused/directives")).containsExactly("drain-w-1");
  }

  @Test
  void whatIsNotDoneInTimeStandsAndGoesOn() throws Exception {
    group("/c/slow", ShardSet.numbered(2), "w-1", "w-2");
    Cli.Result slow = run("drain", "w-1", "-g", "/c/slow", "--wait", "0s");
    assertThat(slow.exitCode()).as(slow.toString()).isEqualTo(ExitCode.NOT_IN_TIME);
    assertThat(slow.err())
        .contains("not done within 0 ms")
        .contains("/c/slow/audit/0000000001-drain-w-1", "goes on without this command");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(leaders("/c/slow")).isEqualTo(Map.of("w-2", 2)));
  }
}
