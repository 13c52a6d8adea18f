package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.NextStep;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A worker whose process is told to end before the worker is started. */
@Timeout(120)
class StartAtExitTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @TempDir Path folder;

  @Test
  void aWorkerThatIsStartedWhileTheJvmEndsJoinsNoGroupAndClosesAtOnce() throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Ending.class.getName(),
                zk.server().getConnectString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(Files.readString(output))
        .contains("refused: io.tenure.scope.ElectionClosedException")
        .contains("because the JVM ends")
        .contains("closed: CLOSED");
    assertThat(zk.observer().checkExists().forPath(GROUP)).isNull();
  }

  /** Starts a worker in a shutdown hook, as a container does that was told to end meanwhile. */
  static final class Ending {
    public static void main(String[] args) {
      CuratorFramework client = CuratorFrameworkFactory.newClient(args[0], new RetryOneTime(100));
      client.start();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> startAndClose(client)));
      System.exit(0);
    }

    private static void startAndClose(CuratorFramework client) {
      ShardWorker worker =
          ShardWorker.builder(client, GROUP)
              .shards(ShardSet.numbered(2))
              .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
              .build();
      try {
        worker.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
        System.out.println("started");
      } catch (ExecutionException e) {
        System.out.println("refused: " + e.getCause());
      } catch (Exception e) {
        System.out.println("threw: " + e);
      }
      worker.close();
      System.out.println("closed: " + worker.state());
    }
  }
}
