package io.tenure.cli.doctor;

import io.tenure.internal.tls.TlsSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;
import org.apache.zookeeper.common.X509Exception;

/**
 * One of ZooKeeper's words of four letters, and the server's answer. ZooKeeper's own sender waits
 * without limit for a handshake, and for an answer that comes by single bytes, and does not look
 * whether the certificate names the host.
 *
 * <p>Blocks for no longer than the limit, and a name look-up. Confined to one thread.
 */
final class FourLetterWord {

  /** Far more than {@code mntr} of the largest server. */
  private static final int MAX_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 8_192;

  private final InetSocketAddress server;
  private final ZKClientConfig config;
  private final long deadlineNanos;
  private final Duration limit;

  private FourLetterWord(InetSocketAddress server, ZKClientConfig config, Duration limit) {
    this.server = server;
    this.config = config;
    this.limit = limit;
    this.deadlineNanos = System.nanoTime() + limit.toNanos();
  }

  /**
   * Asks a server, with TLS if the client has it.
   *
   * @throws SocketTimeoutException if the whole answer is not there within the limit
   */
  static String ask(InetSocketAddress server, String word, ZKClientConfig config, Duration limit)
      throws IOException, X509Exception.SSLContextException {
    return new FourLetterWord(server, config, limit).answer(word);
  }

  private String answer(String word) throws IOException, X509Exception.SSLContextException {
    try (Socket plain = new Socket()) {
      plain.connect(server, remainingMillis());
      plain.setTcpNoDelay(true);
      if (!config.getBoolean(ZKClientConfig.SECURE_CLIENT)) {
        return answer(plain, plain, word);
      }
      try (SSLSocket tls = secured(plain)) {
        tls.startHandshake();
        return answer(plain, tls, word);
      }
    }
  }

  private SSLSocket secured(Socket plain) throws IOException, X509Exception.SSLContextException {
    try (ClientX509Util util = new ClientX509Util()) {
      SSLSocket tls =
          (SSLSocket)
              util.createSSLContext(config)
                  .getSocketFactory()
                  .createSocket(plain, server.getHostString(), server.getPort(), false);
      if (TlsSettings.of(config).verifiesHost()) {
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        tls.setSSLParameters(parameters);
      }
      plain.setSoTimeout(remainingMillis());
      return tls;
    }
  }

  /** The limit is set on the socket below TLS, before each reading. */
  private String answer(Socket plain, Socket through, String word) throws IOException {
    through.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
    through.getOutputStream().flush();
    InputStream in = through.getInputStream();
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    while (answer.size() < MAX_BYTES) {
      plain.setSoTimeout(remainingMillis());
      int read = in.read(buffer);
      if (read < 0) {
        break;
      }
      answer.write(buffer, 0, read);
    }
    return answer.toString(StandardCharsets.UTF_8);
  }

  private int remainingMillis() throws SocketTimeoutException {
    long millis = Duration.ofNanos(deadlineNanos - System.nanoTime()).toMillis();
    if (millis <= 0) {
      throw new SocketTimeoutException("no whole answer within " + Words.time(limit));
    }
    return (int) Math.min(Integer.MAX_VALUE, millis);
  }
}
