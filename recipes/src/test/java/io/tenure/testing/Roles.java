package io.tenure.testing;

import io.tenure.audit.AppendOnlyAcl;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/** Clients with the credentials of the roles of {@link AppendOnlyAcl}, which they all use. */
public final class Roles {

  private final ZooKeeperFixture zk;
  private final AppendOnlyAcl scheme =
      AppendOnlyAcl.builder()
          .workers(id("worker"))
          .operators(id("operator"))
          .archivers(id("archiver"))
          .readers(id("reader"))
          .admin(id("admin"))
          .build();

  public Roles(ZooKeeperFixture zk) {
    this.zk = zk;
  }

  private static Id id(String role) {
    try {
      return new Id("digest", DigestAuthenticationProvider.generateDigest(role + ":secret"));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The scheme. */
  public AppendOnlyAcl scheme() {
    return scheme;
  }

  /** A started client of its own with a role's credentials, in a namespace or none. */
  public CuratorFramework client(String role, String namespace) {
    CuratorFramework client = builder(role).namespace(namespace).build();
    client.start();
    return zk.closeLater(client);
  }

  /** A client to be built with a role's credentials. */
  public CuratorFrameworkFactory.Builder builder(String role) {
    return CuratorFrameworkFactory.builder()
        .connectString(zk.server().getConnectString())
        .sessionTimeoutMs((int) ZooKeeperFixture.SESSION_TIMEOUT.toMillis())
        .connectionTimeoutMs(1000)
        .retryPolicy(new RetryNTimes(3, 50))
        .authorization("digest", (role + ":secret").getBytes(StandardCharsets.UTF_8))
        .aclProvider(scheme);
  }

  /** A started client of its own. */
  public CuratorFramework worker() {
    return client("worker", "");
  }

  /** A started client of its own. */
  public CuratorFramework operator() {
    return client("operator", "");
  }

  /** A started client of its own. */
  public CuratorFramework archiver() {
    return client("archiver", "");
  }

  /** A started client of its own. */
  public CuratorFramework reader() {
    return client("reader", "");
  }

  /** A started client of its own. */
  public CuratorFramework admin() {
    return client("admin", "");
  }
}
