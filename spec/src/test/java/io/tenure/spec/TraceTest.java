package io.tenure.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/**
 * What the code does on a real server, under faults, is a behaviour of the model; with one event of
 * it tampered with, it is none.
 */
@Timeout(300)
class TraceTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final TraceChecker CHECKER =
      new TraceChecker(Path.of(""), Path.of("target", "tlc", "traces"));
  private static final Logger TRACE = (Logger) LoggerFactory.getLogger("io.tenure.trace");

  /** Of all tests of the class, which may run side by side: each has a scope of its own. */
  private static final List<String> lines = new CopyOnWriteArrayList<>();

  private static final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          lines.add(event.getFormattedMessage());
        }
      };

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeAll
  static void listen() {
    appender.start();
    TRACE.addAppender(appender);
    TRACE.setAdditive(false);
    TRACE.setLevel(Level.TRACE);
  }

  @AfterAll
  static void hush() {
    TRACE.detachAppender(appender);
    TRACE.setLevel(null);
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void anElection() throws Exception {
    String scope = "/billing/nightly-close";
    FaultProxy proxy = zk.proxy();
    CuratorFramework clientOfA = zk.client(proxy.connectString());
    LeaderElection a = election(clientOfA, scope, "a");
    LeaderElection b = election(zk.client(), scope, "b");

    FaultProxy.Fault lost = loseAnswerToElection(proxy);
    Lease first = a.acquire();
    assertThat(lost.fired()).isTrue();
    CompletableFuture<Lease> afterFirst = inBackground(b);
    awaitLine("\"queued\"", "\"b\"");
    first.resign("maintenance");
    Lease second = afterFirst.get(30, TimeUnit.SECONDS);

    CompletableFuture<Lease> afterSecond = inBackground(a);
    revoke(scope);
    awaitEnd(second);
    Lease third = afterSecond.get(30, TimeUnit.SECONDS);

    CompletableFuture<Lease> afterThird = inBackground(b);
    zk.endSession(clientOfA);
    awaitEnd(third);
    awaitEnd(afterThird.get(30, TimeUnit.SECONDS)); // Nobody renews: it lapses.
    assertThatIllegalStateException().isThrownBy(() -> b.run(TraceTest::fail));

    Trace trace = Trace.ofLog(lines, scope);
    assertThat(trace.lines())
        .extracting(Trace.Line::event)
        .contains("resigned", "revoked", "lapsed", "failed");
    assertThatOnlyTheFirstIsABehaviour(
        "election",
        trace,
        without(trace, isElected(3)),
        changed(trace, isElected(4), line -> line.withEpoch(5)),
        changed(trace, isElected(2), line -> line.inSession(2)));
  }

  @Test
  void aShard() throws Exception {
    String scope = "/orders/shards/0";
    FaultProxy proxy = zk.proxy();
    FaultProxy.Fault lost = loseAnswerToElection(proxy);
    ShardWorker a = worker(zk.client(proxy.connectString()), "a");
    a.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(lost.awaitFired(PATIENCE)).isTrue();
    awaitLine("elected", "\"a\"", scope);

    CuratorFramework clientOfB = zk.client();
    ShardWorker b = worker(clientOfB, "b");
    b.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    a.close(); // Drained: b has taken over.
    awaitLine("elected", "\"b\"", scope);

    CuratorFramework clientOfC = zk.client();
    ShardWorker c = worker(clientOfC, "c");
    c.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    revoke(scope);
    awaitLine("revoked", scope);
    String third = awaitLine("elected", "\"epoch\":3", scope);
    zk.endSession(third.contains("\"b\"") ? clientOfB : clientOfC);
    awaitLine("elected", "\"epoch\":4", scope);
    b.close();
    await().atMost(PATIENCE).until(() -> isLedBy("c", scope));
    c.close();

    Trace trace = Trace.ofLog(lines, scope).coarse();
    assertThat(trace.lines()).extracting(Trace.Line::event).contains("resigned", "revoked");
    assertThatOnlyTheFirstIsABehaviour(
        "shard",
        trace,
        without(trace, isElected(2)),
        changed(trace, isElected(3), line -> line.withEpoch(2)));
  }

  // ---- what happens ----

  private LeaderElection election(CuratorFramework client, String scope, String id) {
    return zk.closeLater(LeaderElection.builder(zk.monitor(client), scope).candidateId(id).build());
  }

  private ShardWorker worker(CuratorFramework client, String id) {
    return zk.closeLater(
        ShardWorker.builder(zk.monitor(client), "/orders")
            .workerId(id)
            .settleWindow(Duration.ZERO)
            .shards(ShardSet.numbered(2))
            .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(100)))
            .build());
  }

  private static FaultProxy.Fault loseAnswerToElection(FaultProxy proxy) {
    return proxy.cutAfterForwardingBeforeReply(
        OpCode.multi, 1, FaultProxy.whenBodyContains("\"event\":\"elected\""));
  }

  private CompletableFuture<Lease> inBackground(LeaderElection election) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return election.acquire();
          } catch (InterruptedException e) {
            throw new CompletionException(e);
          }
        },
        threads);
  }

  private static NextStep fail(Lease lease) {
    throw new IllegalStateException("epoch " + lease.epoch());
  }

  private void revoke(String scope) throws Exception {
    zk.client().setData().forPath(scope + "/leader", "revoke".getBytes(StandardCharsets.US_ASCII));
  }

  private static void awaitEnd(Lease lease) throws Exception {
    lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static String awaitLine(String... parts) {
    return await()
        .atMost(PATIENCE)
        .until(
            () ->
                lines.stream()
                    .filter(line -> Stream.of(parts).allMatch(line::contains))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static boolean isLedBy(String candidate, String scope) {
    return Trace.ofLog(List.copyOf(lines), scope).lines().stream()
        .filter(line -> Set.of("electing", "in office", "ending").contains(line.state()))
        .reduce((before, last) -> last)
        .filter(last -> last.state().equals("in office") && last.candidate().equals(candidate))
        .isPresent();
  }

  // ---- what the model says to it ----

  private static Predicate<Trace.Line> isElected(long epoch) {
    return line -> line.event().equals("elected") && line.epoch() == epoch;
  }

  private static Trace without(Trace trace, Predicate<Trace.Line> which) {
    assertThat(trace.lines()).filteredOn(which).hasSize(1);
    return trace.doctored(which, line -> Optional.empty());
  }

  private static Trace changed(
      Trace trace, Predicate<Trace.Line> which, UnaryOperator<Trace.Line> how) {
    assertThat(trace.lines()).filteredOn(which).hasSize(1);
    return trace.doctored(which, line -> Optional.of(how.apply(line)));
  }

  private static void assertThatOnlyTheFirstIsABehaviour(String name, Trace... traces)
      throws Exception {
    List<TraceChecker.Verdict> verdicts =
        CHECKER.check(name, traces[0].isCoarse(), Stream.of(traces).map(Window::whole).toList());
    assertThat(verdicts.get(0).isAccepted()).as("%s", verdicts.get(0)).isTrue();
    assertThat(verdicts.subList(1, verdicts.size())).noneMatch(TraceChecker.Verdict::isAccepted);
  }
}
