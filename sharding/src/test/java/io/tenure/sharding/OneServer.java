package io.tenure.sharding;

import io.tenure.testing.FaultProxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real server that the tests of a class share, each with groups of its own. To be registered in a
 * static field; what a test opens is closed after it, in the opposite order.
 */
final class OneServer implements BeforeAllCallback, AfterAllCallback, AfterEachCallback {

  static final Duration SESSION_TIMEOUT = Duration.ofSeconds(20);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private TestingServer server;
  private CuratorFramework client;
  private int groups;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    server = new TestingServer(true);
    client = start(server.getConnectString(), new RetryNTimes(3, 50));
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    client.close();
    server.close();
  }

  /** A client that all tests use. */
  CuratorFramework client() {
    return client;
  }

  /** A client behind a proxy, closed after the test. */
  CuratorFramework client(FaultProxy proxy, RetryPolicy retries) {
    return closeLater(start(proxy.connectString(), retries));
  }

  private static CuratorFramework start(String connect, RetryPolicy retries) {
    CuratorFramework started =
        CuratorFrameworkFactory.newClient(connect, (int) SESSION_TIMEOUT.toMillis(), 1000, retries);
    started.start();
    return started;
  }

  FaultProxy proxy() throws Exception {
    return closeLater(new FaultProxy("127.0.0.1", server.getPort()));
  }

  String connectString() {
    return server.getConnectString();
  }

  <T extends AutoCloseable> T closeLater(T resource) {
    opened.push(resource);
    return resource;
  }

  /** A path at which there is no group yet. */
  String newGroup() {
    return "/group-" + ++groups;
  }
}
