package io.tenure.benchmarks.sharding;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class ZooKeeperProcessTest {

  /** What its start is prepared for: it asks again. Any other exception would end it. */
  @Test
  void aServerThatTakesTheCallAndDoesNotAnswerIsAnIoException() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> ZooKeeperProcess.zxid(silent.getLocalPort(), 50))
          .isInstanceOf(IOException.class);
    }
  }
}
