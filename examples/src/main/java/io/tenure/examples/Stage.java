package io.tenure.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.h2.tools.Server;
import org.jspecify.annotations.Nullable;

/**
 * What the demo plays on: a ZooKeeper server, embedded unless there is one to connect to, a
 * database, and the candidates' processes. Closing it leaves nothing behind, whatever state it is
 * in. Thread-safe.
 */
final class Stage implements AutoCloseable {

  /** Short, so that the demo need not wait long for sessions to end. */
  static final int EMBEDDED_TICK_MILLIS = 500;

  private final String connect;
  private final String root;
  private final @Nullable TestingServer zooKeeper;
  private final @Nullable Path directory;
  private final Server database;
  private final CloseStore store;
  private final List<Child> children = new ArrayList<>();
  private boolean closed;

  Stage(Optional<String> connectTo) throws Exception {
    root = "/tenure-demo-" + UUID.randomUUID().toString().substring(0, 8);
    if (connectTo.isPresent()) {
      directory = null;
      zooKeeper = null;
      connect = connectTo.get();
      checkReachable();
    } else {
      // A folder of its own: beside its data, the server leaves a file with its configuration.
      directory = Files.createTempDirectory("tenure-demo");
      zooKeeper =
          new TestingServer(
              new InstanceSpec(
                  directory.resolve("data").toFile(),
                  -1,
                  -1,
                  -1,
                  true,
                  1,
                  EMBEDDED_TICK_MILLIS,
                  60,
                  Map.of(),
                  "127.0.0.1"),
              true);
      connect = zooKeeper.getConnectString();
    }
    System.setProperty("h2.bindAddress", "127.0.0.1");
    String name = "mem:" + root.substring(1);
    store = new CloseStore("jdbc:h2:" + name + ";DB_CLOSE_DELAY=-1");
    store.create();
    database = Server.createTcpServer("-tcpPort", "0").start();
  }

  private void checkReachable() throws InterruptedException {
    try (CuratorFramework client = client()) {
      if (!client.blockUntilConnected(10, TimeUnit.SECONDS)) {
        throw new InputException(
            "no ZooKeeper server answers at " + connect + " (waited for 10 s): check --connect");
      }
    }
  }

  private CuratorFramework client() {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(connect, 10_000, 5_000, new RetryNTimes(3, 200));
    client.start();
    return client;
  }

  String connect() {
    return connect;
  }

  String scope() {
    return root + "/nightly-close";
  }

  String jdbcUrl() {
    return "jdbc:h2:tcp://127.0.0.1:" + database.getPort() + "/mem:" + root.substring(1);
  }

  CloseStore store() {
    return store;
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Remembers a process, to be ended with the stage. */
  synchronized Child add(Child child) {
    if (closed) {
      child.kill();
    }
    children.add(child);
    return child;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    children.forEach(Child::kill);
    if (zooKeeper == null) {
      deleteScope();
    }
    database.stop();
    try {
      store.close();
      if (zooKeeper != null) {
        zooKeeper.close();
      }
      if (directory != null) {
        delete(directory);
      }
    } catch (IOException | SQLException e) {
      System.err.println("the demo could not clean up: " + e.getMessage());
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void deleteScope() {
    try (CuratorFramework client = client()) {
      if (client.checkExists().forPath(root) != null) {
        client.delete().deletingChildrenIfNeeded().forPath(root);
      }
    } catch (Exception e) {
      System.err.println(root + " is left in ZooKeeper: " + e.getMessage());
    }
  }
}
