package io.tenure.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority for certificates, what it issues, and stores for both. Thread-safe. */
public final class Certificates {

  /** The password of all stores and keys. */
  public static final String PASSWORD = "store-secret";

  private static final AtomicLong SERIAL = new AtomicLong(System.nanoTime());

  /**
   * A key with its certificate and that of its issuer. Immutable.
   *
   * @param key the private key
   * @param chain its certificate first
   */
  public record Issued(PrivateKey key, List<X509Certificate> chain) {

    /** Writes a store of PKCS12 with the key. */
    public Path keyStore(Path file) {
      return keyStore(file, PASSWORD);
    }

    /** Writes such a store with another password. */
    public Path keyStore(Path file, String password) {
      return write(
          file,
          password,
          store ->
              store.setKeyEntry(
                  "own", key, password.toCharArray(), chain.toArray(Certificate[]::new)));
    }
  }

  /** When a certificate is valid. */
  public enum Validity {
    /** From an hour ago until in a day. */
    NOW(Duration.ofHours(-1), Duration.ofDays(1)),
    /** From two days ago until an hour ago. */
    EXPIRED(Duration.ofDays(-2), Duration.ofHours(-1));

    private final Duration from;
    private final Duration to;

    Validity(Duration from, Duration to) {
      this.from = from;
      this.to = to;
    }
  }

  private final X509Certificate certificate;
  private final PrivateKey key;

  private Certificates(X509Certificate certificate, PrivateKey key) {
    this.certificate = certificate;
    this.key = key;
  }

  /** A new authority, by a name as {@code CN=...}. */
  public static Certificates authority(String name) {
    KeyPair pair = keys();
    try {
      JcaX509v3CertificateBuilder builder = builder(name, name, pair, Validity.NOW);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      return new Certificates(signed(builder, pair.getPrivate()), pair.getPrivate());
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A certificate for a name as {@code CN=...}. */
  public Issued issue(String name) {
    return issue(name, Validity.NOW, List.of());
  }

  /** A certificate for servers on this machine's loopback. */
  public Issued issueForLoopback(Validity validity) {
    return issue(
        "CN=zookeeper",
        validity,
        List.of(
            new GeneralName(GeneralName.dNSName, "localhost"),
            new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
  }

  /** A certificate for another host. */
  public Issued issueForHost(String host) {
    return issue("CN=zookeeper", Validity.NOW, List.of(new GeneralName(GeneralName.dNSName, host)));
  }

  /** A certificate for a name that is valid at another time. */
  public Issued issue(String name, Validity validity) {
    return issue(name, validity, List.of());
  }

  private Issued issue(String name, Validity validity, List<GeneralName> hosts) {
    KeyPair pair = keys();
    try {
      JcaX509v3CertificateBuilder builder =
          builder(certificate.getSubjectX500Principal().getName(), name, pair, validity);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      if (!hosts.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(hosts.toArray(GeneralName[]::new)));
      }
      return new Issued(pair.getPrivate(), List.of(signed(builder, key), certificate));
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes a store of PKCS12 with what is to be trusted: this authority. */
  public Path trustStore(Path file) {
    return write(file, PASSWORD, store -> store.setCertificateEntry("authority", certificate));
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JcaX509v3CertificateBuilder builder(
      String issuer, String subject, KeyPair pair, Validity validity) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        new X500Principal(issuer),
        BigInteger.valueOf(SERIAL.incrementAndGet()),
        Date.from(now.plus(validity.from)),
        Date.from(now.plus(validity.to)),
        new X500Principal(subject),
        pair.getPublic());
  }

  private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey key)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
  }

  private interface Filling {
    void fill(KeyStore store) throws GeneralSecurityException;
  }

  private static Path write(Path file, String password, Filling filling) {
    try (OutputStream out = Files.newOutputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      filling.fill(store);
      store.store(out, password.toCharArray());
      return file;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
