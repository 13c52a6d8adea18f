package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.NotLeaderException;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** 200 candidates of one scope and 500 forced hand-overs. */
@Timeout(300)
class HandOverStormTest {

  private static final String SCOPE = "/storm";
  private static final int SESSIONS = 20;
  private static final int CANDIDATES_PER_SESSION = 10;
  private static final int HAND_OVERS = 500;
  private static final long SEED = Long.getLong("tenure.seed", 20260301);

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  /**
   * When a lease was certainly held: from before it was first asked to before it was last said so.
   */
  private record Held(long epoch, long fromNanos, long untilNanos) {}

  private final Queue<Held> history = new ConcurrentLinkedQueue<>();
  private final AtomicInteger holders = new AtomicInteger();
  private final AtomicInteger overlaps = new AtomicInteger();
  private final AtomicInteger tenures = new AtomicInteger();
  private final CountDownLatch enough = new CountDownLatch(1);

  @Test
  void epochsStayDenseTheTrailCleanAndNoTwoLeasesAreHeldAtOnce() throws Exception {
    System.out.println("seed " + SEED + " (-Dtenure.seed)");
    CuratorFramework operator = zk.client();
    List<LeaderElection> elections = new ArrayList<>();
    for (int s = 0; s < SESSIONS; s++) {
      CuratorFramework client = zk.client();
      SessionMonitor monitor = zk.monitor(client);
      for (int c = 0; c < CANDIDATES_PER_SESSION; c++) {
        elections.add(
            zk.closeLater(
                LeaderElection.builder(monitor, SCOPE)
                    .candidateId("w-" + s + "-" + c)
                    .leaseDuration(Duration.ofMillis(400))
                    .retention(Retention.KEEP_ALL)
                    .build()));
      }
    }
    ExecutorService threads = Executors.newFixedThreadPool(elections.size());
    try {
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < elections.size(); i++) {
        LeaderElection election = elections.get(i);
        Random random = new Random(SEED + i);
        runs.add(
            threads.submit(
                () -> {
                  takeTurns(election, random, operator);
                  return null;
                }));
      }
      assertThat(enough.await(200, TimeUnit.SECONDS)).as("tenures: %s", tenures).isTrue();
      elections.forEach(LeaderElection::close);
      for (Future<?> run : runs) {
        run.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }

    List<RecordedEntry> entries = AuditLog.of(operator, SCOPE).entries();
    Map<String, Long> byWord =
        entries.stream()
            .collect(
                Collectors.groupingBy(
                    e -> e.entry().transition().word(), TreeMap::new, Collectors.counting()));
    System.out.println(
        elections.size() + " candidates, " + byWord + ", " + history.size() + " leases used");
    assertThat(AuditLog.of(operator, SCOPE).verify()).isEmpty();
    assertThat(
            entries.stream()
                .filter(e -> e.entry().transition() instanceof Transition.Elected)
                .map(e -> e.entry().epoch())
                .toList())
        .isEqualTo(
            java.util.stream.LongStream.rangeClosed(1, byWord.get("elected")).boxed().toList());
    assertThat(byWord.get("elected")).isGreaterThanOrEqualTo(HAND_OVERS);
    assertThat(overlaps).hasValue(0);
    assertNoOverlap();
  }

  private void takeTurns(LeaderElection election, Random random, CuratorFramework operator)
      throws Exception {
    while (tenures.get() < HAND_OVERS) {
      Lease lease;
      try {
        lease = election.acquire();
      } catch (ElectionClosedException e) {
        return; // enough
      }
      if (tenures.incrementAndGet() == HAND_OVERS) {
        enough.countDown();
      }
      use(lease, random.nextInt(6));
      switch (random.nextInt(20)) {
        case 0 -> operator.setData().forPath(SCOPE + "/leader", "revoke".getBytes());
        case 1 -> operator.delete().quietly().forPath(SCOPE + "/leader");
        case 2 -> {} // without a renewal it lapses
        default -> lease.close();
      }
      lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  private void use(Lease lease, int checks) throws InterruptedException {
    long from = System.nanoTime();
    long until = from;
    boolean ever = false;
    try {
      for (int i = 0; i <= checks; i++) {
        lease.renew();
        long before = System.nanoTime();
        if (lease.isHeld()) {
          // Entered only while held, and left before the next check: two inside would be two
          // leaders.
          if (holders.incrementAndGet() > 1 && lease.isHeld()) {
            overlaps.incrementAndGet();
          }
          holders.decrementAndGet();
          from = ever ? from : before;
          until = before;
          ever = true;
        }
      }
    } catch (NotLeaderException e) {
      // Over already: an operator's hand may have been meant for the tenure before.
    }
    if (ever) {
      history.add(new Held(lease.epoch(), from, until));
    }
  }

  private void assertNoOverlap() {
    List<Held> sorted = history.stream().sorted(Comparator.comparingLong(Held::epoch)).toList();
    for (int i = 1; i < sorted.size(); i++) {
      assertThat(sorted.get(i).epoch()).isGreaterThan(sorted.get(i - 1).epoch());
      assertThat(sorted.get(i).fromNanos() - sorted.get(i - 1).untilNanos())
          .as("%s and %s", sorted.get(i - 1), sorted.get(i))
          .isPositive();
    }
  }
}
