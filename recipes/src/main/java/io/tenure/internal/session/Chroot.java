package io.tenure.internal.session;

import io.tenure.scope.TenureException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;

/**
 * The chroot of a client's connection string, if there is one. Where no person has made it, the
 * servers answer each request with "no node", as they do for znodes that are merely absent.
 *
 * <p>Thread-safe. Blocks the caller for one request, until the chroot was seen once.
 */
public final class Chroot {

  private final CuratorFramework client;
  private volatile boolean seen;

  /** The chroot of a client, not looked at yet. */
  public Chroot(CuratorFramework client) {
    this.client = client;
  }

  /**
   * Makes sure that an absent znode is absent in a tree that exists.
   *
   * @param path the znode that was not there
   * @throws TenureException if the chroot does not exist
   */
  public void require(String path) throws InterruptedException {
    if (seen || client.getZookeeperClient().getCurrentConnectionString().indexOf('/') < 0) {
      return;
    }
    CuratorFramework top = client.usingNamespace(null);
    Code code =
        ServerErrors.code(
            ZnodeReader.await(
                    ZnodeReader.start(
                        client, call -> top.checkExists().inBackground(call).forPath("/")))
                .getResultCode());
    if (code == Code.NONODE) {
      throw ServerErrors.noChroot(client, path, "read");
    }
    seen = code == Code.OK;
  }
}
