package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.internal.session.SessionListener;
import io.tenure.lease.Lease;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.ensemble.fixed.FixedEnsembleProvider;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What happens when Curator replaces the client's handle, has none, or takes long to make one. */
@Timeout(60)
class ReplacedHandleTest {

  private static final String SCOPE = "/handles/one";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  /** Tells where the servers are, unless it is not to. */
  private static final class Provider extends FixedEnsembleProvider {
    private volatile boolean failing;
    private volatile CountDownLatch blocked = new CountDownLatch(0);
    private final AtomicInteger waiting = new AtomicInteger();

    Provider(String connectString) {
      super(connectString);
    }

    @Override
    public String getConnectionString() {
      if (failing) {
        throw new IllegalStateException("the servers are not known at the moment");
      }
      CountDownLatch until = blocked;
      if (until.getCount() > 0) {
        waiting.incrementAndGet();
        awaitQuietly(until);
      }
      return super.getConnectionString();
    }
  }

  private CuratorFramework client(Provider provider, Duration sessionTimeout) {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .ensembleProvider(provider)
            .ensembleTracker(false)
            .sessionTimeoutMs((int) sessionTimeout.toMillis())
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .build();
    client.start();
    return zk.closeLater(client);
  }

  @Test
  void aLeaseIsOverBeforeTheServerHearsThatTheHandleIsGivenUp() throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework client = zk.client(proxy.connectString());
    Lease lease = zk.closeLater(LeaderElection.builder(client, SCOPE).build()).acquire();
    CompletableFuture<Duration> leftAtNext = leftWhenAnotherLeads(lease);
    // The server ends the session, and the client's handle waits for the answer to that.
    proxy.delayReplies(Duration.ofMillis(800));
    CompletableFuture<Void> reset = CompletableFuture.runAsync(() -> reset(client));

    assertThat(leftAtNext.get()).isZero();
    reset.get();
  }

  @Test
  void aLeaseIsOverBeforeTheServerHearsThatTheClientIsClosed() throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework client = zk.client(proxy.connectString());
    Lease lease = zk.closeLater(LeaderElection.builder(client, SCOPE).build()).acquire();
    CompletableFuture<Duration> leftAtNext = leftWhenAnotherLeads(lease);
    proxy.delayReplies(Duration.ofMillis(800));
    CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close);

    assertThat(leftAtNext.get()).isZero();
    closed.get();
  }

  private CompletableFuture<Duration> leftWhenAnotherLeads(Lease lease) {
    LeaderElection other =
        zk.closeLater(LeaderElection.builder(zk.monitor(zk.client()), SCOPE).build());
    CompletableFuture<Duration> left =
        CompletableFuture.supplyAsync(
            () -> {
              try (Lease next = other.acquire()) {
                assertThat(next.epoch()).isEqualTo(lease.epoch() + 1);
                return lease.remaining();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    await().ignoreExceptions().until(() -> other.candidates().size() == 2);
    return left;
  }

  private static void reset(CuratorFramework client) {
    try {
      client.getZookeeperClient().reset();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aClientThatHasNoHandleForAMomentHasNotLostItsSession() throws Exception {
    FaultProxy proxy = zk.proxy();
    Provider provider = new Provider(proxy.connectString());
    Duration sessionTimeout = Duration.ofSeconds(20);
    zk.limitSessions(sessionTimeout);
    SessionMonitor monitor = zk.monitor(client(provider, sessionTimeout));
    List<String> heard = new CopyOnWriteArrayList<>();
    monitor.internal().addListener(recorder(heard));
    await().until(() -> heard.equals(List.of("connected")));
    proxy.refuse(true);
    proxy.dropConnections();
    await().until(() -> !monitor.internal().isConnected());
    provider.failing = true;
    List<String> later = new CopyOnWriteArrayList<>();
    monitor.internal().addListener(recorder(later));
    CompletableFuture<Void> added = new CompletableFuture<>();
    monitor.internal().execute(() -> added.complete(null));
    added.get();
    provider.failing = false;
    proxy.refuse(false);

    await().until(() -> later.contains("connected"));
    assertThat(heard).containsExactly("connected", "connected");
    assertThat(later).containsExactly("connected");
  }

  private static SessionListener recorder(List<String> heard) {
    return new SessionListener() {
      @Override
      public void connected(long session) {
        heard.add("connected");
      }

      @Override
      public void gone(long session) {
        heard.add("gone");
      }
    };
  }

  @Test
  void aUserWhoBlocksInAnAcknowledgementHoldsUpNobody() throws Exception {
    SessionMonitor monitor = zk.monitor(zk.client());
    await().until(() -> monitor.acknowledge().get());
    CountDownLatch blocked = new CountDownLatch(1);
    zk.closeLater(blocked::countDown);
    AtomicInteger blocking = new AtomicInteger();
    // A future that is complete already runs its dependents on the caller.
    CompletableFuture.runAsync(
        () ->
            monitor
                .acknowledge()
                .thenAccept(
                    acknowledged -> {
                      blocking.incrementAndGet();
                      awaitQuietly(blocked);
                    }));
    await().until(() -> blocking.get() == 1);

    assertThat(monitor.acknowledge().get(20, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aHandleThatTakesLongToMakeHoldsUpNeitherWaitsNorOtherEvents() throws Exception {
    Duration sessionTimeout = Duration.ofSeconds(4);
    Provider provider = new Provider(zk.server().getConnectString());
    CuratorFramework client = client(provider, sessionTimeout);
    SessionMonitor monitor = zk.monitor(client);
    LeaderElection leads = zk.closeLater(LeaderElection.builder(monitor, SCOPE).build());
    Lease lease = leads.acquire();
    LeaderElection waits = zk.closeLater(LeaderElection.builder(monitor, SCOPE).build());
    CountDownLatch blocked = new CountDownLatch(1);
    zk.closeLater(blocked::countDown);
    provider.blocked = blocked;
    CompletableFuture<Void> reset = CompletableFuture.runAsync(() -> reset(client));
    await().until(() -> provider.waiting.get() > 0);

    assertThat(waits.tryAcquire(Duration.ofMillis(100))).isEmpty();
    assertThat(lease.isHeld()).isFalse();
    assertThat(lease.ended().toCompletableFuture().get().tenure()).isEqualTo(lease.tenure());
    // Longer than until the next look for a handle.
    assertThat(waits.tryAcquire(sessionTimeout.dividedBy(4))).isEmpty();
    assertThat(reset).isNotDone();
    blocked.countDown();
    reset.get();
    assertThat(waits.acquire().epoch()).isEqualTo(lease.epoch() + 1);
  }
}
