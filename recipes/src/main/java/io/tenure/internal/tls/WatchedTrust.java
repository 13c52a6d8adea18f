package io.tenure.internal.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Judges servers as its trust manager does, and remembers why one was refused. Confined to the
 * thread of one handshake.
 */
final class WatchedTrust extends X509ExtendedTrustManager {

  private static final int MAX_NAMES = 5;

  /**
   * Why a server was refused. Immutable.
   *
   * @param chain what it presented
   * @param ofHost whether its certificate is trusted, and made for another host
   */
  @SuppressWarnings("ArrayRecordComponent") // As JSSE hands it over; never compared.
  record Refusal(X509Certificate[] chain, CertificateException cause, boolean ofHost) {}

  private final X509ExtendedTrustManager judge;
  private @Nullable Refusal refusal;

  WatchedTrust(X509ExtendedTrustManager judge) {
    this.judge = judge;
  }

  Optional<Refusal> refusal() {
    return Optional.ofNullable(refusal);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    checkServerTrusted(chain, authType);
    try {
      judge.checkServerTrusted(chain, authType, socket);
    } catch (CertificateException e) {
      refusal = new Refusal(chain, e, true);
      throw e;
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    try {
      judge.checkServerTrusted(chain, authType);
    } catch (CertificateException e) {
      refusal = new Refusal(chain, e, false);
      throw e;
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    checkServerTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("it serves nobody");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("it serves nobody");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("it serves nobody");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return judge.getAcceptedIssuers();
  }

  /** The first of a chain that has expired. */
  static Optional<X509Certificate> expired(X509Certificate[] chain) {
    return Arrays.stream(chain).filter(WatchedTrust::isExpired).findFirst();
  }

  static boolean isExpired(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant().isBefore(Instant.now());
  }

  /** The hosts that a certificate names, for people. */
  static String hosts(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names != null && !names.isEmpty()) {
        return "it names "
            + names.stream()
                .limit(MAX_NAMES)
                .map(name -> TlsText.bounded(String.valueOf(name.get(1))))
                .collect(Collectors.joining(", "));
      }
    } catch (CertificateParsingException e) {
      return "its names cannot be read";
    }
    return "it names no host";
  }
}
