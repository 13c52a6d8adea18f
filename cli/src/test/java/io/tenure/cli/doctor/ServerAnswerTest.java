package io.tenure.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.cli.doctor.ServerAnswer.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.zookeeper.client.ZKClientConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is made of answers that servers of other versions and with other settings give. */
@Timeout(60)
class ServerAnswerTest {

  private final ExecutorService answering = Executors.newSingleThreadExecutor();
  private ServerSocket port;

  @BeforeEach
  void listen() throws IOException {
    port = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    port.close();
    answering.shutdownNow();
  }

  /** Asks a port that gives this answer to every word of four letters. */
  private ServerAnswer asked(String answer) {
    answering.execute(
        () -> {
          while (!port.isClosed()) {
            try (Socket connection = port.accept()) {
              if (connection.getInputStream().readNBytes(4).length == 4) {
                connection.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
              }
            } catch (IOException e) {
              // The port was closed, or it was a connection that only tries the port.
              continue;
            }
          }
        });
    return ServerAnswer.ask(address(), new ZKClientConfig());
  }

  private InetSocketAddress address() {
    return new InetSocketAddress("127.0.0.1", port.getLocalPort());
  }

  @Test
  void theServerOfDebiansPackageIsUnderstood() {
    ServerAnswer answer =
        asked(
            """
            Zookeeper version: 3.8.0-${mvngit.commit.id}, built on 2022-12-21 20:44 UTC
            Latency min/avg/max: 0/1.25/17
            Received: 4
            Sent: 3
            Connections: 1
            Outstanding: 2
            Zxid: 0x2
            Mode: standalone
            Node count: 5
            """);
    assertThat(answer.state()).isEqualTo(State.SERVES);
    assertThat(answer.shortVersion()).isEqualTo("3.8.0");
    assertThat(answer.mode()).isEqualTo("standalone");
    assertThat(answer.outstanding()).isEqualTo(2);
    assertThat(answer.averageMillis()).isEqualTo(1.25);
    assertThat(answer.isAtLeast(3, 6)).isTrue();
    assertThat(answer.isAtLeast(3, 9)).isFalse();
    assertThat(answer.tickMillis()).isEmpty();
  }

  @Test
  void oneThatSeesNoQuorumIsNotTakenForDown() {
    assertThat(asked("This ZooKeeper instance is not currently serving requests\n").state())
        .isEqualTo(State.NO_QUORUM);
  }

  @Test
  void oneThatMayNotBeAskedIsSilentAndSaidToBe() {
    ServerAnswer answer = asked("srvr is not executed because it is not in the whitelist.\n");
    assertThat(answer.state()).isEqualTo(State.SILENT);
    assertThat(answer.problem()).contains("4lw.commands.whitelist");
  }

  @Test
  void whatIsNoZooKeeperIsSilent() {
    ServerAnswer answer = asked("HTTP/1.0 400 Bad Request\n");
    assertThat(answer.state()).isEqualTo(State.SILENT);
    assertThat(answer.problem()).contains("is no ZooKeeper");
  }

  @Test
  void aClosedPortIsDown() throws IOException {
    port.close();
    ServerAnswer answer = ServerAnswer.ask(address(), new ZKClientConfig());
    assertThat(answer.state()).isEqualTo(State.DOWN);
    assertThat(answer.problem()).isEqualTo("connection refused");
  }
}
