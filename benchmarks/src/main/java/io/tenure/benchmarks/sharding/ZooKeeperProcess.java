package io.tenure.benchmarks.sharding;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.zookeeper.server.ZooKeeperServerMain;

/**
 * A ZooKeeper server in a process of its own, with its defaults, {@code jute.maxbuffer} among them.
 * What it wrote is deleted when it is closed.
 */
final class ZooKeeperProcess implements AutoCloseable {

  private static final int START_ATTEMPTS = 300;

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
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(2_000); // A server that starts may take the call and never answer.
      socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      List<String> lines =
          new BufferedReader(
                  new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
              .lines()
              .toList();
      return lines.stream()
          .filter(line -> line.startsWith("Zxid: 0x"))
          .map(line -> Long.parseLong(line.substring(8), 16))
          .findFirst()
          .orElseThrow(() -> new IOException("no answer yet: " + lines));
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
