package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tenure.audit.AppendOnlyAcl;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Retention;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.testing.Opened;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the doctor finds when it is there, and does not when it is not; real servers, one mistake
 * each.
 */
@Timeout(180)
class DoctorTest {

  private static TestingServer server;
  private static CuratorFramework client;

  @RegisterExtension final Opened opened = new Opened();

  /** One line of what it said. */
  private record Said(String level, String check, String path, String text, boolean checked) {}

  @BeforeAll
  static void start() throws Exception {
    server =
        new TestingServer(
            new InstanceSpec(null, -1, -1, -1, true, 1, 500, 1000, Map.of(), "127.0.0.1"), true);
    client = client(server.getConnectString());
    client.create().forPath("/d");
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.close();
  }

  private static CuratorFramework client(String connect) {
    CuratorFramework made = CuratorFrameworkFactory.newClient(connect, new RetryNTimes(3, 50));
    made.start();
    return made;
  }

  private static void leadOnce(CuratorFramework as, String scope, Retention retention)
      throws Exception {
    try (LeaderElection election =
            LeaderElection.builder(as, scope).candidateId("w-1").retention(retention).build();
        Lease lease = election.acquire()) {
      lease.renew();
    }
  }

  private ShardWorker worker(CuratorFramework as, String group, String id) throws Exception {
    ShardWorker worker =
        ShardWorker.builder(as, group)
            .workerId(id)
            .shards(ShardSet.numbered(3))
            .settleWindow(Duration.ZERO)
            .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(200)))
            .build();
    opened.closeLater(worker);
    worker.start().toCompletableFuture().get();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> ShardGroup.of(as, group).status().isSettled());
    return worker;
  }

  private static Cli.Result run(String connect, String... more) {
    List<String> arguments = new ArrayList<>(List.of("doctor", "--json"));
    arguments.addAll(List.of(more));
    return Cli.at(connect).run(arguments.toArray(String[]::new));
  }

  private static List<Said> said(Cli.Result result) throws Exception {
    List<Said> all = new ArrayList<>();
    for (JsonNode line : result.json()) {
      all.add(
          new Said(
              line.get("level").asText(),
              line.get("check").asText(),
              line.get("path").asText(),
              line.get("text").asText(),
              line.get("checked").asBoolean()));
    }
    return all;
  }

  private static List<Said> examined(String target) throws Exception {
    return said(run(server.getConnectString(), target, "--no-probe"));
  }

  private static void assertSaid(
      List<Said> all, String level, String check, String path, String text) {
    assertThat(all)
        .anySatisfy(
            one -> {
              assertThat(one.level()).isEqualTo(level);
              assertThat(one.check()).isEqualTo(check);
              assertThat(one.path()).contains(path);
              assertThat(one.text()).contains(text);
            });
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aTickTimeThatServicesDoNotExpectIsFoundWithoutAskingForTheConfiguration() throws Exception {
    leadOnce(client, "/d/tick", Retention.DEFAULT);
    assertSaid(examined("/d/tick"), "note", "session", "tickTime", "is 500 ms");
    List<Said> told =
        said(run(server.getConnectString(), "/d/tick", "--no-probe", "--tick-time", "500ms"));
    assertSaid(told, "ok", "session", "tickTime", "as services take it to be");
    List<Said> shorter =
        said(run(server.getConnectString(), "/d/tick", "--no-probe", "--tick-time", "100ms"));
    assertSaid(shorter, "risky", "session", "tickTime", "leases may outlast their sessions");
  }

  @Test
  void aRecordThatIsDamagedOrNewerIsWrongAndTheOthersAreExaminedAllTheSame() throws Exception {
    leadOnce(client, "/d/record/damaged", Retention.DEFAULT);
    leadOnce(client, "/d/record/newer", Retention.DEFAULT);
    client.setData().forPath("/d/record/damaged", bytes("?"));
    client.setData().forPath("/d/record/newer", bytes("{\"format\":2}"));
    assertSaid(
        examined("/d/record/damaged"),
        "wrong",
        "office",
        "/d/record/damaged",
        "no candidate can be");
    assertSaid(examined("/d/record/newer"), "wrong", "office", "/d/record/newer", "format 2");
  }

  @Test
  void historyThatWasTamperedWithIsWrong() throws Exception {
    for (String scope : List.of("/d/gap", "/d/rewritten")) {
      leadOnce(client, scope, Retention.DEFAULT);
      leadOnce(client, scope, Retention.DEFAULT);
    }
    client.delete().forPath("/d/gap/audit/0000000002-resigned-w-1");
    assertSaid(examined("/d/gap"), "wrong", "trail", "/d/gap/audit", "the trail has a gap");
    String entry = "/d/rewritten/audit/0000000003-elected-w-1";
    client.setData().forPath(entry, client.getData().forPath(entry));
    assertSaid(examined("/d/rewritten"), "wrong", "trail", entry, "an entry was rewritten");
  }

  @Test
  void anOfficeWhoseLeaderIsGoneWithoutASuccessorIsSaid() throws Exception {
    CuratorFramework doomed = client(server.getConnectString());
    opened.closeLater(doomed);
    LeaderElection election = LeaderElection.builder(doomed, "/d/gone").candidateId("w-1").build();
    assertThat(election.acquire().isHeld()).isTrue();
    doomed.close(); // With its session go leader node and candidate.
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> client.checkExists().forPath("/d/gone/leader") == null);
    List<Said> all = examined("/d/gone");
    assertThat(all)
        .anyMatch(
            one ->
                one.check().equals("office")
                    && one.path().contains("/d/gone")
                    && one.text().contains("no candidate is there"));
  }

  @Test
  void aLeaderNodeWithoutARecordIsWrong() throws Exception {
    client.create().creatingParentsIfNeeded().forPath("/d/strange/audit");
    client.create().withMode(CreateMode.EPHEMERAL).forPath("/d/strange/leader", bytes("me"));
    assertSaid(examined("/d/strange"), "wrong", "office", "/d/strange", "no record");
  }

  @Test
  void whatIsLeftOverInAGroupIsSaid() throws Exception {
    worker(client, "/d/left", "w-1");
    ShardGroup group = ShardGroup.of(client, "/d/left");
    group.resize(2);
    await().atMost(Duration.ofSeconds(30)).until(() -> group.status().isSettled());
    client.create().forPath("/d/left/directives/drain-w-9", bytes("old"));
    client.create().forPath("/d/left/directives/pin-0", bytes("w-9"));
    client.create().forPath("/d/left/directives/pin-77", bytes("w-1"));
    client.create().forPath("/d/left/directives/stop-everything");
    client.create().forPath("/d/left/directives/capacity-w-1", bytes("much"));
    List<Said> all = examined("/d/left");
    assertSaid(all, "risky", "directives", "drain-w-9", "there is no worker w-9");
    assertSaid(all, "note", "directives", "pin-0", "there is no worker w-9");
    assertSaid(all, "note", "directives", "pin-77", "there is no shard 77");
    assertSaid(all, "risky", "directives", "stop-everything", "cannot be understood");
    assertSaid(all, "risky", "directives", "capacity-w-1", "no number above 0");
    assertThat(all)
        .anyMatch(
            one -> one.check().equals("shards") && one.text().contains("no longer in the set"));
  }

  @Test
  void aWorkerThatIsRegisteredTwiceAndOneThatCannotBeReadAreSaid() throws Exception {
    worker(client, "/d/twice", "w-1");
    String own = client.getChildren().forPath("/d/twice/workers").get(0);
    byte[] data = client.getData().forPath("/d/twice/workers/" + own);
    byte[] other = bytes(new String(data, StandardCharsets.UTF_8).replace("\"w-1\"", "\"w-3\""));
    for (String name : List.of("w-3-0000000008", "w-3-0000000009")) {
      client.create().withMode(CreateMode.EPHEMERAL).forPath("/d/twice/workers/" + name, other);
    }
    client.create().forPath("/d/twice/workers/w-4-0000000010", data);
    client.create().forPath("/d/twice/workers/w-2-0000000011", bytes("{\"format\":2}"));
    client.create().forPath("/d/twice/plan/w-9", bytes("{\"format\":1}"));
    List<Said> all = examined("/d/twice");
    assertSaid(all, "risky", "workers", "/d/twice/workers", "w-3 is registered 2 times");
    assertSaid(all, "wrong", "workers", "w-4-0000000010", "no ephemeral node");
    assertSaid(all, "wrong", "workers", "w-2-0000000011", "format 2");
    assertSaid(all, "note", "plan", "/d/twice/plan", "1 worker that is not there: w-9");
  }

  /** The group of a worker that is gone, made again by hand, so that no worker mends it. */
  private static void still(String from, String group) throws Exception {
    for (String path : List.of("", "/workers", "/plan", "/directives", "/shards")) {
      client
          .create()
          .creatingParentsIfNeeded()
          .forPath(group + path, client.getData().forPath(from + path));
    }
    String own = client.getChildren().forPath(from + "/workers").get(0);
    client
        .create()
        .withMode(CreateMode.EPHEMERAL)
        .forPath(group + "/workers/" + own, client.getData().forPath(from + "/workers/" + own));
    client.create().forPath(group + "/plan/w-1", client.getData().forPath(from + "/plan/w-1"));
  }

  @Test
  void aPlanThatIsNotWhatThePlacementWantsIsFound() throws Exception {
    worker(client, "/d/planned", "w-1");
    still("/d/planned", "/d/still");
    assertThat(examined("/d/planned"))
        .filteredOn(one -> one.check().equals("plan"))
        .extracting(Said::level)
        .containsOnly("ok");
    assertThat(examined("/d/still"))
        .filteredOn(one -> one.check().equals("plan") && one.path().endsWith("/plan"))
        .isEmpty();
    String part = "{\"format\":1,\"worker\":\"w-1\",\"incarnation\":0%s}";
    client.setData().forPath("/d/still/plan/w-1", bytes(part.formatted("")));
    List<Said> emptied = examined("/d/still");
    assertSaid(emptied, "wrong", "plan", "/d/still/plan", "3 shards in no worker's part");
    Cli.Result status = Cli.at(server.getConnectString()).run("status", "/d/still");
    assertThat(status.out()).contains("NOT PLANNED  0-2: in no worker's part of the plan");
    Cli.Result json = Cli.at(server.getConnectString()).run("status", "/d/still", "--json");
    assertThat(json.out()).contains("\"whole\":false", "\"unplanned\":[\"0\",\"1\",\"2\"]");

    client.setData().forPath("/d/still/plan/w-1", new byte[0]);
    assertSaid(examined("/d/still"), "wrong", "plan", "/d/still/plan/w-1", "is empty");
    client.setData().forPath("/d/still/plan/w-1", bytes(part.formatted(",\"leads\":\"0-2\"")));
    client.setData().forPath("/d/still/plan", new byte[0]);
    assertSaid(examined("/d/still"), "wrong", "plan", "/d/still/plan", "says nothing");
  }

  @Test
  void settingsThatWereEmptiedOrDamagedAreFound() throws Exception {
    worker(client, "/d/agreed", "w-1");
    still("/d/agreed", "/d/damaged");
    client.setData().forPath("/d/damaged", bytes("{"));
    assertSaid(
        examined("/d/damaged"), "wrong", "workers", "/d/damaged", "workers go on with those");
    client.setData().forPath("/d/damaged", new byte[0]);
    assertSaid(examined("/d/damaged"), "wrong", "workers", "/d/damaged", "emptied by hand");
  }

  private static Id id(String user) throws Exception {
    return new Id("digest", DigestAuthenticationProvider.generateDigest(user + ":secret"));
  }

  @Test
  void whereNoRunningWorkerMayCoordinateTheIdsThatMayAreNamedAndNoRestartIsAdvised()
      throws Exception {
    AppendOnlyAcl scheme =
        AppendOnlyAcl.builder()
            .workers(id("worker"))
            .coordinators(id("planner"))
            .readers(id("reader"))
            .groups("/d/apart")
            .build();
    CuratorFramework as =
        CuratorFrameworkFactory.builder()
            .connectString(server.getConnectString())
            .retryPolicy(new RetryNTimes(3, 50))
            .authorization("digest", bytes("worker:secret"))
            .aclProvider(scheme)
            .build();
    as.start();
    opened.closeLater(as);
    ShardWorker worker =
        ShardWorker.builder(as, "/d/apart")
            .workerId("w-1")
            .shards(ShardSet.numbered(3))
            .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(200)))
            .build();
    opened.closeLater(worker);
    worker.start().toCompletableFuture().get();
    Cli.Result result =
        run(server.getConnectString(), "/d/apart", "--no-probe", "--auth", "digest:reader:secret");
    List<Said> all = said(result);
    assertSaid(all, "wrong", "plan", "/d/apart/coordinator", "no running worker may");
    assertSaid(all, "wrong", "plan", "/d/apart/coordinator", "digest:planner stand for it");
    assertThat(result.out())
        .contains("start a worker whose client has a credential")
        .doesNotContain("restart them one after the other");
  }

  @Test
  void shardsThatFailAreNamedWithTheirWorkersAndErrors() throws Exception {
    worker(client, "/d/fails", "w-1");
    String own = client.getChildren().forPath("/d/fails/workers").get(0);
    String data =
        new String(client.getData().forPath("/d/fails/workers/" + own), StandardCharsets.UTF_8);
    String errors =
        "\"failing\":\"1\",\"errors\":["
            + failing("1", "office", "java.lang.IllegalStateException: no such table", 7)
            + ","
            + failing("2", "warmUp", "java.io.IOException: no space", 1)
            + ","
            + failing("0", "handOver", "not now", 2)
            + "],\"utilization\"";
    client
        .create()
        .withMode(CreateMode.EPHEMERAL)
        .forPath(
            "/d/fails/workers/w-3-0000000008",
            bytes(data.replace("\"w-1\"", "\"w-3\"").replace("\"utilization\"", errors)));
    List<Said> all = examined("/d/fails");
    assertSaid(all, "risky", "failing", "/d/fails/shards/1", "fails on w-3, 7 times since");
    assertSaid(all, "risky", "failing", "/d/fails/shards/1", "no such table");
    assertSaid(all, "risky", "failing", "/d/fails/shards/2", "w-3 cannot get ready for it");
    assertSaid(all, "note", "failing", "/d/fails/shards/0", "w-3 hands it over");

    Cli.Result status = Cli.at(server.getConnectString()).run("status", "/d/fails");
    assertThat(status.out())
        .contains("FAILING")
        .containsPattern("1 +w-3 +office +7 .*IllegalStateException: no such table");
    Cli.Result json = Cli.at(server.getConnectString()).run("status", "/d/fails", "--json");
    assertThat(json.out()).contains("\"failing\":[{\"shard\":\"1\",\"in\":\"office\",\"times\":7");
  }

  private static String failing(String shard, String in, String error, int times) {
    return "{\"shard\":\""
        + shard
        + "\",\"in\":\""
        + in
        + "\",\"error\":\""
        + error
        + "\",\"since\":\"2026-03-01T02:00:00Z\",\"times\":"
        + times
        + "}";
  }

  @Test
  void whatThisClientMayNotReadIsNotCheckedAndNotCalledWell() throws Exception {
    leadOnce(client, "/d/secret", Retention.DEFAULT);
    List<ACL> nobody = List.of(new ACL(ZooDefs.Perms.ALL, new Id("digest", "nobody:nothing")));
    client.setACL().withACL(nobody).forPath("/d/secret/audit");
    List<Said> all = examined("/d/secret");
    assertThat(all)
        .anyMatch(one -> !one.checked() && one.text().contains("may not"))
        .noneMatch(one -> one.level().equals("ok") && one.check().equals("trail"));
    client.setACL().withACL(nobody).forPath("/d/secret");
    Cli.Result denied = run(server.getConnectString(), "/d/secret", "--no-probe");
    assertThat(denied.exitCode()).as(denied.toString()).isEqualTo(ExitCode.DENIED);
    assertThat(denied.err().lines()).hasSize(1);
  }

  @Test
  void aLeaderWhoseMachinesClockWasWrongIsSaid() throws Exception {
    leadOnce(client, "/d/skew", Retention.DEFAULT);
    String elected = "/d/skew/audit/0000000001-elected-w-1";
    String text = new String(client.getData().forPath(elected), StandardCharsets.UTF_8);
    String skewed =
        text.replaceFirst("\"leaderTime\":\"[^\"]*\"", "\"leaderTime\":\"2031-01-01T00:00:00Z\"")
            .replaceFirst("\"host\":\"[^\"]*\"", "\"host\":\"far-away\"");
    client.setData().forPath(elected, bytes(skewed));
    assertSaid(examined("/d/skew"), "risky", "clock", "far-away", "ahead of the quorum leader's");
  }

  @Test
  void aGroupWithoutWorkersHasVacantShards() throws Exception {
    worker(client, "/d/empty", "w-1").close();
    List<Said> all = examined("/d/empty");
    assertThat(all).anyMatch(one -> one.check().equals("workers") && !one.level().equals("ok"));
    assertThat(all).anyMatch(one -> one.check().equals("shards") && !one.level().equals("ok"));
  }

  @Test
  void aTrailThatNobodyTrimsIsSaid() throws Exception {
    try (LeaderElection election =
        LeaderElection.builder(client, "/d/grows")
            .candidateId("w-1")
            .retention(Retention.KEEP_ALL)
            .build()) {
      for (int i = 0; i < 120; i++) {
        election.acquire().close();
      }
    }
    assertThat(examined("/d/grows"))
        .anyMatch(
            one ->
                one.check().equals("retention")
                    && one.path().contains("/d/grows")
                    && !one.level().equals("ok"));
  }

  @Test
  void aZnodeNearTheLimitOfAPacketIsRisky() throws Exception {
    worker(client, "/d/big", "w-1");
    client.create().forPath("/d/big/plan/w-8", new byte[700_000]);
    assertThat(examined("/d/big"))
        .anyMatch(
            one ->
                one.check().equals("size")
                    && one.path().equals("/d/big/plan/w-8")
                    && one.level().equals("risky"));
  }

  @Test
  void aTrailThatIsOpenWhereOthersAreProtectedIsRisky() throws Exception {
    Id id = new Id("digest", DigestAuthenticationProvider.generateDigest("worker:secret"));
    CuratorFramework worker =
        CuratorFrameworkFactory.builder()
            .connectString(server.getConnectString())
            .retryPolicy(new RetryNTimes(3, 50))
            .authorization("digest", bytes("worker:secret"))
            .aclProvider(
                AppendOnlyAcl.builder().workers(id).readers(ZooDefs.Ids.ANYONE_ID_UNSAFE).build())
            .build();
    worker.start();
    opened.closeLater(worker);
    worker(worker, "/protected", "w-1"); // The worker owns the parents too.
    assertThat(examined("/protected"))
        .noneMatch(one -> one.check().equals("acl") && one.level().equals("risky"));
    leadOnce(client, "/d/open", Retention.DEFAULT);
    List<Said> both = said(run(server.getConnectString(), "--no-probe"));
    assertThat(both)
        .anyMatch(
            one ->
                one.check().equals("acl")
                    && one.level().equals("risky")
                    && one.text().contains("while others are protected"));
  }

  @Test
  void theClockOfThisMachineAndThoseOfLeadersAreComparedWithTheServers() throws Exception {
    leadOnce(client, "/d/clock", Retention.DEFAULT);
    Clock wrong = Clock.fixed(Instant.now().plusSeconds(90), ZoneOffset.UTC);
    Cli.Result off = Cli.at(server).clock(wrong).run("doctor", "/d/clock", "--json");
    assertSaid(said(off), "risky", "clock", "this machine", "behind");
    assertSaid(
        said(run(server.getConnectString(), "/d/clock")),
        "ok",
        "clock",
        "this machine",
        "clock is");
    List<Said> unprobed = examined("/d/clock");
    assertThat(unprobed)
        .anyMatch(one -> one.check().equals("clock") && one.text().contains("--no-probe"));
    assertThat(client.getChildren().forPath("/"))
        .noneMatch(name -> name.startsWith("tenure-doctor"));
  }

  @Test
  void anEnsembleOfThreeIsWellAndOneThatMissesAServerIsNot() throws Exception {
    try (TestingCluster cluster = new TestingCluster(3)) {
      cluster.start();
      try (CuratorFramework of = client(cluster.getConnectString())) {
        ShardWorker worker = worker(of, "/orders", "w-1");
        Cli.Result well = run(cluster.getConnectString());
        assertThat(said(well))
            .as(well.toString())
            .noneMatch(one -> one.level().equals("wrong") || one.level().equals("risky"));
        assertThat(well.exitCode()).isZero();

        InstanceSpec met = cluster.findConnectionInstance(of.getZookeeperClient().getZooKeeper());
        InstanceSpec victim =
            cluster.getInstances().stream()
                .filter(one -> !one.equals(met))
                .findFirst()
                .orElseThrow();
        cluster.killServer(victim);
        await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(
                () -> {
                  Cli.Result ill = run(cluster.getConnectString(), "--timeout", "10s");
                  assertThat(ill.exitCode()).as(ill.toString()).isEqualTo(ExitCode.NO);
                  assertSaid(
                      said(ill), "wrong", "servers", "" + victim.getPort(), "does not answer");
                });
        worker.close();
      }
    }
  }
}
