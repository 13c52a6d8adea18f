package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Retention;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The archiver on a real server: each entry once and in order, through all that happens. */
@Timeout(60)
class AuditArchiverOnServerTest {

  @RegisterExtension static final ZooKeeperFixture ZK = new ZooKeeperFixture();

  private static final AtomicInteger TESTS = new AtomicInteger();

  @TempDir Path temp;

  private final MemorySink sink = new MemorySink();
  private final News news = new News();
  private String root;
  private String scope;
  private CuratorFramework client;

  /** What the listener heard. */
  private static final class News implements ArchiveListener {
    final List<String> gaps = new CopyOnWriteArrayList<>();
    final List<String> anew = new CopyOnWriteArrayList<>();
    final List<String> problems = new CopyOnWriteArrayList<>();
    final AtomicInteger caughtUp = new AtomicInteger();

    @Override
    public void gap(ArchivedGap gap) {
      gaps.add(gap.trail() + " " + gap.first() + "-" + gap.last());
    }

    @Override
    public void anew(String trail, String from, String to) {
      anew.add(trail);
    }

    @Override
    public void problem(String path, String problem) {
      problems.add(path + ": " + problem);
    }

    @Override
    public void caughtUp(int trails) {
      caughtUp.incrementAndGet();
    }
  }

  @BeforeEach
  void connect() {
    root = "/t" + TESTS.incrementAndGet();
    scope = root + "/close";
    client = ZK.client();
  }

  private AuditArchiver.Builder builder(ArchiveSink to) {
    return AuditArchiver.builder(client, root).sink(to).listener(news);
  }

  private CompletionStage<Void> start(AuditArchiver.Builder builder) {
    return ZK.closeLater(builder.build()).start();
  }

  /** One look, as it would be after a restart. */
  private void once(AuditArchiver.Builder builder) throws Exception {
    builder.build().once();
  }

  private TrailWriter writer(String at) {
    return new TrailWriter(client, at);
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  private void awaitIndexes(String trail, long last) {
    await().untilAsserted(() -> assertThat(sink.indexes(trail)).isEqualTo(upTo(last)));
  }

  private void data(String path, String data) throws Exception {
    client.create().orSetData().creatingParentsIfNeeded().forPath(path, data.getBytes());
  }

  private String data(String path) throws Exception {
    return new String(client.getData().forPath(path), StandardCharsets.UTF_8);
  }

  private List<String> standing(String trail) throws Exception {
    return standing(client, trail);
  }

  private static List<String> standing(CuratorFramework as, String trail) throws Exception {
    return List.copyOf(ZooKeeperFixture.trail(as, trail));
  }

  @Test
  void trailsOfScopesAndOfTheGroupAreFollowedAndNewOnesAreFound() throws Exception {
    String shard = root + "/shards/0";
    TrailWriter first = writer(shard).tenures(1);
    data(root + "/audit", "{\"format\":1,\"auditFirst\":1,\"auditNext\":2,\"digest\":\"x\"}");
    data(root + "/audit/0000000001-drain-w-3", "{\"format\":1,\"act\":\"drain\"}");
    start(builder(sink));
    awaitIndexes(shard, 2);
    awaitIndexes(root, 1);
    first.tenures(1);
    writer(root + "/coordinator").tenures(1);
    writer(root + "/shards/deep/below/1").tenures(1);
    awaitIndexes(shard, 4);
    awaitIndexes(root + "/coordinator", 2);
    awaitIndexes(root + "/shards/deep/below/1", 2);
    ArchivedEntry act = sink.entries(root).get(0);
    assertThat(act.name()).isEqualTo("0000000001-drain-w-3");
    assertThat(new String(act.bytes(), StandardCharsets.UTF_8)).contains("\"act\":\"drain\"");
    assertThat(sink.entries(shard).stream().map(ArchivedEntry::recorded).toList())
        .isEqualTo(AuditLog.of(client, shard).entries());
    assertThat(news.problems).isEmpty();
    assertThat(news.gaps).isEmpty();
  }

  @Test
  void lostConnectionsNewSessionsAndAServerThatStartsAgainLoseAndRepeatNothing() throws Exception {
    FaultProxy proxy = ZK.proxy();
    CuratorFramework archivers = ZK.client(proxy.connectString());
    start(AuditArchiver.builder(archivers, root).sink(sink).listener(news));
    TrailWriter writer = writer(scope);
    for (int i = 1; i <= 12; i++) {
      writer.tenures(1);
      if (i % 6 == 1) {
        proxy.dropConnections();
      } else if (i % 6 == 4) {
        awaitIndexes(scope, 2L * i); // It has a session that can end.
        ZK.endSession(archivers);
      }
    }
    awaitIndexes(scope, 24);
    proxy.refuse(true);
    writer.tenures(1);
    proxy.refuse(false);
    awaitIndexes(scope, 26);
    ZK.server().restart();
    await().ignoreExceptions().until(() -> client.checkExists().forPath(scope) != null);
    writer(root + "/other").tenures(2);
    awaitIndexes(root + "/other", 4);
    assertThat(sink.indexes(scope)).isEqualTo(upTo(26));
    assertThat(news.gaps).isEmpty();
  }

  @Test
  void aSinkThatFailsAtAnyPointIsTriedAgainAndNothingIsLostOrRepeated() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    AtomicBoolean failing = new AtomicBoolean(true);
    MemorySink flaky =
        new MemorySink() {
          @Override
          public void write(List<Archived> batch) throws IOException {
            if (failing.get() && random.nextInt(3) > 0) {
              super.write(batch.subList(0, random.nextInt(batch.size() + 1)));
              throw new IOException("full");
            }
            super.write(batch);
          }

          @Override
          public Map<String, ArchivePosition> positions() throws IOException {
            if (failing.get() && random.nextInt(4) == 0) {
              throw new IOException("not now");
            }
            return super.positions();
          }
        };
    List<TrailWriter> writers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      writers.add(writer(root + "/shards/" + i).tenures(3));
    }
    start(builder(flaky));
    for (int i = 0; i < 5; i++) {
      for (TrailWriter writer : writers) {
        writer.tenures(1);
      }
    }
    await().until(() -> !news.problems.isEmpty());
    failing.set(false);
    for (int i = 0; i < 8; i++) {
      String shard = root + "/shards/" + i;
      await()
          .untilAsserted(
              () -> assertThat(flaky.indexes(shard)).as("seed %s", seed).isEqualTo(upTo(16)));
    }
    assertThat(news.problems).anyMatch(p -> p.contains("it is tried again"));
    assertThat(news.gaps).isEmpty();
  }

  @Test
  void anArchiverThatEndsAnywhereIsContinuedByTheNext() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Path directory = temp.resolve("archive");
    TrailWriter writer = writer(scope).tenures(1);
    for (int life = 0; life < 10; life++) {
      try (ArchiveFiles files = ArchiveFiles.at(directory).maxBytes(2000).open()) {
        int ends = random.nextInt(3);
        ArchiveSink mortal =
            new ArchiveSink() {
              private int writes;

              @Override
              public Map<String, ArchivePosition> positions() {
                return files.positions();
              }

              @Override
              public void write(List<Archived> batch) throws IOException {
                int part = random.nextInt(batch.size() + 1);
                boolean dies = writes++ >= ends;
                files.write(dies ? batch.subList(0, part) : batch);
                if (dies) {
                  throw new IllegalStateException("killed");
                }
              }
            };
        AuditArchiver archiver = builder(mortal).keep(2).build();
        CompletionStage<Void> ended = archiver.start();
        while (!ended.toCompletableFuture().isDone()) {
          writer.tenures(1);
        }
        assertThatThrownBy(() -> ended.toCompletableFuture().get())
            .isInstanceOf(ExecutionException.class)
            .hasMessageContaining("killed");
      }
    }
    try (ArchiveFiles files = ArchiveFiles.at(directory).open()) {
      once(builder(files).keep(2));
    }
    AuditLog log = AuditLog.of(client, scope);
    ArchivedTrail archived = ArchiveFiles.read(directory).trail(scope);
    assertThat(archived.entries().stream().map(e -> e.entry().index()).toList())
        .as("seed %s", seed)
        .isEqualTo(upTo(log.trail().next() - 1));
    assertThat(archived.gaps()).isEmpty();
    assertThat(log.verify(archived)).isEmpty();
    assertThat(log.trail().withArchived(archived.entries()).tenures())
        .allSatisfy(tenure -> assertThat(tenure.from()).isPresent());
  }

  @Test
  void aScopeThatIsMadeAnewIsArchivedAsAnotherTrail() throws Exception {
    writer(scope).tenures(3);
    once(builder(sink));
    client.delete().deletingChildrenIfNeeded().forPath(scope);
    writer(scope).tenures(1);
    once(builder(sink));
    once(builder(sink));
    assertThat(sink.indexes(scope)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 1L, 2L);
    assertThat(news.anew).containsExactly(scope);
    ArchivedTrail trail = archived();
    assertThat(trail.entries()).hasSize(2);
    assertThat(trail.earlier()).hasSize(6);
    assertThat(AuditLog.of(client, scope).verify()).isEmpty();
    assertThat(AuditLog.of(client, scope).verify(trail))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo(Finding.Rule.ARCHIVE_AGREES);
              assertThat(finding.detail()).startsWith("6 entries of another trail");
            });
  }

  private ArchivedTrail archived() {
    ArchivedTrail.Collector collector = new ArchivedTrail.Collector(scope);
    sink.items.forEach(collector::add);
    return collector.trail(List.of());
  }

  @Test
  void aTrailWhoseParentWasDeletedGoesOnWhereItWas() throws Exception {
    writer(scope).tenures(2);
    once(builder(sink));
    byte[] fifth = "{}".getBytes();
    client.delete().deletingChildrenIfNeeded().forPath(scope + "/audit");
    data(scope + "/audit/0000000005-elected-w-1", "{}");
    data(scope, data(scope).replace("\"auditNext\":5", "\"auditNext\":6"));
    once(builder(sink));
    assertThat(sink.indexes(scope)).isEqualTo(upTo(5));
    assertThat(sink.entries(scope).get(4).bytes()).isEqualTo(fifth);
    assertThat(news.gaps).isEmpty();
    assertThat(archived().earlier()).isEmpty();
  }

  @Test
  void entriesThatWereDeletedBeforeTheyCouldBeArchivedAreSaidAndArchivedAsAGap() throws Exception {
    TrailWriter writer = writer(scope).tenures(3);
    client.delete().forPath(scope + "/audit/0000000001-elected-w-1");
    client.delete().forPath(scope + "/audit/0000000002-resigned-w-1");
    client.delete().forPath(scope + "/audit/0000000004-resigned-w-1");
    once(builder(sink));
    assertThat(news.gaps).containsExactly(scope + " 1-2", scope + " 4-4");
    assertThat(sink.items)
        .extracting(Archived::getClass, item -> item.position().index())
        .containsExactly(
            tuple(ArchivedGap.class, 2L),
            tuple(ArchivedEntry.class, 3L),
            tuple(ArchivedGap.class, 4L),
            tuple(ArchivedEntry.class, 5L),
            tuple(ArchivedEntry.class, 6L));
    // A gap of which nothing but its line was durable is not said twice.
    sink.items.subList(3, 5).clear();
    writer.tenures(1);
    once(builder(sink));
    assertThat(sink.indexes(scope)).containsExactly(3L, 5L, 6L, 7L, 8L);
    assertThat(news.gaps).hasSize(2);
  }

  @Test
  void aForgedEntryAheadOfTheRecordDoesNotMoveTheArchivePastThoseToCome() throws Exception {
    TrailWriter writer = writer(scope).tenures(1);
    data(scope + "/audit/0000000007-elected-w-9", "forged");
    once(builder(sink));
    assertThat(sink.indexes(scope)).isEqualTo(upTo(2));
    assertThat(news.problems)
        .singleElement()
        .asString()
        .contains("0000000007-elected-w-9", "is not archived");
    writer.tenures(3);
    once(builder(sink));
    assertThat(sink.indexes(scope)).isEqualTo(upTo(8));
    assertThat(sink.entries(scope))
        .extracting(ArchivedEntry::name)
        .doesNotContain("0000000007-elected-w-9");
    assertThat(news.gaps).isEmpty();
  }

  @Test
  void historyThatIsRewrittenConsistentlyIsFoundByTheArchive() throws Exception {
    writer(scope).tenures(3);
    once(builder(sink));
    // With the strongest credentials: everything is deleted and written again, chained and
    // counted, under the same audit znode.
    String other = root + "/forged";
    writer(other).tenures(3);
    for (String name : standing(scope)) {
      client.delete().forPath(scope + "/audit/" + name);
    }
    for (String name : standing(other)) {
      client
          .create()
          .forPath(scope + "/audit/" + name, client.getData().forPath(other + "/audit/" + name));
    }
    client.setData().forPath(scope, client.getData().forPath(other));
    AuditLog log = AuditLog.of(client, scope);
    // What the entries say is consistent; only what the server counts by itself gives it away.
    assertThat(log.verify())
        .extracting(Finding::rule)
        .containsOnly(Finding.Rule.RECORD_MATCHES, Finding.Rule.ADDED_ONCE);
    assertThat(log.verify(archived()))
        .filteredOn(finding -> finding.rule() == Finding.Rule.ARCHIVE_AGREES)
        .hasSize(6);
    // The archiver says so as well, archives the forged entries beside, and hides nothing by it.
    once(builder(sink));
    once(builder(sink));
    assertThat(news.problems).anyMatch(p -> p.contains("history was rewritten"));
    assertThat(sink.indexes(scope)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(log.verify(archived()))
        .filteredOn(finding -> finding.rule() == Finding.Rule.ARCHIVE_AGREES)
        .hasSizeGreaterThanOrEqualTo(6);
  }

  @Test
  void historyThatIsTakenBackIsFoundByTheArchive() throws Exception {
    writer(scope).tenures(1);
    byte[] record = client.getData().forPath(scope);
    client.delete().deletingChildrenIfNeeded().forPath(scope);
    writer(scope).tenures(2);
    once(builder(sink));
    client.delete().forPath(scope + "/audit/0000000003-elected-w-1");
    client.delete().forPath(scope + "/audit/0000000004-resigned-w-1");
    client.setData().forPath(scope, record);
    assertThat(AuditLog.of(client, scope).verify(archived()))
        .filteredOn(finding -> finding.detail().contains("does not count it"))
        .hasSize(2);
  }

  private static long readings(FaultProxy proxy) {
    return proxy.requestsSeen(OpCode.getData)
        + proxy.requestsSeen(OpCode.getChildren)
        + proxy.requestsSeen(OpCode.getChildren2);
  }

  @Test
  @Timeout(180)
  void hundredsOfTrailsAreArchivedAndFollowedByLookingAtThoseThatChanged() throws Exception {
    int trails = 500;
    List<TrailWriter> writers = new ArrayList<>();
    for (int i = 0; i < trails; i++) {
      writers.add(writer(root + "/shards/" + i));
      writers.get(i).elect();
    }
    FaultProxy proxy = ZK.proxy();
    AuditArchiver archiver =
        ZK.closeLater(
            AuditArchiver.builder(ZK.client(proxy.connectString()), root)
                .sink(sink)
                .listener(news)
                .build());
    archiver.start();
    await().atMost(Duration.ofMinutes(1)).until(() -> news.caughtUp.get() >= 1);
    assertThat(sink.items).hasSize(trails);
    long before = readings(proxy);
    for (TrailWriter writer : writers) {
      writer.resign();
    }
    await().atMost(Duration.ofMinutes(1)).until(() -> sink.items.size() == 2 * trails);
    assertThat(readings(proxy) - before)
        .as("a look at a trail takes some seven readings, and each change needs two at most")
        .isLessThan(20L * trails);
    for (int i = 0; i < trails; i++) {
      assertThat(sink.indexes(root + "/shards/" + i)).containsExactly(1L, 2L);
    }
  }

  @Test
  void whatIsArchivedIsTakenOutWhileLeadersGoOnAndTheTrailStaysVerifiable() throws Exception {
    LeaderElection election =
        ZK.closeLater(
            LeaderElection.builder(ZK.monitor(client), scope)
                .candidateId("w-1")
                .retention(Retention.KEEP_ALL)
                .build());
    start(builder(sink).keep(2));
    for (int i = 1; i <= 8; i++) {
      try (var lease = election.acquire()) {
        long archived = 2L * i - 1;
        await().until(() -> standing(scope).size() <= 2);
        awaitIndexes(scope, archived);
        // No other client has touched the record, on whose version this write depends.
        lease.checkpoint(("unit " + i).getBytes());
      }
    }
    await().untilAsserted(() -> assertThat(standing(scope)).hasSize(2));
    awaitIndexes(scope, 16);
    assertThat(data(scope + "/audit")).startsWith("{\"format\":1,\"first\":15,\"previous\":\"");
    AuditLog log = AuditLog.of(client, scope);
    assertThat(log.verify()).isEmpty();
    assertThat(log.verify(archived())).isEmpty();
    assertThat(news.problems).isEmpty();
  }

  @Test
  void aLeadersOwnRetentionAndTheArchiversDoNotDisturbEachOther() throws Exception {
    LeaderElection election =
        ZK.closeLater(
            LeaderElection.builder(ZK.monitor(client), scope)
                .candidateId("w-1")
                .retention(Retention.last(3))
                .build());
    start(builder(sink).keep(2));
    AuditLog log = AuditLog.of(client, scope);
    for (int i = 1; i <= 12; i++) {
      election.acquire().close();
      assertThat(log.verify()).isEmpty();
      awaitIndexes(scope, 2L * i); // What is taken out now may be what the next election deletes.
    }
    await().untilAsserted(() -> assertThat(standing(scope)).hasSize(2));
    assertThat(news.gaps).isEmpty();
    assertThat(news.problems).isEmpty();
    assertThat(log.verify(archived())).isEmpty();
  }

  @Test
  void thousandsOfEntriesAreTakenOutInTransactionsOfBoundedSize() throws Exception {
    writer(scope).tenures(250);
    once(builder(sink).keep(3));
    assertThat(standing(scope)).hasSize(3);
    assertThat(sink.indexes(scope)).isEqualTo(upTo(500));
    assertThat(AuditLog.of(client, scope).verify(archived())).isEmpty();
    assertThat(client.checkExists().forPath(scope + "/audit").getVersion())
        .as("transactions")
        .isEqualTo(3);
  }

  @Test
  void fieldsOfTheMarkerThatAreNotKnownAreKept() throws Exception {
    TrailWriter writer = writer(scope).tenures(2);
    once(builder(sink).keep(2));
    String marker = data(scope + "/audit");
    data(scope + "/audit", marker.replace("}", ",\"later\":[1]}"));
    writer.tenures(1);
    once(builder(sink).keep(2));
    assertThat(data(scope + "/audit")).contains("\"first\":5").endsWith(",\"later\":[1]}");
    assertThat(AuditLog.of(client, scope).verify()).isEmpty();
  }

  @Test
  void theRecordOfATrailThatHasOneIsSetInTheSameTransaction() throws Exception {
    for (int i = 1; i <= 5; i++) {
      data(root + "/audit/000000000" + i + "-drain-w-3", "{}");
    }
    data(
        root + "/audit",
        "{\"format\":1,\"auditFirst\":1,\"auditNext\":6,\"digest\":\"d\",\"later\":true}");
    once(builder(sink).keep(2));
    assertThat(standing(root)).containsExactly("0000000004-drain-w-3", "0000000005-drain-w-3");
    assertThat(data(root + "/audit"))
        .isEqualTo(
            "{\"format\":1,\"auditFirst\":4,\"auditNext\":6,\"digest\":\"d\",\"later\":true}");
  }

  @Test
  void whatMayNotBeWhatWasArchivedIsLeftInZooKeeper() throws Exception {
    writer(scope).tenures(3);
    once(builder(sink));
    String rewritten = scope + "/audit/0000000002-resigned-w-1";
    client.setData().forPath(rewritten, "rewritten".getBytes());
    once(builder(sink).keep(2));
    assertThat(standing(scope)).first().isEqualTo("0000000002-resigned-w-1");
    assertThat(standing(scope)).hasSize(5);
    assertThat(news.problems)
        .singleElement()
        .asString()
        .startsWith(rewritten)
        .contains("was rewritten", "is left");
    client.delete().forPath(rewritten);
    client.create().forPath(rewritten, "made anew".getBytes());
    once(builder(sink).keep(2));
    assertThat(standing(scope)).hasSize(5);
    assertThat(news.problems).last().asString().contains("after the entry that follows");
  }

  @Test
  void aMarkerThatIsFalsifiedOrDamagedIsFound() throws Exception {
    TrailWriter writer = writer(scope).tenures(3);
    once(builder(sink).keep(2));
    String marker = data(scope + "/audit");
    AuditLog log = AuditLog.of(client, scope);
    data(scope + "/audit", marker.replaceAll("\"previous\":\"....", "\"previous\":\"0000"));
    assertThat(log.verify())
        .singleElement()
        .satisfies(f -> assertThat(f.rule()).isEqualTo(Finding.Rule.DIGESTS_CHAINED));
    data(scope + "/audit", marker.replace("\"first\":5", "\"first\":6"));
    assertThat(log.verify())
        .extracting(Finding::rule)
        .contains(Finding.Rule.INDEXES_DENSE, Finding.Rule.DIGESTS_CHAINED);
    data(scope + "/audit", "hello");
    assertThat(log.verify()).extracting(Finding::path).containsExactly(scope);
    writer.tenures(1);
    once(builder(sink).keep(2));
    assertThat(standing(scope)).as("not trimmed").hasSize(4);
    assertThat(sink.indexes(scope)).isEqualTo(upTo(8));
    assertThat(news.problems).last().asString().contains("the trail is not trimmed");
  }

  private CuratorFramework authenticated(String user) {
    return started(
        CuratorFrameworkFactory.builder()
            .authorization("digest", (user + ":secret").getBytes(StandardCharsets.UTF_8)));
  }

  private static CuratorFramework started(CuratorFrameworkFactory.Builder builder) {
    CuratorFramework started =
        builder
            .connectString(ZK.server().getConnectString())
            .sessionTimeoutMs(3000)
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .build();
    started.start();
    return ZK.closeLater(started);
  }

  private static ACL acl(int permissions, String user) throws Exception {
    return new ACL(
        permissions,
        new Id("digest", DigestAuthenticationProvider.generateDigest(user + ":secret")));
  }

  @Test
  void toArchiveReadIsEnoughAndToTrimWriteAndDeleteOnAuditAlone() throws Exception {
    writer(scope).tenures(3);
    List<ACL> readOnly = List.of(acl(Perms.ALL, "admin"), acl(Perms.READ, "archiver"));
    for (String path : List.of(root, scope)) {
      client.setACL().withACL(readOnly).forPath(path);
    }
    client.setACL().withACL(readOnly).forPath(scope + "/audit");
    CuratorFramework admin = authenticated("admin");
    CuratorFramework archiver = authenticated("archiver");
    once(AuditArchiver.builder(archiver, root).sink(sink).listener(news).keep(2));
    assertThat(sink.indexes(scope)).isEqualTo(upTo(6));
    assertThat(standing(admin, scope)).hasSize(6);
    assertThat(news.problems)
        .singleElement()
        .asString()
        .contains("denies write and delete on " + scope + "/audit");
    admin
        .setACL()
        .withACL(
            List.of(
                acl(Perms.ALL, "admin"), acl(Perms.READ | Perms.WRITE | Perms.DELETE, "archiver")))
        .forPath(scope + "/audit");
    once(AuditArchiver.builder(archiver, root).sink(sink).listener(news).keep(2));
    assertThat(standing(admin, scope)).hasSize(2);
    assertThat(news.problems).hasSize(1);
    for (String path : List.of(scope + "/audit", scope, root)) {
      admin.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(path);
    }
  }

  @Test
  void aTrailThatMayNotBeReadIsSaidOnceAndTheOthersAreArchived() throws Exception {
    writer(root + "/a").tenures(1);
    writer(root + "/b").tenures(1);
    writer(root + "/c").tenures(2);
    List<ACL> none = List.of(acl(Perms.ALL, "admin"));
    client.setACL().withACL(none).forPath(root + "/b/audit");
    String hidden = root + "/c/audit/0000000002-resigned-w-1";
    client.setACL().withACL(none).forPath(hidden);
    start(builder(sink).lookEvery(Duration.ofMillis(50)));
    await().until(() -> news.caughtUp.get() >= 3);
    assertThat(sink.indexes(root + "/a")).isEqualTo(upTo(2));
    assertThat(sink.indexes(root + "/c")).as("not past what is hidden").isEqualTo(upTo(1));
    assertThat(news.problems)
        .containsExactlyInAnyOrder(
            root + "/b/audit: " + denied(root + "/b/audit"), hidden + ": " + denied(hidden));
    CuratorFramework admin = authenticated("admin");
    admin.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(root + "/b/audit");
    admin.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(hidden);
    awaitIndexes(root + "/b", 2);
    awaitIndexes(root + "/c", 4);
  }

  private static String denied(String path) {
    return "the server denies read on " + path + ": grant it in the ACL";
  }

  @Test
  void anArchiveOfAnotherEnsembleIsNotContinuedInSilence() throws Exception {
    writer(scope).tenures(1);
    sink.items.add(new ArchivedGap(scope, "0x7fffffffffffff", 1, 9));
    once(builder(sink));
    assertThat(sink.items).hasSize(1);
    assertThat(news.problems).singleElement().asString().contains("this is another ensemble");
  }

  @Test
  void closingWaitsForTheSinkAndDoesNotInterruptIt() throws Exception {
    writer(scope).tenures(1);
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicReference<Throwable> interrupted = new AtomicReference<>();
    MemorySink slow =
        new MemorySink() {
          @Override
          public void write(List<Archived> batch) throws IOException {
            writing.countDown();
            try {
              goOn.await();
            } catch (InterruptedException e) {
              interrupted.set(e);
            }
            super.write(batch);
          }
        };
    AuditArchiver archiver = builder(slow).build();
    CompletionStage<Void> ended = archiver.start();
    assertThat(writing.await(20, TimeUnit.SECONDS)).isTrue();
    Thread closing = new Thread(archiver::close);
    closing.start();
    await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
    goOn.countDown();
    closing.join(20_000);
    assertThat(ended.toCompletableFuture().get(20, TimeUnit.SECONDS)).isNull();
    assertThat(interrupted.get()).isNull();
    assertThat(slow.indexes(scope)).isEqualTo(upTo(2));
    archiver.close();
    assertThatIllegalStateException().isThrownBy(archiver::start);
  }

  @Test
  void anArchiverEndsWithItsClientAndSaysSo() throws Exception {
    CuratorFramework own = ZK.client();
    AuditArchiver archiver =
        ZK.closeLater(AuditArchiver.builder(own, root).sink(sink).listener(news).build());
    CompletionStage<Void> ended = archiver.start();
    await().until(() -> news.caughtUp.get() > 0);
    own.close();
    assertThatThrownBy(() -> ended.toCompletableFuture().get(20, TimeUnit.SECONDS))
        .hasRootCauseMessage("the client of the archiver was closed");
  }

  @Test
  void runBlocksUntilItsThreadIsInterrupted() throws Exception {
    AuditArchiver archiver = builder(sink).build();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread runner =
        new Thread(
            () -> {
              try {
                archiver.run();
              } catch (InterruptedException e) {
                thrown.set(e);
              }
            });
    runner.start();
    writer(scope).tenures(1);
    awaitIndexes(scope, 2);
    runner.interrupt();
    runner.join(20_000);
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThatIllegalStateException().isThrownBy(archiver::once);
  }

  @Test
  void aClientsNamespaceAppliesAndItsRootCanBeFollowed() throws Exception {
    CuratorFramework spaced =
        started(CuratorFrameworkFactory.builder().namespace(root.substring(1)));
    start(AuditArchiver.builder(spaced, "/").sink(sink).listener(news).keep(2));
    await().until(() -> news.caughtUp.get() > 0);
    new TrailWriter(spaced, "/g/shards/1").tenures(3);
    new TrailWriter(spaced, "/top").tenures(1);
    awaitIndexes("/g/shards/1", 6);
    awaitIndexes("/top", 2);
    await().untilAsserted(() -> assertThat(standing(spaced, "/g/shards/1")).hasSize(2));
    assertThat(news.problems).isEmpty();
  }

  @Test
  void aListenerThatThrowsStopsNothing() throws Exception {
    writer(scope).tenures(1);
    once(
        AuditArchiver.builder(client, root)
            .sink(sink)
            .listener(
                new ArchiveListener() {
                  @Override
                  public void archived(List<Archived> items) {
                    throw new IllegalStateException("listener");
                  }
                }));
    assertThat(sink.indexes(scope)).isEqualTo(upTo(2));
  }

  @Test
  void badSettingsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AuditArchiver.builder(client, scope + "/audit"))
        .withMessageContaining("is the trail itself");
    assertThatIllegalArgumentException().isThrownBy(() -> AuditArchiver.builder(client, "x"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder(sink).keep(1));
    assertThatIllegalArgumentException().isThrownBy(() -> builder(sink).lookEvery(Duration.ZERO));
    assertThatIllegalStateException().isThrownBy(() -> AuditArchiver.builder(client, root).build());
  }
}
