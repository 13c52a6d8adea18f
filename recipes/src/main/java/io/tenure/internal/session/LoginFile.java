package io.tenure.internal.session;

import io.tenure.internal.SmallFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.URIParameter;
import java.util.Optional;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * The file with the login that was asked for. ZooKeeper's client goes on without a login where it
 * finds none there, and then has no identity. Stateless.
 */
public final class LoginFile {

  /** The system property that names it. */
  public static final String PROPERTY = "java.security.auth.login.config";

  private LoginFile() {}

  /** What is wrong with it; nothing for a client that does without SASL. */
  public static Optional<String> problem(String location, ZKClientConfig config) {
    if (!config.isSaslClientEnabled()) {
      return Optional.empty();
    }
    return problemOf(
        location,
        config.getProperty(
            ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, ZKClientConfig.LOGIN_CONTEXT_NAME_KEY_DEFAULT));
  }

  /** What is wrong with it for a client that logs in with that section. */
  static Optional<String> problemOf(String location, String section) {
    String named = PROPERTY + "=" + location;
    try {
      URI file = uri(location);
      if ("file".equals(file.getScheme())) {
        if (!Files.isReadable(Path.of(file))) {
          return Optional.of(named + " does not exist or cannot be read: correct the path");
        }
        SmallFile.require(Path.of(file), SmallFile.MAX_BYTES);
      }
      Configuration logins = Configuration.getInstance("JavaLoginConfig", new URIParameter(file));
      return logins.getAppConfigurationEntry(section) == null
          ? Optional.of(
              named
                  + " has no section \""
                  + section
                  + "\": name another with zookeeper.sasl.clientconfig")
          : Optional.empty();
    } catch (IOException e) {
      return Optional.of(named + " cannot be read: " + e.getMessage());
    } catch (NoSuchAlgorithmException | RuntimeException e) {
      // The message may quote the file, and so a password.
      return Optional.of(named + " cannot be understood as a JAAS configuration");
    }
  }

  /** As Java takes it: a URL or a path, after an equals sign if no other file is to count. */
  private static URI uri(String location) {
    String place = location.startsWith("=") ? location.substring(1) : location;
    return place.matches("[A-Za-z][A-Za-z0-9+.-]+:.*") ? URI.create(place) : Path.of(place).toUri();
  }
}
