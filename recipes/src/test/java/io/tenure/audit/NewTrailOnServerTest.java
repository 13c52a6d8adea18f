package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Retention;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A follower of a trail is told when another trail takes its place, and misses no entry of the new
 * one.
 */
@Timeout(90)
class NewTrailOnServerTest {

  private static final String SCOPE = "/billing";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @TempDir Path temp;

  private final Heard heard = new Heard();
  private CuratorFramework client;

  private static final class Heard implements AuditFollower {
    private final List<String> all = new CopyOnWriteArrayList<>();

    @Override
    public void entry(RecordedEntry entry) {
      all.add("entry " + entry.entry().index());
    }

    @Override
    public void gap(long first, long last) {
      all.add("gap " + first + "-" + last);
    }

    @Override
    public void newTrail(RecordedEntry last, String reason) {
      all.add("new trail after " + last.entry().index());
    }

    @Override
    public void failed(RuntimeException cause) {
      all.add("failed " + cause);
    }
  }

  private static String[] entries(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(i -> "entry " + i).toArray(String[]::new);
  }

  @BeforeEach
  void connect() {
    client = zk.client();
  }

  private void awaitHeard(String... last) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(heard.all).endsWith(last));
  }

  /** Deletes all but the last entries, as a leader's retention does. */
  private void keepLast(int kept) throws Exception {
    List<String> names = new ArrayList<>(ZooKeeperFixture.trail(client, SCOPE));
    for (String name : names.subList(0, names.size() - kept)) {
      client.delete().forPath(SCOPE + "/audit/" + name);
    }
  }

  @Test
  void aFollowerIsGivenTheWholeTrailOfAScopeThatWasMadeAnew() throws Exception {
    new TrailWriter(client, SCOPE).tenures(5);
    zk.closeLater(AuditLog.of(client, SCOPE).follow(heard));
    awaitHeard(entries(1, 10));

    client.delete().deletingChildrenIfNeeded().forPath(SCOPE);
    new TrailWriter(client, SCOPE).tenures(6);

    awaitHeard("entry 12");
    List<String> expected = new ArrayList<>(List.of(entries(1, 10)));
    expected.add("new trail after 10");
    expected.addAll(List.of(entries(1, 12)));
    assertThat(heard.all).isEqualTo(expected);
  }

  @Test
  void aNewTrailIsRecognisedThoughItHasGrownPastTheOldWhileTheFollowerWasCutOff() throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework cutOff = zk.client(proxy.connectString());
    new TrailWriter(client, SCOPE).tenures(2);
    zk.closeLater(AuditLog.of(cutOff, SCOPE).follow(heard));
    awaitHeard("entry 4");

    proxy.refuse(true);
    proxy.dropConnections();
    client.delete().deletingChildrenIfNeeded().forPath(SCOPE);
    new TrailWriter(client, SCOPE).tenures(5);
    keepLast(3);
    proxy.refuse(false);

    awaitHeard("new trail after 4", "gap 1-7", "entry 8", "entry 9", "entry 10");
  }

  @Test
  void historyThatWasRewrittenUnderTheSameScopeIsANewTrail() throws Exception {
    new TrailWriter(client, SCOPE).tenures(2);
    zk.closeLater(AuditLog.of(client, SCOPE).follow(heard));
    awaitHeard("entry 4");
    new TrailWriter(client, "/other").tenures(3);
    for (String name : ZooKeeperFixture.trail(client, SCOPE)) {
      client.setData().forPath(SCOPE + "/audit/" + name, data("/other/audit/" + name));
    }
    client.setData().forPath(SCOPE, data("/other"));
    for (String name : ZooKeeperFixture.trail(client, "/other").tailSet("0000000005")) {
      client.create().forPath(SCOPE + "/audit/" + name, data("/other/audit/" + name));
    }
    awaitHeard("entry 6");
    assertThat(heard.all).contains("new trail after 4");
    assertThat(heard.all.subList(5, heard.all.size())).startsWith(entries(1, 5));
  }

  private byte[] data(String path) throws Exception {
    return client.getData().forPath(path);
  }

  @Test
  void aFollowerGoesOnWhereOnlyTheParentOfTheEntriesWasDeletedByHand() throws Exception {
    TrailWriter writer = new TrailWriter(client, SCOPE).tenures(2);
    zk.closeLater(AuditLog.of(client, SCOPE).follow(heard));
    awaitHeard("entry 4");
    client.delete().deletingChildrenIfNeeded().forPath(SCOPE + "/audit");
    client.create().forPath(SCOPE + "/audit");
    await().until(() -> isListed(SCOPE + "/audit")); // without an entry
    writer.tenures(1);
    awaitHeard("entry 5", "entry 6");
    assertThat(heard.all).containsExactly(entries(1, 6));
  }

  /** Whether the client has an answer to its request for the list since the last change. */
  private boolean isListed(String path) throws Exception {
    Method watches = ZooKeeper.class.getDeclaredMethod("getChildWatches");
    watches.setAccessible(true);
    return ((List<?>) watches.invoke(client.getZookeeperClient().getZooKeeper())).contains(path);
  }

  @Test
  void anArchiverGoesOnWhereTheParentOfTheEntriesWasDeletedAndSomeWereRestored() throws Exception {
    News news = new News();
    MemorySink sink = new MemorySink();
    TrailWriter writer = new TrailWriter(client, SCOPE).tenures(2);
    String fourth = SCOPE + "/audit/" + ZooKeeperFixture.trail(client, SCOPE).last();
    byte[] kept = data(fourth);
    archive(client, sink, news);
    client.delete().deletingChildrenIfNeeded().forPath(SCOPE + "/audit");
    client.create().creatingParentsIfNeeded().forPath(fourth, kept);
    archive(client, sink, news);
    writer.tenures(1);
    archive(client, sink, news);
    assertThat(sink.indexes(SCOPE)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(news.anew).as("told of a new trail").isEmpty();
  }

  @Test
  void entriesThatWereForgedBelowANewParentAreAnotherTrail() throws Exception {
    News news = new News();
    MemorySink sink = new MemorySink();
    TrailWriter writer = new TrailWriter(client, SCOPE).tenures(2);
    zk.closeLater(AuditLog.of(client, SCOPE).follow(heard));
    awaitHeard("entry 4");
    archive(client, sink, news);
    String fourth = SCOPE + "/audit/" + ZooKeeperFixture.trail(client, SCOPE).last();
    new TrailWriter(client, "/other").tenures(2);
    String forged = "/other/audit/" + ZooKeeperFixture.trail(client, "/other").last();
    client.delete().deletingChildrenIfNeeded().forPath(SCOPE + "/audit");
    client.create().creatingParentsIfNeeded().forPath(fourth, data(forged));
    archive(client, sink, news);
    writer.tenures(1);
    awaitHeard("entry 5", "entry 6");
    assertThat(heard.all).contains("new trail after 4");
    assertThat(news.anew).containsExactly(SCOPE);
  }

  @Test
  void followerAndArchiverTellOfServersThatWereRestoredFromAnOlderSnapshot() throws Exception {
    Path data = temp.resolve("data");
    Path snapshot = temp.resolve("snapshot");
    InstanceSpec spec = new InstanceSpec(data.toFile(), -1, -1, -1, false, 1, 200, 100);
    News news = new News();
    MemorySink sink = new MemorySink();
    try (TestingServer server = new TestingServer(spec, true);
        CuratorFramework reader = started(server)) {
      lead(server, 3);
      server.stop();
      copy(data, snapshot);
      server.restart();
      lead(server, 3);
      AuditLog.Following following = AuditLog.of(reader, SCOPE).follow(heard);
      awaitHeard(entries(1, 12));
      archive(reader, sink, news);

      server.stop();
      copy(snapshot, data);
      server.restart();
      lead(server, 1);

      awaitHeard("entry 8");
      assertThat(heard.all.subList(12, heard.all.size()))
          .startsWith("new trail after 12")
          .endsWith(entries(1, 8));
      archive(reader, sink, news);
      assertThat(news.anew).as("told of by the archiver as well").containsExactly(SCOPE);
      assertThat(sink.indexes(SCOPE)).hasSize(12 + 8).endsWith(6L, 7L, 8L);
      lead(server, 3);
      archive(reader, sink, news);
      assertThat(sink.indexes(SCOPE)).hasSize(12 + 14).endsWith(13L, 14L);
      assertThat(news.anew).hasSize(1);
      following.close();
    }
  }

  private static final class News implements ArchiveListener {
    private final List<String> anew = new ArrayList<>();

    @Override
    public void anew(String trail, String from, String to) {
      anew.add(trail);
    }
  }

  private static void archive(CuratorFramework client, MemorySink sink, News news)
      throws Exception {
    try (AuditArchiver archiver =
        AuditArchiver.builder(client, SCOPE).sink(sink).listener(news).build()) {
      archiver.once();
    }
  }

  private static CuratorFramework started(TestingServer server) {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(
            server.getConnectString(), 2000, 1000, new RetryNTimes(3, 50));
    client.start();
    return client;
  }

  /** A process of its own: one that has seen the later state cannot connect to the restored one. */
  private static void lead(TestingServer server, int tenures) throws Exception {
    try (CuratorFramework client = started(server);
        LeaderElection election =
            LeaderElection.builder(client, SCOPE)
                .candidateId("w-1")
                .retention(Retention.KEEP_ALL)
                .build()) {
      for (int i = 0; i < tenures; i++) {
        election.acquire().close();
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      try (Stream<Path> old = Files.walk(to)) {
        for (Path path : old.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    try (Stream<Path> files = Files.walk(from)) {
      for (Path path : files.toList()) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
  }

  @Test
  void anErrorOfTheFollowerEndsTheFollowingAndIsTold() throws Exception {
    new TrailWriter(client, SCOPE).tenures(1);
    AtomicReference<RuntimeException> failed = new AtomicReference<>();
    zk.closeLater(
        AuditLog.of(client, SCOPE)
            .follow(
                new AuditFollower() {
                  @Override
                  public void entry(RecordedEntry entry) {
                    throw new AssertionError("wrong");
                  }

                  @Override
                  public void failed(RuntimeException cause) {
                    failed.set(cause);
                  }
                }));
    await().untilAsserted(() -> assertThat(failed.get()).hasRootCauseMessage("wrong"));
  }
}
