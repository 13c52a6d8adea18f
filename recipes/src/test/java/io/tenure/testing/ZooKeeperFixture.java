package io.tenure.testing;

import io.tenure.recipes.SessionMonitor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.management.Attribute;
import javax.management.ObjectName;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real ZooKeeper server with a short tickTime so that sessions can be short: for one test, or for
 * all tests of a class if the field is static. It also closes the resources that a test opens,
 * after the test, in the opposite order.
 */
public final class ZooKeeperFixture
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

  /** The server's tickTime; sessions last from twice to twenty times as long. */
  public static final Duration TICK_TIME = Duration.ofMillis(200);

  /** The session timeout of the fixture's clients, unless the test says otherwise. */
  public static final Duration SESSION_TIMEOUT = Duration.ofMillis(3000);

  /** A session timeout that no test waits for. */
  public static final Duration PATIENT_SESSION = Duration.ofSeconds(60);

  private final Opened opened = new Opened();
  private TestingServer server;
  private Path directory;
  private boolean shared;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    shared = true;
    start();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    if (!shared) {
      start();
    }
  }

  private void start() throws Exception {
    // A folder of its own: beside its data, the server leaves a file with its configuration.
    directory = Files.createTempDirectory("tenure-test");
    server =
        new TestingServer(
            new InstanceSpec(
                directory.resolve("data").toFile(),
                -1,
                -1,
                -1,
                true,
                1,
                (int) TICK_TIME.toMillis(),
                1000,
                Map.of(),
                "127.0.0.1"),
            true);
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    opened.afterEach(context);
    if (!shared) {
      stop();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    stop();
  }

  private void stop() throws IOException {
    server.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Closes something after the test. */
  public <T extends AutoCloseable> T closeLater(T resource) {
    return opened.closeLater(resource);
  }

  /** The server. */
  public TestingServer server() {
    return server;
  }

  /** A started client of the server. */
  public CuratorFramework client() {
    return client(server.getConnectString());
  }

  /** A started client of a server behind something, a proxy for example. */
  public CuratorFramework client(String connectString) {
    return client(connectString, SESSION_TIMEOUT);
  }

  /** A started client with another session timeout. */
  public CuratorFramework client(String connectString, Duration sessionTimeout) {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(
            connectString, (int) sessionTimeout.toMillis(), 1000, new RetryNTimes(3, 50));
    client.start();
    return closeLater(client);
  }

  /**
   * A started client of one who looks on and is no part of what is tested: what slows the machine
   * down for seconds costs it neither its connection nor its session.
   */
  public CuratorFramework observer() {
    try {
      limitSessions(PATIENT_SESSION);
    } catch (Exception e) {
      throw new IllegalStateException("the server's limits cannot be set", e);
    }
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(
            server.getConnectString(),
            (int) PATIENT_SESSION.toMillis(),
            (int) PATIENT_SESSION.toMillis() / 2,
            new RetryNTimes(3, 500));
    client.start();
    return closeLater(client);
  }

  /**
   * Ends a client's session, at once: a second client closes it on the server, and the client hears
   * of it as if it had connected again.
   */
  public void endSession(CuratorFramework client) throws Exception {
    ZooKeeper own = client.getZookeeperClient().getZooKeeper();
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper same =
        new ZooKeeper(
            server.getConnectString(),
            own.getSessionTimeout(),
            event -> {
              if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
              }
            },
            own.getSessionId(),
            own.getSessionPasswd());
    if (!connected.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the session cannot be taken over");
    }
    same.close();
    own.getTestable().injectSessionExpiration();
  }

  /** Changes the longest session timeout that the server grants, from the next connection on. */
  public void limitSessions(Duration longest) throws Exception {
    ManagementFactory.getPlatformMBeanServer()
        .setAttribute(
            new ObjectName(
                "org.apache.ZooKeeperService:name0=StandaloneServer_port" + server.getPort()),
            new Attribute("MaxSessionTimeout", (int) longest.toMillis()));
  }

  /** A proxy in front of the server. */
  public FaultProxy proxy() throws Exception {
    return closeLater(new FaultProxy("127.0.0.1", server.getPort()));
  }

  /** A monitor that knows the server's tickTime. */
  public SessionMonitor monitor(CuratorFramework client) {
    return closeLater(SessionMonitor.builder(client).tickTime(TICK_TIME).build());
  }

  /** The names of a trail's entries, in order. */
  public static TreeSet<String> trail(CuratorFramework client, String scope) throws Exception {
    return new TreeSet<>(client.getChildren().forPath(scope + "/audit"));
  }
}
