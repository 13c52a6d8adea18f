package io.tenure.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
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
 * database, and processes. Closing it leaves nothing behind, in every state: also one that is being
 * opened. Thread-safe.
 */
final class Stage implements AutoCloseable {

  /** Short, so that the demo need not wait long for sessions to end. */
  static final int EMBEDDED_TICK_MILLIS = 500;

  private final String root = "/tenure-demo-" + UUID.randomUUID().toString().substring(0, 8);
  private final List<Child> children = new ArrayList<>();
  private String connect = "";
  private boolean ownEnsemble;
  private @Nullable TestingServer zooKeeper;
  private @Nullable Path directory;
  private @Nullable Server database;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private boolean closed;

  /**
   * Opens it, once. A shutdown hook is there before anything else is, so that an interrupt at any
   * moment finds what there is to clean up.
   *
   * @throws InputException if the given ensemble does not answer
   */
  void open(Optional<String> connectTo) throws Exception {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "clean-up"));
    if (connectTo.isPresent()) {
      checkReachable(connectTo.get()); // takes long if it fails, and leaves nothing: not locked
    }
    openAll(connectTo);
  }

  private synchronized void openAll(Optional<String> connectTo) throws Exception {
    if (closed) {
      throw new IOException("interrupted");
    }
    if (connectTo.isPresent()) {
      connect = connectTo.get();
      ownEnsemble = false;
    } else {
      ownEnsemble = true;
      // A folder of its own: beside its data, the server leaves a file with its configuration.
      directory = Files.createTempDirectory("tenure-demo");
      TestingServer server =
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
              false);
      zooKeeper = server;
      server.start();
      connect = server.getConnectString();
    }
    System.setProperty("h2.bindAddress", "127.0.0.1");
    // In memory, and kept until this process ends; the candidates may not make one by mistake.
    Connection made =
        DriverManager.getConnection("jdbc:h2:mem:" + root.substring(1) + ";DB_CLOSE_DELAY=-1");
    opened.push(made);
    database = Server.createTcpServer("-tcpPort", "0").start();
  }

  private static void checkReachable(String address) throws InterruptedException {
    try (CuratorFramework client = client(address)) {
      if (!client.blockUntilConnected(10, TimeUnit.SECONDS)) {
        throw new InputException(
            "no ZooKeeper server answers at " + address + " (waited for 10 s): check --connect");
      }
    }
  }

  static CuratorFramework client(String address) {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(address, 10_000, 5_000, new RetryNTimes(3, 200));
    client.start();
    return client;
  }

  synchronized String connect() {
    return connect;
  }

  /** A znode path for this run alone. */
  String root() {
    return root;
  }

  synchronized String jdbcUrl() {
    return "jdbc:h2:tcp://127.0.0.1:" + opened(database).getPort() + "/mem:" + root.substring(1);
  }

  /** Closes something with the stage. */
  synchronized <T extends AutoCloseable> T closeLater(T part) {
    opened.push(part);
    return part;
  }

  private static <T> T opened(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("the stage is not open");
    }
    return part;
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
    if (!connect.isEmpty() && !ownEnsemble) {
      deleteScope();
    }
    opened.forEach(part -> quietly(part::close));
    quietly(database == null ? () -> {} : database::stop);
    quietly(zooKeeper == null ? () -> {} : zooKeeper::close);
    Path folder = directory;
    quietly(folder == null ? () -> {} : () -> delete(folder));
  }

  private interface Part {
    void close() throws Exception;
  }

  /** One part that cannot be closed keeps no other from it. */
  private static void quietly(Part part) {
    try {
      part.close();
    } catch (Exception e) {
      System.err.println("tenure-demo: could not clean up: " + e.getMessage());
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
    try (CuratorFramework client = client(connect)) {
      if (client.checkExists().forPath(root) != null) {
        client.delete().deletingChildrenIfNeeded().forPath(root);
      }
    } catch (Exception e) {
      System.err.println(root + " is left in ZooKeeper: " + e.getMessage());
    }
  }
}
