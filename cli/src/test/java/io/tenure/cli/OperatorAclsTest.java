package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.scope.PermissionDeniedException;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class OperatorAclsTest {

  private static final String GROUP = "/group";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  /** The server lets this operator create there, so it would not refuse an open znode. */
  @Test
  void whereAnOperatorMayCreateAndNotReadNothingIsMadeOpenToEverybody() throws Exception {
    String operator = "operator:secret";
    Id id = new Id("digest", DigestAuthenticationProvider.generateDigest(operator));
    CuratorFramework any = zk.client();
    any.create().forPath(GROUP);
    any.create().forPath(GROUP + "/audit");
    any.create().withACL(List.of(new ACL(Perms.CREATE, id))).forPath(GROUP + "/directives");
    CuratorFramework client =
        zk.closeLater(
            CuratorFrameworkFactory.builder()
                .connectString(zk.server().getConnectString())
                .retryPolicy(new RetryOneTime(100))
                .authorization("digest", operator.getBytes(StandardCharsets.UTF_8))
                .build());
    client.start();
    OperatorAcls acls = new OperatorAcls(Optional.empty(), Map.of());
    assertThatThrownBy(() -> acls.prepare(client, new Target.OfGroup(GROUP)))
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining(GROUP + "/directives");
    client.create().forPath(GROUP + "/directives/may-create");
    assertThat(any.checkExists().forPath(GROUP + "/directives/may-create")).isNotNull();
  }
}
