package io.tenure.internal.tls;

import io.tenure.internal.tls.TlsProblem.Kind;
import io.tenure.internal.tls.TlsSettings.Store;
import io.tenure.internal.tls.TlsStores.Own;
import io.tenure.internal.tls.TlsStores.Trusted;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/**
 * One handshake with one server, and its outcome. Nothing is sent but TLS; inside of it, when the
 * handshake is through, ZooKeeper's {@code srvr}, because a server refuses a client's certificate
 * only after the client's own part of the handshake.
 *
 * <p>Blocks for some seconds at most. Confined to one thread.
 */
final class TlsHandshake {

  private static final int CONNECT_MILLIS = 500;

  private static final String ALERT = "fatal alert: ";

  /**
   * The outcome. Immutable.
   *
   * @param reached whether the server answers at all
   * @param problem why no TLS was possible; empty if it was, or if the server is not reached
   */
  record Outcome(boolean reached, Optional<TlsProblem> problem) {

    static final Outcome FINE = new Outcome(true, Optional.empty());
    static final Outcome NOT_REACHED = new Outcome(false, Optional.empty());

    static Outcome of(Kind kind, String sentence) {
      return new Outcome(true, Optional.of(new TlsProblem(kind, sentence)));
    }
  }

  private final TlsSettings settings;
  private final Own own;
  private final Trusted trusted;
  private final String server;
  private final int port;
  private final String where;
  private final int answerMillis;
  private final WatchedKeys keys;
  private final WatchedTrust trust;

  TlsHandshake(
      TlsSettings settings, Own own, Trusted trusted, InetSocketAddress address, int answerMillis) {
    this.answerMillis = answerMillis;
    this.settings = settings;
    this.own = own;
    this.trusted = trusted;
    this.server = address.getHostString();
    this.port = address.getPort();
    this.where = TlsText.where(address);
    this.keys = new WatchedKeys(own.manager());
    this.trust = new WatchedTrust(trusted.manager());
  }

  Outcome outcome() {
    try (Socket plain = new Socket()) {
      try {
        plain.connect(new InetSocketAddress(server, port), CONNECT_MILLIS);
      } catch (IOException e) {
        return Outcome.NOT_REACHED;
      }
      plain.setSoTimeout(answerMillis);
      return over(plain);
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      return Outcome.of(
          Kind.CONFIGURATION, where + TlsText.bounded(String.valueOf(e.getMessage())));
    }
  }

  private Outcome over(Socket plain) throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {keys}, new TrustManager[] {trust}, null);
    try (SSLSocket tls =
        (SSLSocket) context.getSocketFactory().createSocket(plain, server, port, false)) {
      Optional<TlsProblem> unknown = configure(tls);
      if (unknown.isPresent()) {
        return new Outcome(true, unknown);
      }
      return shaken(tls);
    }
  }

  private Optional<TlsProblem> configure(SSLSocket tls) {
    SSLParameters parameters = tls.getSSLParameters();
    if (settings.verifiesHost()) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    try {
      if (!settings.protocols().isEmpty()) {
        parameters.setProtocols(settings.protocols().toArray(String[]::new));
      }
      if (!settings.ciphers().isEmpty()) {
        parameters.setCipherSuites(settings.ciphers().toArray(String[]::new));
      }
      tls.setSSLParameters(parameters);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(
          new TlsProblem(
              Kind.CONFIGURATION,
              "zookeeper.ssl.protocol, zookeeper.ssl.enabledProtocols or zookeeper.ssl.ciphersuites"
                  + " names what this JVM does not know: "
                  + TlsText.bounded(String.valueOf(e.getMessage()))));
    }
  }

  private Outcome shaken(SSLSocket tls) throws IOException {
    try {
      tls.startHandshake();
    } catch (SocketTimeoutException e) {
      return Outcome.NOT_REACHED; // It may be slow: no answer says nothing of TLS.
    } catch (IOException e) {
      return failed(e);
    }
    return answered(tls);
  }

  /** Behind the client's part of the handshake, the server judges the client. */
  private Outcome answered(SSLSocket tls) {
    String how = "it closes the connection after the handshake";
    try {
      tls.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      tls.getOutputStream().flush();
      if (tls.getInputStream().read() >= 0) {
        return Outcome.FINE;
      }
    } catch (SocketTimeoutException e) {
      return Outcome.FINE;
    } catch (IOException e) {
      how = alert(e).map(alert -> "alert " + alert).orElse(how);
    }
    return keys.wereAskedFor() ? clientRefused(how) : Outcome.FINE;
  }

  /** The handshake came to nothing: by the client's own judgment, or by the server's. */
  private Outcome failed(IOException e) {
    if (trust.refusal().isPresent()) {
      return Outcome.of(Kind.CONNECTION, where + serverRefused(trust.refusal().get()));
    }
    Optional<String> alert = alert(e);
    String text = String.valueOf(e.getMessage());
    if (isProtocol(text)) {
      return Outcome.of(
          Kind.CONNECTION,
          where
              + "client and server have no protocol or cipher in common ("
              + alert.orElse(TlsText.bounded(text))
              + "); the client offers "
              + (settings.protocols().isEmpty()
                  ? "the JVM's newest protocol"
                  : String.join(", ", settings.protocols()))
              + ": set zookeeper.ssl.enabledProtocols, and zookeeper.ssl.ciphersuites, to what the"
              + " server has");
    }
    if (alert.isPresent() || keys.wereAskedFor()) {
      return clientRefused(
          alert.map(name -> "alert " + name).orElse("it closes the connection in the handshake"));
    }
    return Outcome.of(Kind.CONNECTION, where + TlsText.NO_TLS);
  }

  /** The name of the alert that the server has sent, which JSSE tells in a message alone. */
  private static Optional<String> alert(Throwable thrown) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      String text = String.valueOf(e.getMessage());
      int at = text.indexOf(ALERT);
      if (at >= 0) {
        return Optional.of(TlsText.bounded(text.substring(at + ALERT.length())));
      }
    }
    return Optional.empty();
  }

  private static boolean isProtocol(String text) {
    return text.contains("protocol_version")
        || text.contains("handshake_failure")
        || text.contains("insufficient_security")
        || text.contains("No appropriate protocol") // The JVM itself has switched them off.
        || text.contains("protocol version");
  }

  private String serverRefused(WatchedTrust.Refusal refusal) {
    X509Certificate certificate = refusal.chain()[0];
    String named = "the server's certificate " + TlsText.subject(certificate);
    CertificateException why = refusal.cause();
    if (refusal.ofHost()) {
      return named
          + " does not name the host "
          + TlsText.bounded(server)
          + " ("
          + WatchedTrust.hosts(certificate)
          + "): connect by a name that it has, or give the server a certificate for that host"
          + " (zookeeper.ssl.hostnameVerification=false gives up the protection)";
    }
    for (Throwable e = why; e != null; e = e.getCause()) {
      if (e instanceof CertificateExpiredException) {
        X509Certificate expired = WatchedTrust.expired(refusal.chain()).orElse(certificate);
        return (expired.equals(certificate) ? named : named + " is issued by one that")
            + " expired at "
            + expired.getNotAfter().toInstant()
            + ": give the server a new one";
      } else if (e instanceof CertificateNotYetValidException) {
        return named
            + " is valid from "
            + certificate.getNotBefore().toInstant()
            + " on only: check the clocks of both machines";
      }
    }
    return named
        + " is issued by "
        + TlsText.issuer(certificate)
        + ", which is not trusted: "
        + settings
            .trustStore()
            .map(
                store ->
                    TlsStores.named(store)
                        + " trusts "
                        + TlsText.subjects(trusted.authorities())
                        + "; import the servers' authority there (keytool -importcert), or check"
                        + " that these are the servers that are meant")
            .orElse(
                "zookeeper.ssl.trustStore.location names no store, so only the JVM's public"
                    + " authorities are; name a store with the servers' authority");
  }

  private Outcome clientRefused(String how) {
    return Outcome.of(Kind.REFUSED, where + clientRefusal(how));
  }

  private String clientRefusal(String how) {
    Optional<Store> store = settings.keyStore();
    Optional<X509Certificate> sent = keys.sent();
    if (store.isEmpty()) {
      return keys.wereAskedFor()
          ? "the server wants a certificate of the client, and there is none ("
              + how
              + "): name a store with the client's key in zookeeper.ssl.keyStore.location and"
              + " zookeeper.ssl.keyStore.password"
          : "the server refuses the handshake (" + how + "): its log has the cause";
    }
    X509Certificate certificate = sent.orElse(own.certificates().get(0));
    String named =
        "the client's certificate "
            + TlsText.subject(certificate)
            + " in "
            + TlsStores.named(store.get());
    if (WatchedTrust.isExpired(certificate)) {
      return named
          + " expired at "
          + certificate.getNotAfter().toInstant()
          + ", and the server refuses it ("
          + how
          + "): get a new one";
    } else if (sent.isEmpty()) {
      return named
          + " is issued by "
          + TlsText.issuer(certificate)
          + ", and the server takes only those of "
          + keys.wanted()
          + ": use a certificate of that authority, or add the issuer to the server's trust store";
    }
    return named
        + ", issued by "
        + TlsText.issuer(certificate)
        + ", is refused by the server ("
        + how
        + "): its trust store has to know the issuer; its log has the cause";
  }
}
