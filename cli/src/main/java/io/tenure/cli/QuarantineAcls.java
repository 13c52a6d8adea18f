package io.tenure.cli;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.internal.session.ServerErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * Who may do what with what is moved out of a trail: what the scheme says that the command was
 * told. Without one, beside a trail that is open to everybody it is as open. Beside any other it is
 * read by whoever moved it, and by those readers of the trail whose names the server shows; it does
 * not show those that are digests. Nobody changes it.
 *
 * <p>Thread-safe.
 */
final class QuarantineAcls implements ACLProvider {

  private static final String QUARANTINE = "/quarantine";
  private static final Id WHOEVER_MOVES = new Id("auth", "");

  private final Optional<AppendOnlyAcl> told;
  private final Map<String, List<ACL>> byTrail = new ConcurrentHashMap<>();

  /**
   * The permissions of what is created.
   *
   * @param told the services' scheme
   */
  QuarantineAcls(Optional<AppendOnlyAcl> told) {
    this.told = told;
  }

  /** Reads what a trail has. */
  void like(CuratorFramework client, String trail) throws InterruptedException {
    String audit = trail + "/audit";
    try {
      List<ACL> acls = client.getACL().forPath(audit);
      String namespace = client.getNamespace();
      byTrail.put(trail, acls);
      byTrail.put(namespace == null || namespace.isEmpty() ? trail : "/" + namespace + trail, acls);
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException e) {
      // Then nothing is there to be moved.
    } catch (Exception e) {
      throw ServerErrors.failed(e, audit, "read");
    }
  }

  @Override
  public List<ACL> getDefaultAcl() {
    return List.of(new ACL(Perms.READ, WHOEVER_MOVES));
  }

  @Override
  public List<ACL> getAclForPath(String path) {
    return told.map(scheme -> scheme.getAclForPath(path)).orElseGet(() -> likeTheTrail(path));
  }

  private List<ACL> likeTheTrail(String path) {
    int end = path.lastIndexOf(QUARANTINE);
    List<ACL> trail = byTrail.get(path.substring(0, Math.max(0, end)));
    if (trail == null) {
      return getDefaultAcl();
    }
    boolean open =
        trail.stream()
            .anyMatch(
                acl -> acl.getId().equals(Ids.ANYONE_ID_UNSAFE) && acl.getPerms() == Perms.ALL);
    if (open) {
      return Ids.OPEN_ACL_UNSAFE;
    }
    boolean parent = path.endsWith(QUARANTINE);
    List<ACL> acls = new ArrayList<>();
    acls.add(new ACL(parent ? Perms.READ | Perms.CREATE : Perms.READ, WHOEVER_MOVES));
    for (ACL acl : trail) {
      if ((acl.getPerms() & Perms.READ) != 0 && !acl.getId().getScheme().equals("digest")) {
        acls.add(new ACL(Perms.READ, acl.getId()));
      }
    }
    return acls;
  }
}
