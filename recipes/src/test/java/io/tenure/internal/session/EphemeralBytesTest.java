package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.LogLines;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.txn.CloseSessionTxn;
import org.junit.jupiter.api.Test;

class EphemeralBytesTest {

  private static int asTheServerWritesIt(List<String> paths) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new CloseSessionTxn(paths).serialize(BinaryOutputArchive.getArchive(out), "txn");
    return out.size();
  }

  @Test
  void aPathTakesWhatTheServerWritesForItInTheEndOfASession() throws Exception {
    int none = asTheServerWritesIt(List.of());
    String chroot = "/prod";
    for (String path : List.of("/orders/shards/17/leader", "/zürich/中/leader")) {
      int root = "/prod".length() + "/app".length();
      assertThat(EphemeralBytes.of(root, path))
          .isEqualTo(asTheServerWritesIt(List.of(chroot + "/app" + path)) - none);
    }
  }

  @Test
  void chrootAndNamespaceOfTheClientCount() {
    try (CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString("127.0.0.1:1,127.0.0.1:2/prod/eu")
            .namespace("app")
            .retryPolicy(new RetryOneTime(1))
            .build()) {
      assertThat(EphemeralBytes.rootBytes(client)).isEqualTo("/prod/eu/app".length());
      assertThat(EphemeralBytes.of(client, "/a"))
          .isEqualTo(EphemeralBytes.of("/prod/eu/app".length(), "/a"));
    }
    try (CuratorFramework plain =
        CuratorFrameworkFactory.newClient("127.0.0.1:1", new RetryOneTime(1))) {
      assertThat(EphemeralBytes.rootBytes(plain)).isZero();
    }
  }

  @Test
  void electionsThatComeToHalfOfWhatServersCanReadAreSaidOnce() {
    EphemeralTally tally = new EphemeralTally();
    try (LogLines log = LogLines.of(EphemeralTally.class.getName())) {
      tally.add(EphemeralBytes.DEFAULT_BOUND);
      assertThat(log.warnings()).isEmpty();
      tally.add(1);
      assertThat(log.warnings()).hasSize(1);
      tally.add(-1);
      tally.add(1);
      assertThat(log.warnings()).singleElement().asString().contains("ZOOKEEPER-4306");
    }
    assertThat(tally.bytes()).isEqualTo(EphemeralBytes.DEFAULT_BOUND + 1);
  }
}
