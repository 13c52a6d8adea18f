package io.tenure.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** ZooKeeper's own command line, run as an operator would, in a process of its own. */
final class ZkCli {

  private final Stage stage;

  ZkCli(Stage stage) {
    this.stage = stage;
  }

  /** What a command prints, without what zkCli says about itself first. */
  List<String> run(String... command) throws IOException, InterruptedException {
    List<String> lines = new CopyOnWriteArrayList<>();
    CountDownLatch ended = new CountDownLatch(1);
    List<String> arguments =
        new ArrayList<>(List.of("org.apache.zookeeper.ZooKeeperMain", "-server", stage.connect()));
    arguments.addAll(List.of(command));
    Child child =
        Child.start(
            "zkCli",
            arguments,
            (id, line) -> {
              if (line.equals("exited")) {
                ended.countDown();
              } else {
                lines.add(line);
              }
            });
    stage.add(child);
    ended.await();
    int status = child.waitFor();
    if (status != 0) {
      throw new IOException("zkCli " + String.join(" ", command) + " ended with " + status);
    }
    return lines.stream()
        .filter(
            line ->
                !line.isBlank()
                    && !line.startsWith("Connecting to ")
                    && !line.startsWith("WATCHER::")
                    && !line.startsWith("WatchedEvent "))
        .toList();
  }
}
