package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import io.tenure.sharding.ShardWorker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.zip.ZipFile;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command's jar, after it was built: what is in it, what is not, and that it works so. */
@Timeout(120)
class JarIT {

  private static final Path JAR = Path.of(System.getProperty("tenure.jar", "target/tenure.jar"));

  private static final String PASSWORD = "of-the-test";

  @TempDir private Path directory;

  @Test
  void itHasLessThanTwelveMegabytes() throws IOException {
    assertThat(Files.size(JAR)).isLessThan(12_000_000);
  }

  @Test
  void itHoldsNoAnnotationsThatNoCodeReadsAndNoNativeTls() throws IOException {
    assertThat(entries())
        .noneMatch(
            name ->
                name.matches(
                    "(javax/annotation|org/checkerframework|com/google|org/apache/yetus"
                        + "|io/netty/internal/tcnative)/.*"))
        .noneMatch(name -> name.matches(".*\\.(dll|jnilib|dylib)|.*tcnative.*\\.so"));
  }

  @Test
  void itHoldsTheLicensesAndNoticesOfAllThatIsInIt() throws IOException {
    assertThat(entry("META-INF/LICENSE")).contains("Apache License", "Version 2.0");
    assertThat(entry("META-INF/slf4j-LICENSE")).contains("QOS.ch", "Permission is hereby granted");
    assertThat(entry("META-INF/FastDoubleParser-LICENSE")).contains("MIT License");
    assertThat(entry("META-INF/NOTICE")).contains("Curator", "Jackson", "Apache Commons CSV");
  }

  @Test
  void theLibrariesHoldTheLicense() throws Exception {
    for (Class<?> of : List.of(Lease.class, ShardWorker.class)) {
      URI place = of.getProtectionDomain().getCodeSource().getLocation().toURI();
      Path path = Path.of(place);
      if (Files.isDirectory(path)) {
        assertThat(path.resolve("META-INF/LICENSE")).exists();
      } else {
        try (FileSystem jar = FileSystems.newFileSystem(path)) {
          assertThat(jar.getPath("META-INF/LICENSE")).exists();
        }
      }
    }
  }

  /**
   * What is left out of the jar must be what no class needs. These are annotations, what
   * ZooKeeper's server and command line use, and what Netty uses where it is there.
   */
  @Test
  void noClassNeedsWhatWasLeftOut() {
    StringWriter found = new StringWriter();
    int exitCode =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                new PrintWriter(found),
                new PrintWriter(found),
                "--multi-release",
                "17",
                "--missing-deps",
                JAR.toString());
    assertThat(exitCode).as(found.toString()).isZero();
    assertThat(
            new TreeSet<>(
                found
                    .toString()
                    .lines()
                    .filter(line -> line.matches(".*-> \\S+\\.\\S+ +not found"))
                    .toList()))
        .isNotEmpty()
        .allMatch(
            line ->
                line.matches(
                    ".*-> (javax\\.annotation|org\\.jspecify|org\\.apache\\.yetus"
                        + "|org\\.jetbrains\\.annotations|javax\\.servlet|org\\.eclipse\\.jetty"
                        + "|org\\.apache\\.commons\\.cli|org\\.jline|org\\.xerial|com\\.codahale"
                        + "|org\\.apache\\.(commons\\.)?logging|org\\.apache\\.log4j|org\\.conscrypt"
                        + "|io\\.netty\\.internal\\.tcnative|org\\.bouncycastle|reactor\\.blockhound"
                        + "|com\\.oracle\\.svm|com\\.aayushatharva|com\\.github\\.luben|com\\.jcraft"
                        + "|com\\.ning|lzma|net\\.jpountz|org\\.jboss|com\\.google\\.protobuf"
                        + "|org\\.apache\\.curator\\.shaded\\.com\\.google\\.(errorprone|j2objc))"
                        + "\\..*"));
  }

  @Test
  void itReachesAServerThatWantsTls() throws Exception {
    Path store = keyStore();
    Map<String, String> properties =
        Map.of(
            "zookeeper.serverCnxnFactory",
            "org.apache.zookeeper.server.NettyServerCnxnFactory",
            "zookeeper.ssl.keyStore.location",
            store.toString(),
            "zookeeper.ssl.keyStore.password",
            PASSWORD,
            "zookeeper.ssl.trustStore.location",
            trustStore(store).toString(),
            "zookeeper.ssl.trustStore.password",
            PASSWORD);
    properties.forEach(System::setProperty);
    System.setProperty(
        "zookeeper.authProvider.x509",
        "org.apache.zookeeper.server.auth.X509AuthenticationProvider");
    ZooKeeperServer server =
        new ZooKeeperServer(
            directory.resolve("log").toFile(), directory.resolve("data").toFile(), 2_000);
    ServerCnxnFactory tls = ServerCnxnFactory.createFactory();
    try {
      tls.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 60, -1, true);
      tls.startup(server);
      List<String> arguments = new ArrayList<>();
      properties.forEach((name, value) -> arguments.addAll(List.of("-D", name + "=" + value)));
      arguments.addAll(
          List.of(
              "-D",
              "zookeeper.client.secure=true",
              "-D",
              "zookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty",
              "--connect",
              "localhost:" + tls.getLocalPort(),
              "--timeout",
              "30s"));
      // It has a session, and is told that the server is empty.
      assertThat(run("status", arguments)).contains("exit code " + ExitCode.NOT_THERE);
    } finally {
      tls.shutdown();
      properties.keySet().forEach(System::clearProperty);
      System.clearProperty("zookeeper.authProvider.x509");
    }
  }

  @Test
  void itServesTheTimeline() throws Exception {
    try (TestingServer server = new TestingServer();
        CuratorFramework client =
            CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryOneTime(50))) {
      client.start();
      try (LeaderElection election = LeaderElection.builder(client, "/close").build()) {
        election.acquire().close();
      }
      Process process =
          command("serve", List.of("/close", "--port", "0", "-c", server.getConnectString()));
      try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
        String line = output.readLine();
        while (line != null && !line.startsWith("serving ")) {
          line = output.readLine();
        }
        assertThat(line).isNotNull();
        URI uri = URI.create(line.substring(line.indexOf("http://")));
        try (InputStream page = uri.resolve("/api/timeline").toURL().openStream()) {
          assertThat(new String(page.readAllBytes(), StandardCharsets.UTF_8)).contains("/close");
        }
      } finally {
        process.destroy();
        process.waitFor();
      }
    }
  }

  private Path keyStore() throws Exception {
    Path store = directory.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "own",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString())
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    return store;
  }

  /** With the certificate of a key store, and without its key. */
  private Path trustStore(Path keys) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(
        "own", KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray()).getCertificate("own"));
    Path store = directory.resolve("trusted.p12");
    try (OutputStream out = Files.newOutputStream(store)) {
      trusted.store(out, PASSWORD.toCharArray());
    }
    return store;
  }

  private static String run(String command, List<String> arguments) throws Exception {
    Process process = command(command, arguments);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return output + "\nexit code " + process.waitFor();
  }

  private static Process command(String command, List<String> arguments) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                JAR.toString(),
                command));
    all.addAll(arguments);
    return new ProcessBuilder(all).redirectErrorStream(true).start();
  }

  private static List<String> entries() throws IOException {
    try (ZipFile jar = new ZipFile(JAR.toFile())) {
      return jar.stream().map(entry -> entry.getName()).toList();
    }
  }

  private static String entry(String name) throws IOException {
    try (ZipFile jar = new ZipFile(JAR.toFile())) {
      assertThat(jar.getEntry(name)).as(name).isNotNull();
      return new String(
          jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
