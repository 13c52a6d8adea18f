package io.tenure.internal.session;

import java.util.Optional;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;
import org.jspecify.annotations.Nullable;

/**
 * Why servers refuse a client's login. The servers do not say, so it is told from the client's own
 * configuration. Stateless.
 */
public final class Logins {

  private static final String FIPS = "zookeeper.fips-mode";

  private static final String DIGEST_LOGIN = "DigestLoginModule";

  private static final String AGAIN = ", and build a new client, since this one does not try again";

  private Logins() {}

  /**
   * A sentence with the remedy.
   *
   * @param code AUTHFAILED, or SESSIONCLOSEDREQUIRESASLAUTH of servers that take only clients with
   *     a login
   */
  public static String whyRefused(Code code, ZKConfig config) {
    String section = section(config);
    AppConfigurationEntry[] entries = entries(section);
    if (code == Code.SESSIONCLOSEDREQUIRESASLAUTH) {
      return "the servers accept only clients that log in (their sessionRequireClientSASLAuth or"
          + " enforce.auth.schemes), and this one "
          + (entries == null
              ? "does not: give it a JAAS section \""
                  + section
                  + "\" (java.security.auth.login.config, zookeeper.sasl.clientconfig), or the"
                  + " credentials of another scheme that they take"
              : "could not with the JAAS section \""
                  + section
                  + "\": the log of org.apache.zookeeper has the cause");
    } else if (entries == null) {
      return "the servers refuse the client's credentials (AUTH_FAILED): their scheme is unknown"
          + " there, or they are wrong. Correct the client's authorization"
          + AGAIN;
    } else if (isDigest(entries) && config.getBoolean(FIPS, true)) {
      return "the login with the JAAS section \""
          + section
          + "\" failed (AUTH_FAILED): it is DIGEST-MD5, which ZooKeeper's client does not do in its"
          + " FIPS mode, and that is the default. Set "
          + FIPS
          + "=false if DIGEST-MD5 is meant"
          + AGAIN;
    }
    return "the servers refuse the login with the JAAS section \""
        + section
        + "\" (AUTH_FAILED): its user, password or ticket is wrong. Correct it"
        + AGAIN;
  }

  /** Whether a client is meant to log in and has nothing to log in with, as ZooKeeper sees it. */
  static boolean isMissing(ZKClientConfig config) {
    return config.isSaslClientEnabled()
        && !isConfigured(config)
        && (config.getProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY) != null
            || config.getJaasConfKey() != null);
  }

  /**
   * Why a client that is meant to log in has no login: a sentence with the remedy. Reads a file.
   */
  static String whyNone(ZKConfig config) {
    String section = section(config);
    if (entries(section) != null) {
      return "the login with the JAAS section \""
          + section
          + "\" failed: the log of org.apache.zookeeper has the cause";
    }
    String file = System.getProperty(LoginFile.PROPERTY, "");
    Optional<String> problem =
        file.isEmpty() ? Optional.empty() : LoginFile.problemOf(file, section);
    return problem.orElse(
            "there is no JAAS section \"" + section + "\" in the JVM's login configuration")
        + ". Correct that and start the process again, or leave out "
        + (file.isEmpty() ? "" : LoginFile.PROPERTY + " and ")
        + ZKClientConfig.LOGIN_CONTEXT_NAME_KEY
        + " if no login is meant";
  }

  /** Whether servers answer so to clients whose login they refuse, or miss. */
  public static boolean isRefusal(Code code) {
    return code == Code.AUTHFAILED || code == Code.SESSIONCLOSEDREQUIRESASLAUTH;
  }

  /**
   * Whether the client has a login at all. One that has may fail now and succeed later, when
   * Kerberos is back for example; one that has none never does.
   */
  static boolean isConfigured(ZKConfig config) {
    return entries(section(config)) != null;
  }

  /**
   * Throws if the servers refuse the client's login, for a caller that got no answer. Blocks until
   * a server could be asked, or none could be reached: for some seconds at most where nothing is
   * heard at all.
   */
  public static void requireAccepted(CuratorFramework client) throws InterruptedException {
    try (LoginInquiry inquiry = LoginInquiry.of(client)) {
      inquiry.requireAccepted();
    }
  }

  private static String section(ZKConfig config) {
    return config.getProperty(
        ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, ZKClientConfig.LOGIN_CONTEXT_NAME_KEY_DEFAULT);
  }

  private static AppConfigurationEntry @Nullable [] entries(String section) {
    try {
      return Configuration.getConfiguration().getAppConfigurationEntry(section);
    } catch (RuntimeException e) {
      return null; // There is no JAAS configuration, or it cannot be read, so no client logs in.
    }
  }

  private static boolean isDigest(AppConfigurationEntry[] entries) {
    for (AppConfigurationEntry entry : entries) {
      if (entry.getLoginModuleName().endsWith(DIGEST_LOGIN)) {
        return true;
      }
    }
    return false;
  }
}
