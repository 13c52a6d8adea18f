package io.tenure.benchmarks.sharding;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.zookeeper.server.ZooKeeperServerMain;

/**
 * A ZooKeeper server in a process of its own, with its defaults, {@code jute.maxbuffer} among them.
 * What it wrote is deleted when it is closed.
 */
final class ZooKeeperProcess implements AutoCloseable {

  private static final int START_ATTEMPTS = 300;
  private static final int ANSWER_MILLIS = 2_000;

  private final Path directory;
  private final Process process;
  private final int port;

  ZooKeeperProcess() throws IOException, InterruptedException {
    directory = Files.createTempDirectory("tenure-benchmark");
    port = freePort();
    Path config = directory.resolve("zoo.cfg");
    Files.writeString(
        config,
        String.join(
            "\n",
            "tickTime=2000",
            "dataDir=" + directory.resolve("data"),
            "clientPort=" + port,
            "clientPortAddress=127.0.0.1",
            "maxClientCnxns=0",
            "admin.enableServer=false",
            "4lw.commands.whitelist=srvr",
            ""));
    process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xms2g",
                "-Xmx2g",
                "-cp",
                System.getProperty("java.class.path"),
                ZooKeeperServerMain.class.getName(),
                config.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    awaitStarted();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void awaitStarted() throws IOException, InterruptedException {
    for (int i = 0; i < START_ATTEMPTS; i++) {
      try {
        zxid();
        return;
      } catch (IOException e) {
        if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
          throw new IOException("the server ended with " + process.exitValue(), e);
        }
      }
    }
    throw new IOException("the server does not answer");
  }

  String connectString() {
    return "127.0.0.1:" + port;
  }

  /** The last transaction's number. */
  long zxid() throws IOException {
    return zxid(port, ANSWER_MILLIS);
  }

  /**
   * The last transaction's number of the server at a port.
   *
   * @throws IOException if it does not say in time; one that starts may take the call and never
   *     answer
   */
  static long zxid(int port, int timeoutMillis) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(timeoutMillis);
      socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      // Not BufferedReader.lines(), which throws another exception: a slow start is no failure.
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answer
          .lines()
          .filter(line -> line.startsWith("Zxid: 0x"))
          .map(line -> Long.parseLong(line.substring(8), 16))
          .findFirst()
          .orElseThrow(() -> new IOException("no answer yet: " + answer));
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly().onExit().join();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
