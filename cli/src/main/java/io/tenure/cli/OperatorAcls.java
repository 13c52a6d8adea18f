package io.tenure.cli;

import io.tenure.scope.CoordinationException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * Gives what an operator creates in a group the permissions that its services have given what
 * stands beside it: the command does not know their scheme. A directive is as open as the parent of
 * the directives, an entry of the audit trail may be read by whoever may read the trail, and
 * changed by nobody, unless the group is open to everybody anyway.
 *
 * <p>Thread-safe.
 */
final class OperatorAcls implements ACLProvider {

  private final Map<String, List<ACL>> byParent = new ConcurrentHashMap<>();

  /** Reads what the group has. */
  void like(CuratorFramework client, Target.OfGroup group) throws InterruptedException {
    for (String parent :
        List.of(group.path(), group.path() + "/directives", group.path() + "/audit")) {
      try {
        List<ACL> acls = client.getACL().forPath(parent);
        boolean entries = parent.endsWith("/audit") && !isOpen(acls);
        List<ACL> given = entries ? readOnly(acls) : acls;
        // Whether it asks with or without the namespace is Curator's business.
        byParent.put(parent, given);
        byParent.put(absolute(client, parent), given);
      } catch (InterruptedException e) {
        throw e;
      } catch (KeeperException.NoNodeException | KeeperException.NoAuthException e) {
        // Nothing to go by: what is created there is as open as ZooKeeper makes it.
      } catch (Exception e) {
        throw new CoordinationException(parent + " cannot be read: " + e.getMessage(), e);
      }
    }
  }

  private static String absolute(CuratorFramework client, String path) {
    String namespace = client.getNamespace();
    return namespace == null || namespace.isEmpty() ? path : "/" + namespace + path;
  }

  private static boolean isOpen(List<ACL> acls) {
    return acls.stream()
        .anyMatch(
            acl ->
                acl.getId().equals(ZooDefs.Ids.ANYONE_ID_UNSAFE)
                    && acl.getPerms() == ZooDefs.Perms.ALL);
  }

  private static List<ACL> readOnly(List<ACL> acls) {
    return acls.stream()
        .filter(acl -> (acl.getPerms() & ZooDefs.Perms.READ) != 0)
        .map(
            acl ->
                new ACL(ZooDefs.Perms.READ, new Id(acl.getId().getScheme(), acl.getId().getId())))
        .distinct()
        .toList();
  }

  @Override
  public List<ACL> getDefaultAcl() {
    return ZooDefs.Ids.OPEN_ACL_UNSAFE;
  }

  @Override
  public List<ACL> getAclForPath(String path) {
    String parent = path.substring(0, Math.max(1, path.lastIndexOf('/')));
    return byParent.getOrDefault(parent, getDefaultAcl());
  }
}
