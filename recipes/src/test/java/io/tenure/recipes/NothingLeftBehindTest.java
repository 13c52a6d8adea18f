package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Lease;
import io.tenure.scope.Retention;
import io.tenure.testing.ClientConnection;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.listen.StandardListenerManager;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Ten thousand elections in one process, with waiting candidates that give up among them, leave no
 * thread, watcher, znode or listener behind: after them there is as much of each as before.
 */
@Timeout(300)
class NothingLeftBehindTest {

  private static final int SCOPES = 100;

  /** Each scope's trail is full before the counting begins. */
  private static final int FIRST = 6;

  private static final int ELECTIONS = 10_000 / SCOPES;

  @RegisterExtension final ZooKeeperFixture zooKeeper = new ZooKeeperFixture();

  /** How much there is of everything that could be left behind. */
  private Map<String, Object> counted(CuratorFramework client) throws Exception {
    Map<String, Object> counts = new TreeMap<>();
    String said =
        FourLetterWordMain.send4LetterWord("127.0.0.1", zooKeeper.server().getPort(), "mntr");
    for (String line : said.lines().toList()) {
      String[] words = line.split("\\s+");
      if (List.of("zk_watch_count", "zk_znode_count", "zk_ephemerals_count").contains(words[0])) {
        counts.put(words[0], words[1]);
      }
    }
    assertThat(counts).as(said).hasSize(3);
    ZooKeeper own = client.getZookeeperClient().getZooKeeper();
    for (String kind : List.of("getDataWatches", "getExistWatches", "getChildWatches")) {
      Method watches = ZooKeeper.class.getDeclaredMethod(kind);
      watches.setAccessible(true);
      counts.put("client " + kind, ((List<?>) watches.invoke(own)).size());
    }
    counts.put(
        "state listeners",
        ((StandardListenerManager<?>) client.getConnectionStateListenable()).size());
    counts.put(
        "event listeners", ((StandardListenerManager<?>) client.getCuratorListenable()).size());
    counts.put(
        "threads",
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> name.startsWith("tenure"))
            .sorted()
            .toList());
    return counts;
  }

  /** The same once the last deletions have arrived, and threads that are idle have ended. */
  private Map<String, Object> atRest(CuratorFramework client) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> counted(client),
            counts ->
                counts.get("zk_ephemerals_count").equals("0")
                    && counts.get("threads").equals(List.of("tenure-events")));
  }

  private static Void elections(CuratorFramework client, SessionMonitor shared, int scope, int many)
      throws Exception {
    String path = "/left/" + scope;
    for (int i = 0; i < many; i++) {
      // The first has a monitor of its own, which goes with it.
      try (LeaderElection election =
              (i == 0 ? LeaderElection.builder(client, path) : LeaderElection.builder(shared, path))
                  .candidateId("w-1")
                  .retention(Retention.last(10))
                  .build();
          Lease lease = election.acquire()) {
        lease.renew();
        if (i % 10 == 0) {
          try (LeaderElection second =
              LeaderElection.builder(shared, path).candidateId("w-2").build()) {
            assertThat(second.tryAcquire(Duration.ofMillis(1))).isEmpty();
          }
        }
      }
    }
    return null;
  }

  private static void everywhere(CuratorFramework client, SessionMonitor shared, int many)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(SCOPES);
    try {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < SCOPES; i++) {
        int scope = i;
        all.add(threads.submit(() -> elections(client, shared, scope, many)));
      }
      for (Future<Void> each : all) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void thereIsAsMuchOfEverythingAfterTenThousandElectionsAsBefore() throws Exception {
    CuratorFramework client = zooKeeper.client();
    SessionMonitor shared = zooKeeper.monitor(client);
    everywhere(client, shared, FIRST);
    Map<String, Object> before = atRest(client);
    long started = System.nanoTime();
    everywhere(client, shared, ELECTIONS);
    System.out.printf(
        "%d elections in %d ms; %s%n",
        ELECTIONS * SCOPES, (System.nanoTime() - started) / 1_000_000, before);
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(counted(client)).isEqualTo(before));
  }

  @Test
  void aHundredReconnectsOfAWaitingCandidateAndAFollowerAddNoWatcher() throws Exception {
    FaultProxy proxy = zooKeeper.proxy();
    CuratorFramework client = zooKeeper.client(proxy.connectString());
    try (LeaderElection first =
            LeaderElection.builder(zooKeeper.client(), "/waits").candidateId("w-1").build();
        Lease held = first.acquire();
        LeaderElection second =
            LeaderElection.builder(client, "/waits").candidateId("w-2").build();
        AuditLog.Following following = AuditLog.of(client, "/waits").follow(1, entry -> {})) {
      FutureTask<Lease> waiting = new FutureTask<>(second::acquire);
      Thread waits = new Thread(waiting, "waits");
      waits.start();
      ClientConnection connection = new ClientConnection(client, proxy);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> connection.watchers().keySet().toString().contains("/waits/latch/"));
      for (int i = 0; i < 25; i++) {
        connection.loseAndReturn(4);
        held.renew();
      }
      assertThat(connection.watchers())
          .containsKey("/waits/audit")
          .allSatisfy(
              (path, count) ->
                  assertThat(count)
                      .as(path)
                      .isLessThanOrEqualTo(path.contains("/latch/") ? 30 : 1));
      held.close();
      waiting.get(20, TimeUnit.SECONDS).close();
      waits.join();
    }
  }

  @Test
  void aHundredReconnectsOfALeaderAddNoWatcher() throws Exception {
    FaultProxy proxy = zooKeeper.proxy();
    zooKeeper.limitSessions(ZooKeeperFixture.PATIENT_SESSION);
    CuratorFramework client =
        zooKeeper.client(proxy.connectString(), ZooKeeperFixture.PATIENT_SESSION);
    try (LeaderElection election = LeaderElection.builder(client, "/leads").build();
        Lease held = election.acquire()) {
      ClientConnection connection = new ClientConnection(client, proxy);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> connection.watchers().containsKey("/leads/leader"));
      for (int i = 0; i < 25; i++) {
        connection.loseAndReturn(4);
      }
      assertThat(held.isHeld()).isTrue();
      assertThat(connection.watchers())
          .containsKey("/leads/leader")
          .allSatisfy((path, count) -> assertThat(count).as(path).isEqualTo(1));
    }
  }
}
