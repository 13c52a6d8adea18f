package io.tenure.testing;

import io.tenure.testing.Certificates.Issued;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real ZooKeeper server with TLS, SASL, x509 and digest, for all tests of a class: give it to a
 * static field. It has a port for plain clients, where users log in with SASL or a digest, and one
 * for TLS. It also closes the resources that a test opens, after the test, in the opposite order.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final SecureZooKeeper zk = SecureZooKeeper.withClientCertificates();
 *
 * CuratorFramework worker = zk.client(zk.x509("worker"));
 * AppendOnlyAcl scheme = AppendOnlyAcl.builder().workers(zk.x509("worker").id()).build();
 * Cli.at(zk.sasl("operator")).run("drain", "w-1");
 * }</pre>
 *
 * <p>Users are made when they are named; SASL knows {@link #USERS}.
 */
public final class SecureZooKeeper
    implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

  /** The users of SASL. */
  public static final List<String> USERS =
      List.of("worker", "operator", "archiver", "reader", "admin");

  private static final String SECURE = "zookeeper.client.secure";
  private static final String SOCKET = "zookeeper.clientCnxnSocket";
  private static final String NETTY = "org.apache.zookeeper.ClientCnxnSocketNetty";

  private final Certificates authority = Certificates.authority("CN=Test Authority");
  private final Opened opened = new Opened();
  private final Map<String, String> configuration;
  private final Function<Certificates, Issued> own;

  private Path directory;
  private Process process;
  private String plain;
  private String secure;

  private SecureZooKeeper(Map<String, String> configuration, Function<Certificates, Issued> own) {
    this.configuration = configuration;
    this.own = own;
  }

  /** One that asks its TLS clients for certificates, and takes none without. */
  public static SecureZooKeeper withClientCertificates() {
    return new SecureZooKeeper(
        Map.of("ssl.clientAuth", "need"),
        authority -> authority.issueForLoopback(Certificates.Validity.NOW));
  }

  /** One that asks its TLS clients for no certificate. */
  public static SecureZooKeeper withoutClientCertificates() {
    return with(Map.of(), authority -> authority.issueForLoopback(Certificates.Validity.NOW));
  }

  /** One that asks for no certificate, has that one itself, and those settings. */
  public static SecureZooKeeper with(
      Map<String, String> settings, Function<Certificates, Issued> own) {
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent("ssl.clientAuth", "none");
    return new SecureZooKeeper(all, own);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    directory = Files.createTempDirectory("tenure-secure");
    start();
  }

  private void start() throws IOException {
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "dataDir", directory.resolve("data").toString(),
            "tickTime", Long.toString(ZooKeeperFixture.TICK_TIME.toMillis()),
            "clientPort", "0",
            "clientPortAddress", "127.0.0.1",
            "secureClientPort", "0",
            "secureClientPortAddress", "127.0.0.1",
            "admin.enableServer", "false",
            "maxClientCnxns", "0",
            // Newer servers do not take DIGEST-MD5 in this mode either.
            "fips-mode", "false",
            "serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory"));
    properties.putAll(
        Map.of(
            "authProvider.1",
            "org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
            "authProvider.2",
            "org.apache.zookeeper.server.auth.X509AuthenticationProvider",
            "ssl.keyStore.location",
            own.apply(authority).keyStore(file("server.p12")).toString(),
            "ssl.keyStore.password",
            Certificates.PASSWORD,
            "ssl.trustStore.location",
            trustStore().toString(),
            "ssl.trustStore.password",
            Certificates.PASSWORD));
    properties.putAll(configuration);
    Path file = file("zoo.cfg");
    try (OutputStream out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                SecureServerMain.class.getName(),
                directory.toString(),
                file.toString()));
    USERS.forEach(user -> command.add(user + "=" + password(user)));
    process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(file("server.log").toFile()))
            .start();
    awaitPorts();
  }

  private void awaitPorts() throws IOException {
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    String line = output.readLine();
    while (line != null && !line.startsWith("ports ")) {
      line = output.readLine();
    }
    if (line == null) {
      throw new IllegalStateException(
          "the server did not start: " + Files.readString(file("server.log")));
    }
    String[] words = line.split(" ");
    plain = "localhost:" + words[1];
    secure = "localhost:" + words[2];
    Thread drain = new Thread(() -> output.lines().forEach(rest -> {}), "server-output");
    drain.setDaemon(true);
    drain.start();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    opened.afterEach(context);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
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

  /** A file in the folder of this server, which is deleted after all tests. */
  public Path file(String name) {
    return directory.resolve(name);
  }

  /** The authority that server and clients trust. */
  public Certificates authority() {
    return authority;
  }

  /** A store with what is trusted. */
  public Path trustStore() {
    Path file = file("trust.p12");
    return Files.exists(file) ? file : authority.trustStore(file);
  }

  /** Over TLS, without a certificate of one's own. */
  public Access tls() {
    return new Access(
        secure,
        Map.of(
            SECURE,
            "true",
            SOCKET,
            NETTY,
            "zookeeper.ssl.trustStore.location",
            trustStore().toString(),
            "zookeeper.ssl.trustStore.password",
            Certificates.PASSWORD),
        Optional.empty(),
        new Id("world", "anyone"));
  }

  /** Over TLS, with a certificate in the user's name. */
  public Access x509(String user) {
    Path file = file("client-" + user + ".p12");
    if (!Files.exists(file)) {
      authority.issue("CN=" + user).keyStore(file);
    }
    Access with = x509(file);
    return new Access(with.connect(), with.properties(), with.auth(), new Id("x509", "CN=" + user));
  }

  /** Over TLS, with another store of one's own. */
  public Access x509(Path keyStore) {
    return tls()
        .with("zookeeper.ssl.keyStore.location", keyStore.toString())
        .with("zookeeper.ssl.keyStore.password", Certificates.PASSWORD);
  }

  /** In plain text, logged in with SASL's DIGEST-MD5. */
  public Access sasl(String user) {
    return sasl(user, password(user));
  }

  /** In plain text, with a login of SASL that may be wrong. */
  public Access sasl(String user, String password) {
    return new Access(
        plain,
        Map.of(
            "zookeeper.sasl.clientconfig",
            Logins.section(user, password),
            // DIGEST-MD5 is not for a client in this mode, which is the default.
            "zookeeper.fips-mode",
            "false"),
        Optional.empty(),
        new Id("sasl", user));
  }

  /** In plain text, with what {@code addauth digest} takes. */
  public Access digest(String user) {
    String words = user + ":" + password(user);
    try {
      return new Access(
          plain,
          Map.of(),
          Optional.of("digest:" + words),
          new Id("digest", DigestAuthenticationProvider.generateDigest(words)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** In plain text, without a login. */
  public Access plain() {
    return new Access(plain, Map.of(), Optional.empty(), new Id("world", "anyone"));
  }

  private static String password(String user) {
    return "secret-of-" + user;
  }

  /** A started client. */
  public CuratorFramework client(Access access) {
    return started(access.client());
  }

  /** Starts a client, which is closed after the test. */
  public CuratorFramework started(CuratorFrameworkFactory.Builder builder) {
    CuratorFramework client = builder.build();
    client.start();
    return closeLater(client);
  }
}
