package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reading many trails at once, some of which cannot be read. */
@Timeout(60)
class AuditTrailsOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void whatCannotBeReadIsListedAndHidesNothingElse() throws Exception {
    CuratorFramework client = zk.client();
    for (String scope : List.of("/g/sound", "/g/corrupt", "/g/newer", "/g/denied", "/g/hidden")) {
      new TrailWriter(client, scope).tenures(2);
    }
    String corrupt = "/g/corrupt/audit/0000000002-resigned-w-1";
    client.setData().forPath(corrupt, "{".getBytes());
    String newer = "/g/newer/audit/0000000003-elected-w-1";
    client
        .setData()
        .forPath(
            newer,
            new String(client.getData().forPath(newer), StandardCharsets.UTF_8)
                .replace("\"format\":1", "\"format\":2")
                .getBytes());
    List<ACL> nobody = List.of(new ACL(Perms.READ, new Id("ip", "10.255.255.1")));
    client.setACL().withACL(nobody).forPath("/g/denied/audit");
    client.setACL().withACL(nobody).forPath("/g/denied");
    client.setACL().withACL(nobody).forPath("/g/hidden/audit/0000000001-elected-w-1");

    List<AuditTrail> trails =
        AuditTrails.read(
            client,
            List.of("/g/sound", "/g/corrupt", "/g/newer", "/g/denied", "/g/hidden", "/g/none"));

    assertThat(trails)
        .extracting(trail -> trail.entries().size())
        .containsExactly(4, 3, 3, 0, 3, 0);
    assertThat(trails.get(0).unreadable()).isEmpty();
    assertUnreadable(trails.get(1), corrupt, "is no JSON object");
    assertUnreadable(trails.get(2), newer, "has format 2");
    assertThat(trails.get(3).unreadable())
        .extracting(AuditTrail.Unreadable::path)
        .containsExactly("/g/denied/audit", "/g/denied");
    assertThat(trails.get(3).exists()).isTrue();
    assertUnreadable(
        trails.get(4), "/g/hidden/audit/0000000001-elected-w-1", "the server denies read");
    assertThat(trails.get(5).exists()).isFalse();
    assertThat(trails).extracting(AuditTrail::next).containsExactly(5L, 5L, 5L, 0L, 5L, 0L);
  }

  private static void assertUnreadable(AuditTrail trail, String path, String problem) {
    assertThat(trail.unreadable())
        .singleElement()
        .satisfies(
            node -> {
              assertThat(node.path()).isEqualTo(path);
              assertThat(node.problem()).contains(problem);
            });
  }
}
