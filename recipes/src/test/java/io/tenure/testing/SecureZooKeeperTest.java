package io.tenure.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.data.ClientInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The server for tests of TLS and logins knows its users. */
@Timeout(60)
class SecureZooKeeperTest {

  @RegisterExtension static final SecureZooKeeper zk = SecureZooKeeper.withClientCertificates();

  private static List<String> identities(Access access) throws Exception {
    CuratorFramework client = zk.client(access);
    client.blockUntilConnected();
    client.checkExists().forPath("/"); // After a login of SASL, which comes behind the connection.
    return client.getZookeeperClient().getZooKeeper().whoAmI().stream()
        .map(SecureZooKeeperTest::text)
        .toList();
  }

  private static String text(ClientInfo info) {
    return info.getAuthScheme() + ":" + info.getUser();
  }

  @Test
  void theServerKnowsWhoHasACertificateLogsInWithSaslOrGivesADigest() throws Exception {
    assertThat(identities(zk.x509("worker"))).contains("x509:CN=worker");
    assertThat(identities(zk.sasl("operator"))).contains("sasl:operator");
    assertThat(identities(zk.digest("reader"))).contains("digest:reader");
    assertThat(identities(zk.plain())).allMatch(id -> id.startsWith("ip:"));
  }
}
