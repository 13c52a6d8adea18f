package io.tenure.testing;

import static io.tenure.testing.FaultProxy.whenBodyContains;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.testing.FaultProxy.Fault;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every fault does to a real client and a real server what its Javadoc claims. */
@Timeout(60)
class FaultProxyTest {

  private static final int SESSION_TIMEOUT_MILLIS = 30_000;
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration A_MOMENT = Duration.ofMillis(300);

  private static TestingServer server;
  private static int nextRoot;

  private FaultProxy proxy;
  private final BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();

  /** The client under test, by way of the proxy. */
  private ZooKeeper client;

  /** Looks at the server without the proxy. */
  private ZooKeeper witness;

  private String root;

  @BeforeAll
  static void startServer() throws Exception {
    server = new TestingServer();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @BeforeEach
  void connect() throws Exception {
    proxy = new FaultProxy("127.0.0.1", server.getPort());
    BlockingQueue<KeeperState> witnessStates = new LinkedBlockingQueue<>();
    witness = open(server.getConnectString(), witnessStates);
    awaitState(witnessStates, KeeperState.SyncConnected);
    client = open(proxy.connectString(), states);
    awaitState(states, KeeperState.SyncConnected);
    root = "/t" + nextRoot++;
    witness.create(root, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  @AfterEach
  void disconnect() throws Exception {
    proxy.close();
    client.close(1_000);
    witness.close(1_000);
  }

  @Test
  void withoutFaultsItForwardsRequestsRepliesAndWatchEventsAndCountsRequests() throws Exception {
    CountDownLatch watched = new CountDownLatch(1);
    assertThat(client.exists(root + "/a", event -> watched.countDown())).isNull();

    create(witness, "/a", "one");

    assertThat(watched.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(client.getData(root + "/a", false, null)).isEqualTo(bytes("one"));
    assertThat(proxy.requestsSeen(OpCode.exists)).isEqualTo(1);
    assertThat(proxy.requestsSeen(OpCode.getData)).isEqualTo(1);
    assertThat(proxy.requestsSeen(OpCode.multi)).isZero();
  }

  @Test
  void swallowedReplyMeansTheServerCommittedAndTheClientLostTheConnection() throws Exception {
    Fault fault = proxy.cutAfterForwardingBeforeReply(OpCode.multi, 1);

    assertThatThrownBy(() -> client.multi(List.of(createOp("/a", "x"), createOp("/b", "y"))))
        .isInstanceOf(KeeperException.ConnectionLossException.class);

    assertThat(fault.awaitFired(PATIENCE)).isTrue();
    assertThat(existsOnServer("/a")).isTrue();
    assertThat(existsOnServer("/b")).isTrue();
  }

  @Test
  void heldRequestReachesTheServerWhenItIsReleased() throws Exception {
    Fault fault = proxy.holdBeforeForwarding(OpCode.multi, 1, body -> true);
    CountDownLatch answered = new CountDownLatch(1);
    client.multi(
        List.of(createOp("/a", "x")), (rc, path, x, results) -> answered.countDown(), null);

    assertThat(fault.awaitFired(PATIENCE)).isTrue();
    assertThat(existsOnServer("/a")).isFalse();
    assertThat(answered.getCount()).isEqualTo(1);

    fault.release();
    assertThat(answered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(existsOnServer("/a")).isTrue();
  }

  @Test
  void sessionSurvivesACut() throws Exception {
    final long session = client.getSessionId();
    proxy.cutAfterForwardingBeforeReply(OpCode.setData, 1);
    create(client, "/a", "old");

    assertThatThrownBy(() -> client.setData(root + "/a", bytes("new"), -1))
        .isInstanceOf(KeeperException.ConnectionLossException.class);

    awaitState(states, KeeperState.Disconnected);
    awaitState(states, KeeperState.SyncConnected);
    assertThat(client.getSessionId()).isEqualTo(session);
    assertThat(client.getData(root + "/a", false, null)).isEqualTo(bytes("new"));
  }

  @Test
  void requestCutBeforeForwardingNeverReachesTheServer() throws Exception {
    Fault fault = proxy.cutBeforeForwarding(OpCode.multi, 1);

    assertThatThrownBy(() -> client.multi(List.of(createOp("/a", "x"))))
        .isInstanceOf(KeeperException.ConnectionLossException.class);

    assertThat(fault.awaitFired(PATIENCE)).isTrue();
    assertThat(proxy.requestsSeen(OpCode.multi)).isEqualTo(1);
    awaitState(states, KeeperState.Disconnected);
    awaitState(states, KeeperState.SyncConnected);
    client.sync(root);
    assertThat(existsOnServer("/a")).isFalse();
  }

  @Test
  void requestsForwardedEarlierOnTheSameConnectionSurviveTheCut() throws Exception {
    CountDownLatch lastOfThem = watchForCreation("/n99");
    proxy.delayReplies(PATIENCE);
    proxy.cutBeforeForwarding(OpCode.setData, 1);

    for (int i = 0; i < 100; i++) {
      createAsync("/n" + i);
    }
    assertThatThrownBy(() -> client.setData(root, bytes("x"), -1))
        .isInstanceOf(KeeperException.ConnectionLossException.class);

    assertThat(lastOfThem.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(witness.getChildren(root, false)).hasSize(100);
    assertThat(witness.getData(root, false, null)).isEmpty();
  }

  @Test
  void requestCutWhileInFlightReachesTheServerAllTheSame() throws Exception {
    for (int i = 0; i < 3; i++) {
      CountDownLatch created = watchForCreation("/a" + i);
      Fault fault = proxy.cutWhileInFlight(OpCode.create, 1);

      CompletableFuture<Code> outcome = createAsync("/a" + i);

      assertThat(outcome.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isEqualTo(Code.CONNECTIONLOSS);
      assertThat(fault.awaitFired(PATIENCE)).isTrue();
      assertThat(created.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      awaitConnected();
    }
  }

  @Test
  void replacedErrorReachesTheClientOnALivingConnectionAndTheServerGetsNothing() throws Exception {
    Fault fault = proxy.replaceError(OpCode.multi, 1, Code.UNIMPLEMENTED.intValue());

    assertThatThrownBy(() -> client.multi(List.of(createOp("/a", "x"))))
        .isInstanceOf(KeeperException.UnimplementedException.class);

    assertThat(fault.awaitFired(PATIENCE)).isTrue();
    assertThat(existsOnServer("/a")).isFalse();
    client.multi(List.of(createOp("/b", "x")));
    assertThat(existsOnServer("/b")).isTrue();
    assertThat(states).isEmpty();
  }

  @Test
  void replacedErrorTakesItsTurnBehindEarlierReplies() throws Exception {
    proxy.replaceError(OpCode.create, 2, Code.UNIMPLEMENTED.intValue());
    proxy.delayReplies(A_MOMENT);

    List<CompletableFuture<Code>> outcomes =
        List.of(createAsync("/a"), createAsync("/b"), createAsync("/c"));

    assertThat(outcomes)
        .extracting(outcome -> outcome.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .containsExactly(Code.OK, Code.UNIMPLEMENTED, Code.OK);
    assertThat(states).isEmpty();
    assertThat(witness.getChildren(root, false)).containsExactlyInAnyOrder("a", "c");
  }

  @Test
  void blackholeForwardsNothingUntilItEndsAndThenWhatItHeld() throws Exception {
    proxy.blackhole(true);

    CompletableFuture<Code> outcome = createAsync("/a");

    assertStillOpen(outcome);
    assertThat(existsOnServer("/a")).isFalse();
    proxy.blackhole(false);
    assertThat(outcome.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Code.OK);
    assertThat(existsOnServer("/a")).isTrue();
    assertThat(states).isEmpty();
  }

  @Test
  void blackholeHoldsRepliesThatTheServerHasSentAlready() throws Exception {
    CountDownLatch created = watchForCreation("/a");
    proxy.delayReplies(A_MOMENT.multipliedBy(3));
    final CompletableFuture<Code> outcome = createAsync("/a");
    assertThat(created.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

    proxy.blackhole(true);

    for (int moment = 0; moment < 4; moment++) {
      assertStillOpen(outcome);
    }
    proxy.blackhole(false);
    assertThat(outcome.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Code.OK);
  }

  @Test
  void blackholeAnswersNoNewConnectionUntilItEnds() throws Exception {
    proxy.blackhole(true);
    BlockingQueue<KeeperState> others = new LinkedBlockingQueue<>();
    ZooKeeper other = open(proxy.connectString(), others);
    try {
      assertThat(others.poll(A_MOMENT.toMillis(), TimeUnit.MILLISECONDS)).isNull();

      proxy.blackhole(false);

      awaitState(others, KeeperState.SyncConnected);
    } finally {
      other.close(1_000);
    }
  }

  @Test
  void delayedRepliesArriveLateAndInOrder() throws Exception {
    CountDownLatch secondCommitted = watchForCreation("/b");
    proxy.delayReplies(A_MOMENT);
    final long startNanos = System.nanoTime();

    create(client, "/a", "x");

    assertThat(System.nanoTime() - startNanos).isGreaterThanOrEqualTo(A_MOMENT.toNanos());
    proxy.delayReplies(A_MOMENT.multipliedBy(3));
    final CompletableFuture<Code> late = createAsync("/b");
    assertThat(secondCommitted.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    proxy.delayReplies(Duration.ZERO);
    assertThat(createAsync("/c").get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Code.OK);
    assertThat(late).isCompletedWithValue(Code.OK);
    assertThat(states).isEmpty();
  }

  @Test
  void droppedClientReconnectsToTheSameSession() throws Exception {
    final long session = client.getSessionId();

    proxy.dropConnections();

    awaitState(states, KeeperState.Disconnected);
    awaitState(states, KeeperState.SyncConnected);
    assertThat(client.getSessionId()).isEqualTo(session);
  }

  @Test
  void refusedClientStaysDisconnectedUntilConnectionsAreAcceptedAgain() throws Exception {
    proxy.refuse(true);
    create(client, "/a", "a live connection goes on");
    proxy.dropConnections();
    awaitState(states, KeeperState.Disconnected);

    assertThat(states.poll(3 * A_MOMENT.toMillis(), TimeUnit.MILLISECONDS)).isNull();

    proxy.refuse(false);
    awaitState(states, KeeperState.SyncConnected);
  }

  @Test
  void ruleWithABodyCountsOnlyRequestsThatContainIt() throws Exception {
    Fault fault =
        proxy.cutAfterForwardingBeforeReply(
            OpCode.multi, 2, whenBodyContains("\"event\":\"elected\""));

    client.multi(List.of(createOp("/keepalive1", "{\"event\":\"tick\"}")));
    client.multi(List.of(createOp("/elected1", "{\"event\":\"elected\"}")));
    client.multi(List.of(createOp("/keepalive2", "{\"event\":\"tick\"}")));
    assertThat(fault.fired()).isFalse();
    assertThatThrownBy(
            () -> client.multi(List.of(createOp("/elected2", "{\"event\":\"elected\"}"))))
        .isInstanceOf(KeeperException.ConnectionLossException.class);

    assertThat(fault.awaitFired(PATIENCE)).isTrue();
    assertThat(existsOnServer("/elected2")).isTrue();
  }

  @Test
  void rulesActOnceAndOnTheRequestTheyCountedTo() throws Exception {
    Fault third = proxy.replaceError(OpCode.create, 3, Code.UNIMPLEMENTED.intValue());
    Fault never = proxy.replaceError(OpCode.create, 9, Code.UNIMPLEMENTED.intValue());

    create(client, "/a", "x");
    create(client, "/b", "x");
    assertThatThrownBy(() -> create(client, "/c", "x"))
        .isInstanceOf(KeeperException.UnimplementedException.class);
    create(client, "/c", "x");

    assertThat(third.fired()).isTrue();
    assertThat(never.awaitFired(A_MOMENT)).isFalse();
  }

  @Test
  void rulesThatComeDueTogetherActOnSuccessiveRequests() throws Exception {
    proxy.replaceError(OpCode.create, 1, Code.UNIMPLEMENTED.intValue());
    proxy.replaceError(OpCode.create, 1, Code.NOAUTH.intValue());

    assertThatThrownBy(() -> create(client, "/a", "x"))
        .isInstanceOf(KeeperException.UnimplementedException.class);
    assertThatThrownBy(() -> create(client, "/a", "x"))
        .isInstanceOf(KeeperException.NoAuthException.class);
    create(client, "/a", "x");
  }

  @Test
  void curatorsBlindRetryAfterASwallowedReplyMeetsItsOwnNode() throws Exception {
    Fault fault = proxy.cutAfterForwardingBeforeReply(OpCode.create2, 1);
    try (CuratorFramework curator =
        CuratorFrameworkFactory.newClient(
            proxy.connectString(), SESSION_TIMEOUT_MILLIS, 15_000, new RetryOneTime(2_000))) {
      curator.start();

      assertThatThrownBy(() -> curator.create().forPath(root + "/a"))
          .isInstanceOf(KeeperException.NodeExistsException.class);
    }
    assertThat(fault.awaitFired(PATIENCE)).isTrue();
  }

  @Test
  void senselessArgumentsAreRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> proxy.cutBeforeForwarding(OpCode.create, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> proxy.delayReplies(Duration.ofMillis(-1)));
  }

  @Test
  void closeCutsEverythingAndLeavesNoThread() throws Exception {
    int port = Integer.parseInt(proxy.connectString().split(":")[1]);
    assertThat(threadsOf(port)).isNotEmpty();
    proxy.blackhole(true);
    createAsync("/a");

    proxy.close();
    proxy.close();

    assertThat(threadsOf(port)).isEmpty();
    awaitState(states, KeeperState.Disconnected);
    assertThatThrownBy(() -> new Socket(InetAddress.getByName("127.0.0.1"), port))
        .isInstanceOf(ConnectException.class);
  }

  private static List<String> threadsOf(int port) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("fault-proxy-" + port + "-"))
        .toList();
  }

  private static ZooKeeper open(String connectString, BlockingQueue<KeeperState> states)
      throws Exception {
    Watcher watcher =
        (WatchedEvent event) -> {
          if (event.getType() == Watcher.Event.EventType.None) {
            states.add(event.getState());
          }
        };
    return new ZooKeeper(connectString, SESSION_TIMEOUT_MILLIS, watcher);
  }

  private static void awaitState(BlockingQueue<KeeperState> states, KeeperState expected)
      throws InterruptedException {
    assertThat(states.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(expected);
  }

  /** Waits until a request gets through, however often the connection is lost before. */
  private void awaitConnected() throws Exception {
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - deadlineNanos < 0) {
      try {
        client.exists(root, false);
        return;
      } catch (KeeperException.ConnectionLossException e) {
        // The client is between two connections.
      }
    }
    throw new AssertionError("not connected within " + PATIENCE);
  }

  private static void assertStillOpen(CompletableFuture<Code> outcome) {
    assertThatThrownBy(() -> outcome.get(A_MOMENT.toMillis(), TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  private CountDownLatch watchForCreation(String name) throws Exception {
    CountDownLatch created = new CountDownLatch(1);
    assertThat(witness.exists(root + name, event -> created.countDown())).isNull();
    return created;
  }

  private boolean existsOnServer(String name) throws Exception {
    return witness.exists(root + name, false) != null;
  }

  private CompletableFuture<Code> createAsync(String name) {
    CompletableFuture<Code> outcome = new CompletableFuture<>();
    AsyncCallback.StringCallback done =
        (rc, path, context, created) -> outcome.complete(Code.get(rc));
    client.create(root + name, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, done, null);
    return outcome;
  }

  private void create(ZooKeeper zooKeeper, String name, String data) throws Exception {
    zooKeeper.create(root + name, bytes(data), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  private Op createOp(String name, String data) {
    return Op.create(root + name, bytes(data), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }
}
