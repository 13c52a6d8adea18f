package io.tenure.testing;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.server.auth.DigestLoginModule;

/**
 * JAAS sections of the clients in this JVM, one for each user and password. A client names its
 * section; all others log in without SASL, as they do without JAAS. Thread-safe.
 */
final class Logins extends Configuration {

  private static final Logins LOGINS = new Logins();

  private final Map<String, Map<String, String>> sections = new ConcurrentHashMap<>();

  private Logins() {}

  /** The name of a section for a user, from now on. */
  static String section(String user, String password) {
    String name = "login-of-" + user + "-" + Integer.toHexString(password.hashCode());
    LOGINS.sections.put(name, Map.of("username", user, "password", password));
    Configuration.setConfiguration(LOGINS);
    return name;
  }

  @Override
  public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
    Map<String, String> options = sections.get(name);
    return options == null
        ? null
        : new AppConfigurationEntry[] {
          new AppConfigurationEntry(
              DigestLoginModule.class.getName(), LoginModuleControlFlag.REQUIRED, options)
        };
  }
}
