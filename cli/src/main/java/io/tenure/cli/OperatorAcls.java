package io.tenure.cli;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * Gives what an operator creates in a group the permissions that its services would give it: those
 * of the scheme that the command was told, else those of the parent, as the server shows them.
 *
 * <p>A server hides digests from clients without {@code admin}: it shows {@code digest:worker:x}. A
 * copy of that names an id that no credential has, and makes a znode that neither workers nor
 * operators can read. So where digests are hidden and no scheme was told, the change is refused
 * before anything is written; the same where parent and scheme do not name the same ids.
 *
 * <p>What is created below a parent that is open to all clients is as open, since services without
 * credentials could not read restricted children there. Nothing else is ever made open.
 *
 * <p>Thread-safe.
 */
final class OperatorAcls implements ACLProvider {

  /** A name that each trail could have, for the ACL of an entry. */
  private static final String AN_ENTRY = "/0000000001-drain-w";

  private static final String A_DIRECTIVE = "/drain-w";

  /** What the server shows in the place of a digest. */
  private static final String HIDDEN = "x";

  private final Optional<AppendOnlyAcl> told;
  private final Map<String, String> ownDigests;
  private final Map<String, List<ACL>> byParent = new ConcurrentHashMap<>();

  /**
   * The permissions of what is created.
   *
   * @param told the services' scheme
   * @param ownDigests of the users whose passwords the command has, by their names
   */
  OperatorAcls(Optional<AppendOnlyAcl> told, Map<String, String> ownDigests) {
    this.told = told;
    this.ownDigests = Map.copyOf(ownDigests);
  }

  /**
   * Finds out what is created with which permissions in a group, where that is known.
   *
   * @throws CommandException if it is not
   */
  void prepare(CuratorFramework client, Target.OfGroup group) throws InterruptedException {
    checkOwnDigests(client, group.path());
    prepare(client, group.path() + "/directives", A_DIRECTIVE);
    // Where an older version has made the group, the first change makes its trail.
    prepareEntries(client, group.path(), group.path() + "/audit");
  }

  /**
   * The same for what is moved out of a trail: those who may delete entries may put them there.
   *
   * @param owner the scope or group whose trail it is
   * @throws CommandException if it is not known
   */
  void prepareQuarantine(CuratorFramework client, String owner) throws InterruptedException {
    checkOwnDigests(client, owner);
    String trail = owner + "/audit";
    String aside = owner + "/quarantine";
    Optional<List<ACL>> found = acl(client, trail);
    if (found.isEmpty()) {
      return; // Nothing is there to be moved.
    }
    List<ACL> acl = found.get();
    if (isOpen(acl)) {
      put(client, owner, ZooDefs.Ids.OPEN_ACL_UNSAFE);
      put(client, aside, ZooDefs.Ids.OPEN_ACL_UNSAFE);
    } else if (told.isPresent()) {
      compare(trail, toldFor(client, trail), acl);
      put(client, owner, toldFor(client, aside));
      put(client, aside, toldFor(client, aside + AN_ENTRY));
    } else if (hides(acl)) {
      throw hidden(trail, acl);
    } else {
      put(client, owner, whereDeletedIsKept(acl));
      put(client, aside, readOnly(acl));
    }
  }

  /** The parent of what no role may change, which may have to be made as well. */
  private void prepareEntries(CuratorFramework client, String owner, String parent)
      throws InterruptedException {
    if (prepare(client, parent, AN_ENTRY)) {
      return;
    }
    Optional<List<ACL>> around = acl(client, owner);
    boolean open = around.isPresent() && isOpen(around.get());
    if (!open && told.isEmpty()) {
      throw unknown(parent, "does not exist yet, and the permissions of what is made are not told");
    }
    put(client, owner, open ? ZooDefs.Ids.OPEN_ACL_UNSAFE : toldFor(client, parent));
    put(client, parent, open ? ZooDefs.Ids.OPEN_ACL_UNSAFE : toldFor(client, parent + AN_ENTRY));
  }

  /** Finds out the permissions of the children of a znode; false if it does not exist. */
  private boolean prepare(CuratorFramework client, String parent, String child)
      throws InterruptedException {
    Optional<List<ACL>> found;
    try {
      found = acl(client, parent);
    } catch (PermissionDeniedException e) {
      if (told.isEmpty()) {
        throw e;
      }
      put(client, parent, toldFor(client, parent + child));
      return true;
    }
    if (found.isEmpty()) {
      return false;
    }
    List<ACL> acl = found.get();
    if (isOpen(acl)) {
      put(client, parent, ZooDefs.Ids.OPEN_ACL_UNSAFE);
    } else if (told.isPresent()) {
      compare(parent, told.get().getAclForPath(absolute(client, parent)), acl);
      put(client, parent, toldFor(client, parent + child));
    } else if (hides(acl)) {
      throw hidden(parent, acl);
    } else {
      put(client, parent, child.equals(AN_ENTRY) ? readOnly(acl) : acl);
    }
    return true;
  }

  private static CommandException hidden(String path, List<ACL> acl) {
    return unknown(
        path,
        "has an ACL whose digests the server hides from this client ("
            + String.join(", ", shown(acl))
            + ")");
  }

  private static CommandException unknown(String path, String why) {
    return new CommandException(
        ExitCode.REFUSED,
        path
            + " "
            + why
            + ", so that neither workers nor operators could use what is created there: give the"
            + " services' scheme with --acl-file, or its acl.* lines in the configuration file."
            + " Nothing was changed");
  }

  private List<ACL> toldFor(CuratorFramework client, String path) {
    return told.orElseThrow().getAclForPath(absolute(client, path));
  }

  /** Whether it asks with or without the namespace is Curator's business. */
  private void put(CuratorFramework client, String parent, List<ACL> given) {
    byParent.put(parent, given);
    byParent.put(absolute(client, parent), given);
  }

  private static String absolute(CuratorFramework client, String path) {
    String namespace = client.getNamespace();
    return namespace == null || namespace.isEmpty() ? path : "/" + namespace + path;
  }

  /** The ACL of a znode; empty if it does not exist. */
  private static Optional<List<ACL>> acl(CuratorFramework client, String path)
      throws InterruptedException {
    try {
      return Optional.of(client.getACL().forPath(path));
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException e) {
      return Optional.empty();
    } catch (KeeperException.NoAuthException e) {
      throw new PermissionDeniedException(
          "the server denies read on the ACL of "
              + path
              + ", which what is created there is to have: give --auth, or the services' scheme"
              + " with --acl-file. Nothing was changed",
          e);
    } catch (Exception e) {
      throw ServerErrors.failed(e, path, "read");
    }
  }

  // ---- what is told against what is found ----

  /** A digest that is told for a user of the command, and is not that of its password. */
  private void checkOwnDigests(CuratorFramework client, String group) {
    if (told.isEmpty()) {
      return;
    }
    for (ACL acl : toldFor(client, group + "/directives" + A_DIRECTIVE)) {
      Id id = acl.getId();
      String own = ownDigests.get(user(id));
      // Servers may be told another function, whose digests are longer.
      if (own != null
          && id.getScheme().equals("digest")
          && own.length() == id.getId().length()
          && !own.equals(id.getId())) {
        throw new CommandException(
            ExitCode.REFUSED,
            "the scheme of permissions has another digest for "
                + shown(id)
                + " than the password that this command was given: correct one of them. Nothing"
                + " was changed");
      }
    }
  }

  private static void compare(String path, List<ACL> told, List<ACL> found) {
    SortedSet<String> missing = new TreeSet<>(shown(told));
    SortedSet<String> unexpected = new TreeSet<>(shown(found));
    for (ACL one : told) {
      for (ACL other : found) {
        if (isSame(one.getId(), other.getId())) {
          missing.remove(shown(one.getId()));
          unexpected.remove(shown(other.getId()));
        }
      }
    }
    if (!missing.isEmpty() || !unexpected.isEmpty()) {
      throw new CommandException(
          ExitCode.REFUSED,
          path
              + " has another ACL than the scheme of permissions says"
              + listed("; the ACL lacks ", missing)
              + listed("; the scheme lacks ", unexpected)
              + ": correct the scheme, or setAcl where the scheme is newer. Nothing was changed");
    }
  }

  private static String listed(String before, SortedSet<String> ids) {
    return ids.isEmpty() ? "" : before + String.join(", ", ids);
  }

  private static boolean isSame(Id told, Id found) {
    return told.equals(found)
        || (told.getScheme().equals("digest")
            && found.getScheme().equals("digest")
            && found.getId().equals(user(told) + ":" + HIDDEN));
  }

  private static boolean hides(List<ACL> acls) {
    return acls.stream()
        .map(ACL::getId)
        .anyMatch(id -> id.getScheme().equals("digest") && id.getId().endsWith(":" + HIDDEN));
  }

  private static SortedSet<String> shown(List<ACL> acls) {
    SortedSet<String> ids = new TreeSet<>();
    acls.forEach(acl -> ids.add(shown(acl.getId())));
    return ids;
  }

  /** Without a digest. */
  private static String shown(Id id) {
    String name = id.getScheme().equals("digest") ? user(id) : id.getId();
    return Printable.of(id.getScheme() + ":" + name);
  }

  private static String user(Id id) {
    int colon = id.getId().indexOf(':');
    return colon < 0 ? id.getId() : id.getId().substring(0, colon);
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

  private static List<ACL> whereDeletedIsKept(List<ACL> trail) {
    List<ACL> acls = new ArrayList<>();
    for (ACL acl : trail) {
      int kept = acl.getPerms() & (ZooDefs.Perms.READ | ZooDefs.Perms.ADMIN);
      boolean deletes = (acl.getPerms() & ZooDefs.Perms.DELETE) != 0;
      int permissions = deletes ? kept | ZooDefs.Perms.CREATE : kept;
      if (permissions != 0) {
        acls.add(new ACL(permissions, acl.getId()));
      }
    }
    return acls;
  }

  // ---- what Curator asks ----

  /**
   * Never asked for where {@link #getAclForPath} answers.
   *
   * @throws IllegalStateException always
   */
  @Override
  public List<ACL> getDefaultAcl() {
    throw new IllegalStateException("the command creates nothing without permissions of its own");
  }

  /**
   * Permissions of a child of what was prepared.
   *
   * @throws IllegalStateException for anything else, so that no znode is made by mistake, the
   *     client's namespace for example, which Curator would make where a name is misspelled
   */
  @Override
  public List<ACL> getAclForPath(String path) {
    List<ACL> given = byParent.get(path.substring(0, Math.max(1, path.lastIndexOf('/'))));
    if (given == null) {
      throw new IllegalStateException("the command creates no znode " + path);
    }
    return given;
  }
}
