package io.tenure.internal.tls;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** How a server answers the beginning of a handshake; nothing else is said to it. */
enum TlsGreeting {
  /** It answers with TLS. */
  TLS,
  /** It closes the connection, or answers otherwise. */
  PLAIN,
  /** It takes no connection, or is silent. */
  UNKNOWN;

  private static final int CONNECT_MILLIS = 500;

  /** Blocks for some seconds at most. */
  static TlsGreeting of(InetSocketAddress server, int answerMillis) {
    Curious curious = new Curious();
    try (Socket plain = new Socket()) {
      plain.connect(
          new InetSocketAddress(server.getHostString(), server.getPort()), CONNECT_MILLIS);
      plain.setSoTimeout(answerMillis);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {curious}, null);
      try (SSLSocket tls =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(plain, server.getHostString(), server.getPort(), false)) {
        tls.startHandshake();
        return TLS;
      } catch (SSLHandshakeException e) {
        boolean alert = String.valueOf(e.getMessage()).contains("fatal alert");
        return curious.presented || alert ? TLS : PLAIN;
      } catch (SocketTimeoutException e) {
        return UNKNOWN;
      } catch (IOException e) {
        return PLAIN;
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      return UNKNOWN;
    }
  }

  /** Trusts no certificate, so that the handshake ends there, and sees whether one came. */
  private static final class Curious implements X509TrustManager {
    private boolean presented;

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      presented = true;
      throw new CertificateException("it was only asked whether there is one");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("it serves nobody");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
