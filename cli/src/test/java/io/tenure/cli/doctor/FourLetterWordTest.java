package io.tenure.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.testing.Access;
import io.tenure.testing.Certificates.Validity;
import io.tenure.testing.SecureZooKeeper;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server's answer comes within a limit and from the host that is meant, or not at all. */
@Timeout(60)
class FourLetterWordTest {

  private static final Duration LONG = Duration.ofSeconds(40);
  private static final Duration SHORT = Duration.ofMillis(300);

  @RegisterExtension
  static final SecureZooKeeper zk =
      SecureZooKeeper.with(Map.of(), authority -> authority.issueForLoopback(Validity.NOW));

  @RegisterExtension
  static final SecureZooKeeper elsewhere =
      SecureZooKeeper.with(Map.of(), authority -> authority.issueForHost("zk.example.com"));

  private static String ask(Access access, Duration limit) throws Exception {
    InetSocketAddress server =
        new ConnectStringParser(access.connect()).getServerAddresses().get(0);
    return FourLetterWord.ask(
        new InetSocketAddress(server.getHostString(), server.getPort()),
        "srvr",
        access.clientConfig(),
        limit);
  }

  @Test
  void serversAnswerWithTlsAndWithout() throws Exception {
    assertThat(ask(zk.tls(), LONG)).contains("Mode: standalone");
    assertThat(ask(zk.plain(), LONG)).contains("Mode: standalone");
  }

  @Test
  void aServerWhoseCertificateNamesAnotherHostIsNotAsked() throws Exception {
    assertThatThrownBy(() -> ask(elsewhere.tls(), LONG)).isInstanceOf(SSLException.class);
    assertThat(ask(elsewhere.tls().with("zookeeper.ssl.hostnameVerification", "false"), LONG))
        .contains("Mode: standalone");
  }

  @Test
  void aServerThatTakesConnectionsAndSaysNothingCostsTheLimitAlone() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      for (ZKClientConfig config :
          new ZKClientConfig[] {zk.tls().clientConfig(), zk.plain().clientConfig()}) {
        assertThatThrownBy(
                () ->
                    FourLetterWord.ask(
                        new InetSocketAddress("localhost", silent.getLocalPort()),
                        "srvr",
                        config,
                        SHORT))
            .isInstanceOf(SocketTimeoutException.class);
      }
    }
  }

  @Test
  void aServerThatAnswersByteByByteCostsTheLimitAlone() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (ServerSocket slow = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread serving = new Thread(() -> trickle(slow, over));
      serving.start();
      assertThatThrownBy(
              () ->
                  FourLetterWord.ask(
                      new InetSocketAddress("localhost", slow.getLocalPort()),
                      "srvr",
                      zk.plain().clientConfig(),
                      SHORT))
          .isInstanceOf(SocketTimeoutException.class);
      over.countDown();
      serving.join();
    }
  }

  /** One byte each hundredth of a second, until the other side has gone. */
  private static void trickle(ServerSocket server, CountDownLatch over) {
    try (Socket connection = server.accept();
        InputStream in = connection.getInputStream()) {
      assertThat(in.readNBytes(4)).hasSize(4);
      while (!over.await(10, TimeUnit.MILLISECONDS)) {
        connection.getOutputStream().write('x');
      }
    } catch (IOException e) {
      // The other side has given up, as it is to do.
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
