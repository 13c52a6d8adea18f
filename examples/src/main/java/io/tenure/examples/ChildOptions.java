package io.tenure.examples;

import io.tenure.recipes.SessionMonitor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a demo tells each of its processes; see {@link DemoOptions#forChild}. */
final class ChildOptions {

  @Option(names = "--connect", required = true)
  private String connect = "";

  @Option(names = "--jdbc", required = true)
  private String jdbc = "";

  @Option(names = "--id", required = true)
  private String id = "";

  @Option(names = "--input")
  private @Nullable Path input;

  @Option(names = "--group", required = true)
  private String group = "";

  @Option(names = "--amount", required = true)
  private String amount = "";

  @Option(names = "--session-millis", required = true)
  private int sessionMillis;

  @Option(names = "--tick-millis", required = true)
  private long tickMillis;

  String id() {
    return id;
  }

  String jdbc() {
    return jdbc;
  }

  Input read() {
    return Input.read(Optional.ofNullable(input), group, amount);
  }

  /** A client that is not started yet. */
  CuratorFramework client() {
    return CuratorFrameworkFactory.newClient(
        connect, sessionMillis, sessionMillis, new ExponentialBackoffRetry(100, 5));
  }

  /** Made before the client is started, a monitor knows how young the session is. */
  SessionMonitor monitor(CuratorFramework client) {
    return SessionMonitor.builder(client).tickTime(Duration.ofMillis(tickMillis)).build();
  }

  /** Tells the parent something, as one line. */
  static synchronized void say(@Nullable Object... words) {
    StringBuilder line = new StringBuilder();
    for (Object word : words) {
      line.append(line.length() == 0 ? "" : "\t").append(word);
    }
    System.out.println(line);
    System.out.flush();
  }
}
