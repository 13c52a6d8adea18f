package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.LeaseClock;
import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.TenureException;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.CuratorEventType;
import org.apache.curator.retry.RetryNTimes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who hears, and when, that a session cannot come back. */
@Timeout(60)
class ClosedSessionTest {

  @RegisterExtension static final ZooKeeperFixture zk = new ZooKeeperFixture();

  /** Remembers what it is told. */
  private static class Recorder implements SessionListener {
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final List<TenureException> causes = new CopyOnWriteArrayList<>();
    private final Monitor monitor;

    Recorder(Monitor monitor) {
      this.monitor = monitor;
    }

    @Override
    public void connected(long session) {
      heard.add("connected");
    }

    @Override
    public void gone(long session) {
      heard.add("gone");
    }

    @Override
    public void closed(TenureException cause) {
      heard.add(monitor.isEventThread() ? "closed" : "closed on a wrong thread");
      causes.add(cause);
    }
  }

  private static Monitor monitor(CuratorFramework client) {
    return zk.closeLater(
        new Monitor(
            client,
            LeaseClock.system(),
            SessionTiming.of(Optional.empty(), ZooKeeperFixture.TICK_TIME, false)));
  }

  private static Recorder recorder(Monitor monitor) {
    Recorder recorder = new Recorder(monitor);
    monitor.addListener(recorder);
    return recorder;
  }

  private static void closedOnce(Recorder recorder, Class<? extends TenureException> cause) {
    await().until(() -> recorder.heard.contains("closed"));
    CompletableFuture<Void> later = new CompletableFuture<>();
    recorder.monitor.execute(() -> later.complete(null));
    later.join();
    assertThat(recorder.heard).containsOnlyOnce("closed").endsWith("closed");
    assertThat(recorder.causes).singleElement().isExactlyInstanceOf(cause);
    assertThat(recorder.monitor.closedCause()).get().isExactlyInstanceOf(cause);
  }

  @Test
  void eachListenerIsToldOnceThatTheClientWasClosedAndThatTheSessionIsGoneBefore() {
    CuratorFramework client = zk.client();
    Monitor monitor = monitor(client);
    Recorder first = recorder(monitor);
    Recorder second = recorder(monitor);
    await().until(() -> second.heard.contains("connected"));
    client.close();

    closedOnce(first, ClientClosedException.class);
    closedOnce(second, ClientClosedException.class);
    assertThat(first.heard).containsSubsequence("connected", "gone", "closed");
    closedOnce(recorder(monitor), ClientClosedException.class);
    monitor.close();
    closedOnce(first, ClientClosedException.class);
  }

  @Test
  void aClientThatWasClosedBeforeItWasHandedOverIsSeenToBeClosed() {
    CuratorFramework client = zk.client();
    client.close();

    closedOnce(recorder(monitor(client)), ClientClosedException.class);
  }

  @Test
  void aClientIsSeenToBeClosedAlthoughCuratorNeverSaysSo() throws Exception {
    CuratorFramework client = zk.client();
    CompletableFuture<Void> blocked = new CompletableFuture<>();
    zk.closeLater(() -> blocked.complete(null));
    client
        .getCuratorListenable()
        .addListener(
            (curator, event) -> {
              if (event.getType() == CuratorEventType.CLOSING) {
                blocked.join();
              }
            });
    Recorder recorder = recorder(monitor(client));
    await().until(() -> recorder.heard.contains("connected"));
    Thread closing = new Thread(client::close);
    closing.start();

    closedOnce(recorder, ClientClosedException.class);
    blocked.complete(null);
    closing.join();
  }

  @Test
  void refusedCredentialsEndAllThatIsBuiltOnTheClient() {
    CuratorFramework client =
        zk.closeLater(
            CuratorFrameworkFactory.builder()
                .connectString(zk.server().getConnectString())
                .authorization("no-such-scheme", "secret".getBytes(StandardCharsets.UTF_8))
                .retryPolicy(new RetryNTimes(0, 0))
                .build());
    Recorder recorder = recorder(monitor(client));
    client.start();

    closedOnce(recorder, AuthenticationFailedException.class);
  }

  @Test
  void aClosedMonitorTellsItsListenersAndKeepsTheEventThreadForThoseWhoComeLater() {
    Monitor monitor = monitor(zk.client());
    Recorder recorder = recorder(monitor);
    await().until(() -> recorder.heard.contains("connected"));
    monitor.close();

    closedOnce(recorder, ElectionClosedException.class);
    closedOnce(recorder(monitor), ElectionClosedException.class);
  }

  @Test
  void aClosingMonitorWaitsForWhatItsListenersSettle() {
    Monitor monitor = monitor(zk.client());
    CompletableFuture<Void> settled = new CompletableFuture<>();
    CompletableFuture<Boolean> connected = new CompletableFuture<>();
    monitor.addListener(
        new SessionListener() {
          @Override
          public void connected(long session) {
            connected.complete(true);
          }

          @Override
          public void gone(long session) {}

          @Override
          public void closed(TenureException cause) {
            monitor.closeAfter(settled);
            monitor.acknowledge().thenAccept(acknowledged -> settled.complete(null));
          }
        });
    connected.join();
    monitor.close();

    assertThat(settled).isCompleted();
  }

  @Test
  void aMonitorThatIsClosedOnItsEventThreadDoesNotWaitForItself() {
    Monitor monitor = monitor(zk.client(zk.server().getConnectString(), Duration.ofMinutes(1)));
    CompletableFuture<Void> closed = new CompletableFuture<>();
    monitor.execute(
        () -> {
          monitor.closeAfter(new CompletableFuture<>());
          monitor.close();
          closed.complete(null);
        });

    assertThat(closed).succeedsWithin(Duration.ofSeconds(10));
  }

  /** The client's handle rests for up to a second first, and calls itself connected meanwhile. */
  @Test
  void aConnectionThatWasLostIsGoneAtOnceAndNotOnlyWhenTheNextTryFails() throws Exception {
    FaultProxy proxy = zk.proxy();
    Monitor monitor = monitor(zk.client(proxy.connectString()));
    List<Boolean> connected = new CopyOnWriteArrayList<>();
    Recorder recorder =
        new Recorder(monitor) {
          @Override
          public void disconnected() {
            connected.add(monitor.isConnected());
          }
        };
    monitor.addListener(recorder);
    await().until(() -> recorder.heard.contains("connected"));
    proxy.refuse(true);
    proxy.dropConnections();
    await().until(() -> !connected.isEmpty());
    assertThat(connected.get(0)).isFalse();
    proxy.refuse(false);
    await().until(monitor::isConnected);
  }
}
