package io.tenure.cli.doctor;

import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.scope.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * Which ids may stand for a group's coordinator, and whether a running worker has one of them. A
 * worker stands by creating a znode in the queue of the coordinator's scope; and it may write its
 * own registration, whose ACL so names its ids. A server hides digests, but not users, from clients
 * without {@code admin}.
 *
 * <p>Stateless.
 */
final class CoordinatorRoles {

  private CoordinatorRoles() {}

  /**
   * The ids that may coordinate, where no running worker has one of them; empty where a worker has,
   * or where the ACLs do not tell.
   */
  static Optional<Set<String>> heldByNoWorker(Context context, GroupFacts group)
      throws InterruptedException {
    ScopeFacts coordinator = group.coordinator();
    List<String> paths = new ArrayList<>();
    paths.add(
        coordinator.latch().found().isPresent()
            ? coordinator.scope().latchPath()
            : coordinator.path());
    group.workers().forEach(worker -> paths.add(worker.read().path()));
    List<Read<List<ACL>>> acls = new Stats(context.client()).acls(paths);
    if (acls.stream().anyMatch(Read::denied) || acls.get(0).found().isEmpty()) {
      return Optional.empty();
    }
    Set<String> may = ids(acls.get(0), Perms.CREATE);
    if (may.contains(shown(Ids.ANYONE_ID_UNSAFE))) {
      return Optional.empty();
    }
    for (Read<List<ACL>> registration : acls.subList(1, acls.size())) {
      Set<String> worker = ids(registration, Perms.WRITE);
      if (worker.contains(shown(Ids.ANYONE_ID_UNSAFE)) || worker.stream().anyMatch(may::contains)) {
        return Optional.empty();
      }
    }
    return Optional.of(may);
  }

  private static Set<String> ids(Read<List<ACL>> read, int permission) {
    Set<String> ids = new TreeSet<>();
    for (ACL acl : read.found().orElse(List.of())) {
      if ((acl.getPerms() & permission) != 0) {
        ids.add(shown(acl.getId()));
      }
    }
    return ids;
  }

  /** Without the digest, which some clients see and others do not. */
  private static String shown(Id id) {
    int colon = id.getId().indexOf(':');
    boolean digest = id.getScheme().equals("digest") && colon >= 0;
    String name = digest ? id.getId().substring(0, colon) : id.getId();
    return id.getScheme() + ":" + Printable.of(name);
  }
}
