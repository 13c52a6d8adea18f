package io.tenure.testing;

import java.nio.charset.StandardCharsets;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/** Everything that a client can read below a path. Stateless. */
public final class WholeTree {

  private WholeTree() {}

  /** A line for each znode, its path and its data. Znodes that go meanwhile are left out. */
  public static String text(CuratorFramework client, String path) throws Exception {
    StringBuilder out = new StringBuilder();
    append(client, path, out);
    return out.toString();
  }

  private static void append(CuratorFramework client, String path, StringBuilder out)
      throws Exception {
    try {
      byte[] data = client.getData().forPath(path);
      out.append(path).append(' ');
      out.append(data == null ? "" : new String(data, StandardCharsets.UTF_8)).append('\n');
      for (String child : client.getChildren().forPath(path)) {
        append(client, path + "/" + child, out);
      }
    } catch (KeeperException.NoNodeException e) {
      out.append(path).append(" is gone\n");
    }
  }
}
