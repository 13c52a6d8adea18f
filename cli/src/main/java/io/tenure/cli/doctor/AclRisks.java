package io.tenure.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;

/** What is risky about an ACL. */
interface AclRisks {

  /** Who could rewrite history, or take or end an office. */
  AclRisks RULES = AclRisks::ofPath;

  /**
   * One sentence for each risk.
   *
   * @param path the znode's
   * @param acls as the server tells them
   */
  List<String> risks(String path, List<ACL> acls);

  private static List<String> ofPath(String path, List<ACL> acls) {
    boolean trail = path.endsWith("/audit");
    List<String> risks = new ArrayList<>();
    for (ACL acl : acls) {
      boolean world = acl.getId().equals(Ids.ANYONE_ID_UNSAFE);
      String who = acl.getId().getScheme() + ":" + acl.getId().getId().replaceAll(":.*", "");
      int perms = acl.getPerms();
      if (trail && (perms & Perms.CREATE) != 0 && (perms & Perms.DELETE) != 0) {
        risks.add(who + " may add entries to " + path + " and delete them");
      } else if (world && (perms & (Perms.WRITE | Perms.CREATE | Perms.DELETE)) != 0) {
        risks.add(who + " may change " + path);
      }
      if (world && (perms & Perms.ADMIN) != 0) {
        risks.add(who + " may change the ACL of " + path);
      }
    }
    return risks;
  }
}
