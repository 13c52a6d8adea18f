package io.tenure.testing;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.server.auth.DigestLoginModule;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;

/**
 * A ZooKeeper server in a process of its own, because its TLS, SASL and authentication are settings
 * of its whole JVM. Prints {@code ports PLAIN SECURE} when it serves, and ends with its standard
 * input.
 */
public final class SecureServerMain {

  private static final long START_MILLIS = 60_000;

  private SecureServerMain() {}

  /** Takes the server's folder, its configuration, and users of SASL as {@code user=password}. */
  public static void main(String[] args) throws Exception {
    Properties configuration = new Properties();
    try (InputStream in = Files.newInputStream(Path.of(args[1]))) {
      configuration.load(in);
    }
    Map<String, String> users = new HashMap<>();
    for (int i = 2; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      users.put("user_" + args[i].substring(0, equals), args[i].substring(equals + 1));
    }
    Configuration.setConfiguration(new ServerLogin(users));
    try (ZooKeeperServerEmbedded server =
        ZooKeeperServerEmbedded.builder()
            .baseDir(Path.of(args[0]))
            .configuration(configuration)
            .exitHandler(ExitHandler.LOG_ONLY)
            .build()) {
      server.start(START_MILLIS);
      System.out.println(
          "ports " + port(server.getConnectionString()) + " " + securePort(server, configuration));
      while (System.in.read() >= 0) {
        // Until the process that started this one is gone, or closes the input.
      }
    }
    System.exit(0);
  }

  private static String securePort(ZooKeeperServerEmbedded server, Properties configuration)
      throws Exception {
    return configuration.containsKey("secureClientPort")
        ? port(server.getSecureConnectionString())
        : "0";
  }

  private static String port(String address) {
    return address.substring(address.lastIndexOf(':') + 1);
  }

  /** What the server asks for its users of SASL. */
  private static final class ServerLogin extends Configuration {
    private final Map<String, String> users;

    ServerLogin(Map<String, String> users) {
      this.users = users;
    }

    @Override
    public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
      return name.equals("Server")
          ? new AppConfigurationEntry[] {
            new AppConfigurationEntry(
                DigestLoginModule.class.getName(), LoginModuleControlFlag.REQUIRED, users)
          }
          : null;
    }
  }
}
