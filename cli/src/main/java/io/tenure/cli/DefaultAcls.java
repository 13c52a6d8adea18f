package io.tenure.cli;

import java.util.List;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.data.ACL;

/**
 * For commands that only read, or name the permissions of what they create themselves. So Curator
 * does not make the client's namespace on its own, where its name is misspelled for example.
 * Stateless.
 */
final class DefaultAcls implements ACLProvider {

  @Override
  public List<ACL> getDefaultAcl() {
    throw new IllegalStateException("a command that reads creates no znode");
  }

  @Override
  public List<ACL> getAclForPath(String path) {
    throw new IllegalStateException("a command that reads creates no znode " + path);
  }
}
