package io.tenure.internal.tls;

import io.tenure.internal.SmallFile;
import io.tenure.internal.tls.TlsSettings.Store;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.UnrecoverableKeyException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.apache.zookeeper.common.KeyStoreFileType;
import org.apache.zookeeper.common.X509Util;
import org.jspecify.annotations.Nullable;

/**
 * The stores of a client, loaded by ZooKeeper's own loader: what it takes is taken here, and what
 * it passes over in silence is said.
 */
final class TlsStores {

  /** A store cannot be used; the message is a sentence for people. */
  static final class UnusableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnusableException(String message, Throwable cause) {
      super(message, cause);
    }

    UnusableException(String message) {
      super(message);
    }
  }

  /**
   * The client's own keys. Immutable.
   *
   * @param manager chooses among them
   * @param certificates of the keys, each the first of its chain
   */
  record Own(Optional<X509ExtendedKeyManager> manager, List<X509Certificate> certificates) {}

  /**
   * Whom the client trusts. Immutable.
   *
   * @param authorities what the store holds; empty if it is the JVM's
   */
  record Trusted(X509ExtendedTrustManager manager, List<X509Certificate> authorities) {}

  /** Far more than all public authorities take. */
  private static final long MAX_STORE_BYTES = 64 << 20;

  private TlsStores() {}

  /** Loads the keys. */
  static Own own(TlsSettings settings) throws UnusableException {
    if (settings.keyStore().isEmpty()) {
      return new Own(Optional.empty(), List.of());
    }
    Store store = settings.keyStore().get();
    String password = password(store);
    KeyStore keys = load(store, password, X509Util::loadKeyStore);
    List<X509Certificate> certificates = certificates(keys, true);
    if (certificates.isEmpty()) {
      throw new UnusableException(
          named(store)
              + " holds no private key: import the key with its certificate there, or leave"
              + " the property out if the servers want no certificate");
    }
    try {
      KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
      factory.init(keys, password.toCharArray());
      requireKeys(keys, password.toCharArray());
      for (KeyManager one : factory.getKeyManagers()) {
        if (one instanceof X509ExtendedKeyManager manager) {
          return new Own(Optional.of(manager), certificates);
        }
      }
      throw new KeyStoreException("no manager for its keys");
    } catch (UnrecoverableKeyException e) {
      throw new UnusableException(
          named(store)
              + " has another password for its key than "
              + store.password().property()
              + " says: ZooKeeper takes one password for both (keytool -keypasswd)",
          e);
    } catch (GeneralSecurityException e) {
      throw damaged(store, e);
    }
  }

  /** The manager passes over keys that it cannot open, without a word. */
  private static void requireKeys(KeyStore keys, char[] password) throws GeneralSecurityException {
    for (String alias : Collections.list(keys.aliases())) {
      if (keys.isKeyEntry(alias)) {
        keys.getKey(alias, password);
      }
    }
  }

  /** Loads what is trusted; without a store of its own, a client trusts whom its JVM trusts. */
  static Trusted trusted(TlsSettings settings) throws UnusableException {
    try {
      if (settings.trustStore().isEmpty()) {
        return new Trusted(manager(null), List.of());
      }
    } catch (GeneralSecurityException e) {
      throw new UnusableException("the JVM's own trust store cannot be read: " + reason(e), e);
    }
    Store store = settings.trustStore().get();
    KeyStore trusted = load(store, password(store), X509Util::loadTrustStore);
    List<X509Certificate> authorities = certificates(trusted, false);
    if (authorities.isEmpty()) {
      throw new UnusableException(
          named(store)
              + " holds no trusted certificate, so no server would be trusted: import that of the"
              + " servers' authority (keytool -importcert)");
    }
    try {
      return new Trusted(manager(trusted), authorities);
    } catch (GeneralSecurityException e) {
      throw damaged(store, e);
    }
  }

  private static X509ExtendedTrustManager manager(@Nullable KeyStore trusted)
      throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(trusted);
    for (TrustManager one : factory.getTrustManagers()) {
      if (one instanceof X509ExtendedTrustManager manager) {
        return manager;
      }
    }
    throw new KeyStoreException("no manager for its certificates");
  }

  private interface Loader {
    KeyStore load(String location, String password, String type)
        throws IOException, GeneralSecurityException;
  }

  private static KeyStore load(Store store, String password, Loader loader)
      throws UnusableException {
    requireReadable(store);
    String type = type(store);
    try {
      return loader.load(store.location(), password, type);
    } catch (FileNotFoundException | AccessDeniedException e) {
      throw new UnusableException(named(store) + " cannot be read: check its permissions", e);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      if (isWrongPassword(e)) {
        throw new UnusableException(
            named(store)
                + " cannot be opened: the password that "
                + store.password().property()
                + " says is wrong"
                + (password.isEmpty() ? " (there is none)" : ""),
            e);
      }
      throw damaged(store, e);
    }
  }

  private static void requireReadable(Store store) throws UnusableException {
    Path file;
    try {
      file = Path.of(store.location());
    } catch (InvalidPathException e) {
      throw new UnusableException(named(store) + " is no path: " + e.getReason(), e);
    }
    if (!Files.exists(file)) {
      throw new UnusableException(
          named(store)
              + " does not exist: correct the path, which counts from "
              + Path.of("").toAbsolutePath());
    } else if (!Files.isRegularFile(file)) {
      throw new UnusableException(named(store) + " is no file: name the store itself");
    } else if (!Files.isReadable(file)) {
      throw new UnusableException(named(store) + " cannot be read: check its permissions");
    } else if (file.toFile().length() > MAX_STORE_BYTES) {
      throw new UnusableException(
          named(store) + " has more than " + MAX_STORE_BYTES + " bytes: name the store itself");
    }
  }

  private static String type(Store store) throws UnusableException {
    try {
      return KeyStoreFileType.fromPropertyValueOrFileName(store.type(), store.location())
          .getPropertyValue();
    } catch (IllegalArgumentException e) {
      String property = store.property().replace(".location", ".type");
      throw new UnusableException(
          store.type().isEmpty()
              ? named(store)
                  + " has a name that does not tell its type: call it .p12, .jks or .pem, or give "
                  + property
              : property + "=" + store.type() + " is unknown: it is PKCS12, JKS, PEM or BCFKS",
          e);
    }
  }

  private static String password(Store store) throws UnusableException {
    try {
      return store.password().read();
    } catch (IOException | InvalidPathException e) {
      throw new UnusableException(
          store.password().property()
              + "="
              + store.password().file()
              + " cannot be read: it is to be a file with the password, at most "
              + SmallFile.MAX_BYTES
              + " bytes, and no pipe or device",
          e);
    }
  }

  /**
   * The loaders of all types report a wrong password in this way, PEM's as a key they cannot read.
   */
  private static boolean isWrongPassword(Throwable thrown) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      if (e instanceof UnrecoverableKeyException
          || e instanceof javax.crypto.BadPaddingException
          || String.valueOf(e.getMessage()).contains("password was incorrect")) {
        return true;
      }
    }
    return false;
  }

  private static List<X509Certificate> certificates(KeyStore store, boolean ofKeys) {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      for (String alias : Collections.list(store.aliases())) {
        if ((ofKeys ? store.isKeyEntry(alias) : store.isCertificateEntry(alias))
            && store.getCertificate(alias) instanceof X509Certificate certificate) {
          certificates.add(certificate);
        }
      }
    } catch (KeyStoreException e) {
      throw new IllegalStateException("a loaded store can be listed", e);
    }
    return List.copyOf(certificates);
  }

  private static UnusableException damaged(Store store, Exception e) {
    return new UnusableException(
        named(store)
            + " is damaged, or of another type"
            + (e.getMessage() == null ? "" : " (" + reason(e) + ")")
            + ": keytool -list -keystore shows whether it is whole",
        e);
  }

  private static String reason(Exception e) {
    return TlsText.bounded(String.valueOf(e.getMessage()));
  }

  static String named(Store store) {
    return store.property() + "=" + store.location();
  }
}
