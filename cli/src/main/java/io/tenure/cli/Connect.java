package io.tenure.cli;

import io.tenure.internal.SmallFile;
import io.tenure.internal.session.LoginFile;
import io.tenure.internal.tls.TlsDiagnosis;
import io.tenure.internal.tls.TlsSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.curator.retry.RetryUntilElapsed;
import org.apache.curator.utils.DefaultZookeeperFactory;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ConfigException;
import org.apache.zookeeper.common.PathUtils;
import org.apache.zookeeper.common.ZKConfig;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How the command reaches ZooKeeper. TLS and authentication are named as ZooKeeper's own tools name
 * them: a client configuration file, {@code -D} properties, and what zkCli's {@code addauth} takes.
 */
final class Connect {

  private static final int RETRY_MILLIS = 200;

  /** What is asked of the server; it may give another. */
  /** The list of a million names: an operator must be able to list a trail that is too long. */
  private static final int REPLY_BYTES = 64 << 20;

  private static final int SESSION_MILLIS = 15_000;

  private static final String DIGEST = "digest:";

  @Option(
      names = {"-c", "--connect", "-server"},
      paramLabel = "HOST:PORT,...",
      defaultValue = "localhost:2181",
      description = "ZooKeeper's servers, with a path after the last if the clients have one.")
  String connect = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      defaultValue = "",
      description = "The namespace that the services give their CuratorFramework.")
  String namespace = "";

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      description = "How long to try to reach ZooKeeper.")
  String timeout = "";

  @Option(
      names = {"--client-configuration", "-client-configuration"},
      paramLabel = "FILE",
      description =
          "ZooKeeper's client properties, as zkCli takes them: zookeeper.ssl.* and others.")
  @Nullable Path clientConfiguration;

  @Option(
      names = "-D",
      paramLabel = "NAME=VALUE",
      description =
          "One such property, or java.security.auth.login.config for SASL. Others can see passwords"
              + " here in the list of processes: rather use --client-configuration.")
  Map<String, String> properties = new LinkedHashMap<>();

  @Option(
      names = "--auth",
      paramLabel = "SCHEME:AUTH",
      description =
          "What zkCli's addauth takes: digest:user:password. Others can see it in the list of"
              + " processes (ps): rather use --auth-file or TENURE_AUTH.")
  List<String> auth = new ArrayList<>();

  @Option(
      names = "--auth-file",
      paramLabel = "FILE",
      description =
          "A file with one SCHEME:AUTH on each line, for its owner alone; - for standard input.")
  @Nullable Path authFile;

  @Spec(Spec.Target.MIXEE)
  @Nullable CommandSpec command;

  private @Nullable List<String> allAuths;

  /** Connects. */
  Connection open() throws InterruptedException {
    return open(new DefaultAcls());
  }

  /** Connects, and gives what is created these permissions. */
  Connection open(ACLProvider acls) throws InterruptedException {
    Duration limit = Times.duration(timeout);
    warnOfFilesThatOthersCanRead();
    ZKClientConfig config = clientConfig();
    TlsDiagnosis.ofStores(config)
        .ifPresent(
            problem -> {
              throw Reachability.failure(problem);
            });
    CuratorFrameworkFactory.Builder builder =
        CuratorFrameworkFactory.builder()
            .connectString(checkedConnect())
            .sessionTimeoutMs(SESSION_MILLIS)
            .connectionTimeoutMs(millis(limit))
            .retryPolicy(new RetryUntilElapsed(millis(limit), RETRY_MILLIS))
            .zookeeperFactory(new DefaultZookeeperFactory())
            .zkClientConfig(config)
            .aclProvider(acls)
            .dontUseContainerParents()
            .ensembleTracker(false)
            .waitForShutdownTimeoutMs(millis(limit));
    if (!namespace.isEmpty()) {
      builder.namespace(checkedNamespace());
    }
    for (String one : auths()) {
      int colon = one.indexOf(':');
      if (colon < 1) {
        throw usage("authentication is SCHEME:AUTH, for example digest:user:password");
      }
      builder.authorization(
          one.substring(0, colon), one.substring(colon + 1).getBytes(StandardCharsets.UTF_8));
    }
    CuratorFramework client = builder.build();
    boolean connected = false;
    try {
      FirstConnection first = new FirstConnection(client, config, connect);
      client.start();
      first.await(limit);
      connected = true;
    } finally {
      if (!connected) {
        closeBeside(client);
      }
    }
    return new Connection(client, connect, limit);
  }

  /** A client between two tries takes a second to close, and there is nothing to close in order. */
  private static void closeBeside(CuratorFramework client) {
    Thread closing = new Thread(client::close, "tenure-closing");
    closing.setDaemon(true);
    closing.start();
  }

  private static int millis(Duration duration) {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(1, duration.toMillis()));
  }

  private String checkedConnect() {
    try {
      for (var address : new ConnectStringParser(connect).getServerAddresses()) {
        if (address.getPort() < 1 || address.getPort() > 65_535) {
          throw new IllegalArgumentException("port " + address.getPort());
        }
      }
      return connect;
    } catch (RuntimeException e) {
      throw usage(
          "--connect \""
              + connect
              + "\" is wrong ("
              + e.getMessage()
              + "): give host:port,host:port");
    }
  }

  private String checkedNamespace() {
    String name = namespace.startsWith("/") ? namespace.substring(1) : namespace;
    try {
      PathUtils.validatePath("/" + name);
      return name;
    } catch (IllegalArgumentException e) {
      throw usage("--namespace \"" + namespace + "\" is wrong: " + e.getMessage());
    }
  }

  private ZKClientConfig clientConfig() {
    ZKClientConfig config;
    try {
      if (clientConfiguration == null) {
        config = new ZKClientConfig();
      } else {
        SmallFile.require(clientConfiguration, SmallFile.MAX_BYTES); // ZooKeeper reads all.
        // ZooKeeper takes no relative path of one character.
        config = new ZKClientConfig(clientConfiguration.toAbsolutePath());
      }
    } catch (IOException | ConfigException | RuntimeException e) {
      throw usage(
          "--client-configuration "
              + (clientConfiguration == null
                  ? "cannot be read: " + e.getMessage()
                  : SecretFiles.notReadable(clientConfiguration, e)));
    }
    properties.forEach(
        (name, value) -> {
          if (name.equals(LoginFile.PROPERTY)) {
            return; // When all that belongs to it is known.
          } else if (name.startsWith("zookeeper.") || name.equals("jute.maxbuffer")) {
            config.setProperty(name, value);
          } else if (name.startsWith("java.security.") || name.startsWith("javax.security.")) {
            System.setProperty(name, value);
          } else {
            throw usage(
                "-D"
                    + name
                    + " is none of ZooKeeper's client: give zookeeper.*, jute.maxbuffer or"
                    + " java.security.*");
          }
        });
    if (config.getProperty(ZKConfig.JUTE_MAXBUFFER) == null) {
      config.setProperty(ZKConfig.JUTE_MAXBUFFER, Integer.toString(REPLY_BYTES));
    }
    encrypt(config);
    logIn(config);
    return config;
  }

  private void logIn(ZKClientConfig config) {
    String logins = properties.get(LoginFile.PROPERTY);
    if (logins != null) {
      LoginFile.problem(logins, config)
          .ifPresent(
              problem -> {
                throw usage(problem + ". There would be no login");
              });
      System.setProperty(LoginFile.PROPERTY, logins);
    }
  }

  /**
   * ZooKeeper's usual socket knows no TLS, and passes over what asks for it: everything would go in
   * plain text.
   */
  private static void encrypt(ZKClientConfig config) {
    TlsSettings tls = TlsSettings.of(config);
    if (tls.isUnclear()) {
      throw usage(
          "zookeeper.client.secure="
              + tls.unclear()
              + " is no for ZooKeeper, and everything would go in plain text: give true or false");
    } else if (tls.isPlainInSpite()) {
      if (!tls.socket().isEmpty()) {
        throw usage(
            "zookeeper.client.secure=true and zookeeper.clientCnxnSocket="
                + tls.socket()
                + " do not go together: that socket knows no TLS, and everything would go in plain"
                + " text. Leave it out");
      }
      config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, TlsSettings.NETTY);
    } else if (config.getProperty(ZKClientConfig.SECURE_CLIENT, "").isBlank()
        && (tls.keyStore().isPresent() || tls.trustStore().isPresent())) {
      throw usage(
          "zookeeper.ssl.* is given without zookeeper.client.secure, and everything would go in"
              + " plain text: give zookeeper.client.secure=true, or false if that is meant");
    }
  }

  /** The digests of the users whose passwords were given, by their names. */
  Map<String, String> ownDigests() {
    Map<String, String> digests = new LinkedHashMap<>();
    for (String one : auths()) {
      int user = one.indexOf(':', DIGEST.length());
      if (one.startsWith(DIGEST) && user > 0) {
        String words = one.substring(DIGEST.length());
        try {
          digests.put(
              one.substring(DIGEST.length(), user),
              DigestAuthenticationProvider.generateDigest(words));
        } catch (NoSuchAlgorithmException e) {
          throw new IllegalStateException("every Java platform has SHA-1", e);
        }
      }
    }
    return digests;
  }

  private void warnOfFilesThatOthersCanRead() {
    List<String> warnings = new ArrayList<>();
    if (authFile != null) {
      SecretFiles.warning("--auth-file", authFile).ifPresent(warnings::add);
    }
    if (clientConfiguration != null) {
      warnings.addAll(SecretFiles.warningsOfClientConfiguration(clientConfiguration));
    }
    properties.forEach(
        (name, value) -> {
          if (SecretFiles.isNamedBy(name)) {
            SecretFiles.warning(name, value).ifPresent(warnings::add);
          }
        });
    CommandSpec own = command;
    if (own != null) {
      warnings.forEach(warning -> Failures.say(own.commandLine().getErr(), warning));
    }
  }

  /**
   * Those that were given in one way or the other; a file is read once, as standard input has to
   * be.
   */
  private List<String> auths() {
    List<String> all = allAuths;
    if (all == null) {
      all = new ArrayList<>(auth);
      Path file = authFile;
      if (file != null) {
        try {
          all.addAll(Secrets.linesOf(file));
        } catch (IOException e) {
          throw usage("--auth-file " + SecretFiles.notReadable(file, e));
        }
      }
      allAuths = List.copyOf(all);
    }
    return all;
  }

  private static CommandException usage(String message) {
    return new CommandException(ExitCode.USAGE, message);
  }
}
