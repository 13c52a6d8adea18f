package io.tenure.internal.tls;

import io.tenure.internal.SmallFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;

/**
 * What a client's configuration says of TLS. Immutable.
 *
 * @param secure whether it asks for TLS
 * @param unclear the value that was meant to say so and is neither true nor false; empty if it is
 *     clear
 * @param socket the class of its socket, as configured; empty for ZooKeeper's default
 * @param keyStore its own key and certificate, if it names any
 * @param trustStore whom it trusts; those of the JVM if it names none
 * @param protocols those that it offers; empty for the JVM's newest
 * @param ciphers those that it offers; empty for the JVM's
 * @param supplier a class of the application that would give an SSLContext; ZooKeeper's socket for
 *     TLS passes it over since 3.9.0. Empty if none is named
 * @param verifiesHost whether the server's certificate has to name its host
 */
public record TlsSettings(
    boolean secure,
    String unclear,
    String socket,
    Optional<Store> keyStore,
    Optional<Store> trustStore,
    List<String> protocols,
    List<String> ciphers,
    String supplier,
    boolean verifiesHost) {

  /** The socket that alone knows TLS. */
  public static final String NETTY = "org.apache.zookeeper.ClientCnxnSocketNetty";

  private static final String PREFIX = "zookeeper.ssl.";

  /** Names that class. */
  static final String SUPPLIER = PREFIX + "context.supplier.class";

  private static final String NIO = "org.apache.zookeeper.ClientCnxnSocketNIO";

  /**
   * A store of keys or certificates. Immutable.
   *
   * @param property the property that names it
   * @param location as it was given
   * @param password empty if there is none
   * @param type as it was given; empty if the ending of the name tells
   */
  record Store(String property, String location, Password password, String type) {}

  /**
   * A password, or a file with it; never shown. Immutable.
   *
   * @param property the property that says it
   */
  record Password(String property, String value, String file) {

    /**
     * The password itself: of a file all but the end of its last line, as ZooKeeper reads it.
     *
     * @throws IOException if it is in a file that cannot be read
     */
    String read() throws IOException {
      if (file.isEmpty()) {
        return value;
      }
      String text = SmallFile.text(Path.of(file));
      String end = System.lineSeparator();
      return text.endsWith(end) ? text.substring(0, text.length() - end.length()) : text;
    }

    @Override
    public String toString() {
      return "***";
    }
  }

  /** What a configuration says. */
  public static TlsSettings of(ZKConfig config) {
    return new TlsSettings(
        config.getBoolean(ZKClientConfig.SECURE_CLIENT),
        unclear(config.getProperty(ZKClientConfig.SECURE_CLIENT, "").strip()),
        config.getProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "").strip(),
        store(config, PREFIX + "keyStore"),
        store(config, PREFIX + "trustStore"),
        list(
            config.getProperty(
                PREFIX + "enabledProtocols", config.getProperty(PREFIX + "protocol", ""))),
        list(config.getProperty(PREFIX + "ciphersuites", "")),
        config.getProperty(SUPPLIER, "").strip(),
        config.getBoolean(PREFIX + "hostnameVerification", true));
  }

  private static String unclear(String value) {
    return value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false") ? "" : value;
  }

  private static Optional<Store> store(ZKConfig config, String name) {
    String location = config.getProperty(name + ".location", "");
    if (location.isEmpty()) {
      return Optional.empty();
    }
    String inFile = config.getProperty(name + ".passwordPath", "");
    return Optional.of(
        new Store(
            name + ".location",
            location,
            new Password(
                name + (inFile.isEmpty() ? ".password" : ".passwordPath"),
                config.getProperty(name + ".password", ""),
                inFile),
            config.getProperty(name + ".type", "")));
  }

  private static List<String> list(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s*,\\s*"));
  }

  /**
   * Whether it asks for TLS and goes on in plain text: ZooKeeper's usual socket knows no TLS, and
   * passes over what asks for it. A socket of another make is taken to know what it does.
   */
  public boolean isPlainInSpite() {
    return secure
        && (socket.isEmpty() || socket.equals(NIO) || socket.equals(NIO.replaceAll(".*\\.", "")));
  }

  /** Whether the socket is of another make, so that the stores it goes by are unknown. */
  boolean hasForeignSocket() {
    return Stream.of("", NIO, NETTY)
        .noneMatch(own -> socket.equals(own) || own.endsWith("." + socket));
  }

  /**
   * Whether it says neither that it asks for TLS nor that it does not: {@code yes} or {@code 1} is
   * no for ZooKeeper, and everything goes in plain text, with any socket.
   */
  public boolean isUnclear() {
    return !unclear.isEmpty();
  }
}
