package io.tenure.audit;

import io.tenure.scope.Printable;
import io.tenure.scope.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * ACLs under which audit trails can be added to and not rewritten. Give it to the client of every
 * process that makes znodes:
 *
 * <pre>{@code
 * CuratorFrameworkFactory.builder()
 *     .authorization("digest", "worker:secret".getBytes(UTF_8))
 *     .aclProvider(AppendOnlyAcl.builder().workers(worker).archivers(archiver).build())
 * }</pre>
 *
 * <table>
 * <caption>Who may do what</caption>
 * <tr><th></th><th>.../audit</th><th>an entry</th><th>everything else</th></tr>
 * <tr><td>workers</td><td>read, add</td><td>read</td><td>read, write, create, delete</td></tr>
 * <tr><td>operators</td><td>read; of a group's: add, write</td><td>read</td>
 *     <td>read, write, create, delete</td></tr>
 * <tr><td>archivers</td><td>read, write, delete</td><td>read</td><td>read</td></tr>
 * <tr><td>readers</td><td>read</td><td>read</td><td>read</td></tr>
 * <tr><td>admins</td><td>read, admin</td><td>read, admin</td><td>read, admin</td></tr>
 * </table>
 *
 * <p>Where processes have different credentials, name the groups and who may coordinate them
 * ({@link Builder#groups}, {@link Builder#coordinators}): in these groups, a worker writes neither
 * plan nor settings nor directives nor the registration of another. {@code SECURITY.md} has the
 * whole table.
 *
 * <p>ZooKeeper asks the parent for the permission to delete a znode, and deletes none that has
 * children. So who leads, and may delete below a scope, can delete neither an entry nor a trail
 * with entries, nor the scope above it. An ACL is changed by {@code admin} alone, which only those
 * ids have that you give it to.
 *
 * <p><b>Retention.</b> Workers under this scheme keep every entry; an archiver deletes old ones. It
 * should leave the last one: an empty trail can be deleted by those who may delete below its scope.
 *
 * <p><b>Quarantine.</b> What no transition made is moved by an archiver from {@code .../audit} to
 * {@code .../quarantine}, where archivers create and no role deletes. A worker creates that parent
 * when it meets such a znode; where the parent is missing, a client with an operator's credentials
 * creates it.
 *
 * <p><b>What remains possible.</b>
 *
 * <ul>
 *   <li>A worker can add an entry that no transition made, rewrite the record, which it has to
 *       write, and choose the ACL of what it adds. {@link AuditLog#verify()} finds the first two,
 *       {@link #risks} the third; the entries before it stay as they were.
 *   <li>An admin, a ZooKeeper super user, and a user who can write the servers' disks, can rewrite
 *       everything. {@link AuditLog#verify()} finds what versions, digests, counts, transaction ids
 *       and times give away, which is every change of single entries. A trail that was deleted as a
 *       whole and written anew with care is told from the true one only by entries that are kept
 *       elsewhere.
 * </ul>
 *
 * <p>ACLs count from when a znode is made; those that are there keep theirs until {@code setAcl}. A
 * trail is told by its name: do not name a folder {@code audit} or {@code quarantine}. A group's
 * trail cannot be told from that of a scope that belongs to no group, so operators may add to that
 * as well.
 *
 * <p>Immutable.
 */
public final class AppendOnlyAcl implements ACLProvider {

  private static final int CHANGES = Perms.WRITE | Perms.CREATE | Perms.DELETE;

  private final Map<AclPlace, List<ACL>> acls = new LinkedHashMap<>();
  private final List<String> groups;

  private AppendOnlyAcl(Builder builder) {
    this.groups = List.copyOf(builder.groups);
    for (AclPlace place : AclPlace.values()) {
      acls.put(place, builder.acl(place));
    }
  }

  /** A scheme; at least its workers have to be named. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A scheme as text, so that services and the {@code tenure} command can read the same lines, of a
   * file with properties for example. Keys that do not begin with {@code acl.} are passed over.
   *
   * <pre>
   * acl.workers=digest:worker:mXQqkCbUPAz5BVcdoVSVrFNxGrs=
   * acl.workers.2=x509:CN=worker,O=Acme
   * acl.operators=sasl:operator
   * acl.archivers=digest:archiver:lCLRJIrkfBt6aTR1FEmoWd7VdZk=
   * acl.readers=world:anyone
   * </pre>
   *
   * <p>The roles are {@code workers}, {@code coordinators}, {@code operators}, {@code archivers},
   * {@code readers} and {@code admins}; {@code acl.groups} names groups, see {@link
   * Builder#groups}. Each line has one id or group; further lines of one role end in a dot and
   * anything. A digest is what {@code DigestAuthenticationProvider.generateDigest} makes of user
   * and password: no password is in these lines.
   *
   * @throws IllegalArgumentException with one sentence for each line that is wrong, or if the whole
   *     is no scheme, as {@link Builder#build} says
   */
  public static AppendOnlyAcl of(Map<String, String> lines) {
    return new AclLines(lines).scheme();
  }

  /** The ACL of what is no part of an audit trail. */
  @Override
  public List<ACL> getDefaultAcl() {
    return aclOf(AclPlace.OTHER);
  }

  @Override
  public List<ACL> getAclForPath(String path) {
    return aclOf(AclPlace.of(path, groups));
  }

  private List<ACL> aclOf(AclPlace place) {
    // A caller that gets an ACL could change it.
    List<ACL> copies = new ArrayList<>();
    for (ACL acl : acls.getOrDefault(place, List.of())) {
      copies.add(new ACL(acl.getPerms(), acl.getId()));
    }
    return copies;
  }

  // ---- what is found on a server ----

  /**
   * What is risky about the ACL of a znode of Tenure: who could rewrite history, or take or end an
   * office without being named. Pure: nothing is read.
   *
   * @param path the znode's
   * @param acl as the server tells it; that it leaves out digests makes no difference
   * @return one sentence for each risk; empty if there is none. Permission to read for all clients
   *     is no risk
   */
  public static List<String> risks(String path, List<ACL> acl) {
    Map<Id, Integer> permissions = new LinkedHashMap<>();
    acl.forEach(one -> permissions.merge(one.getId(), one.getPerms(), (a, b) -> a | b));
    int everybody = permissions.getOrDefault(Ids.ANYONE_ID_UNSAFE, 0);
    if (everybody == Perms.ALL) {
      return List.of("world:anyone may do everything with " + path + ": it has no ACL of its own");
    }
    List<String> risks = new ArrayList<>();
    permissions.forEach(
        (id, own) -> {
          boolean world = id.equals(Ids.ANYONE_ID_UNSAFE);
          // The permissions of world:anyone are told once.
          int more = world ? own : own & ~everybody;
          int all = own | everybody;
          if (more != 0) {
            risk(path, AclPlace.of(path, List.of()), world, more, all).stream()
                .map(risk -> shown(id) + " may " + risk)
                .forEach(risks::add);
          }
        });
    return List.copyOf(risks);
  }

  private static List<String> risk(String path, AclPlace place, boolean world, int more, int all) {
    List<String> risks = new ArrayList<>();
    if (place.isTrail()) {
      boolean rewrites = has(all, Perms.CREATE) && has(all, Perms.DELETE);
      if (rewrites && (more & (Perms.CREATE | Perms.DELETE)) != 0) {
        risks.add("add entries to " + path + " and delete them, and so rewrite history");
      } else if (world && has(more, Perms.DELETE)) {
        risks.add("delete the entries of " + path);
      }
      if (world && has(more, Perms.WRITE)) {
        risks.add("change the data of " + path);
      }
    } else if (place == AclPlace.ENTRY) {
      if (has(more, Perms.WRITE)) {
        risks.add("change the entry " + path);
      }
      if (has(more, Perms.CREATE)) {
        risks.add("hang a znode below the entry " + path + ", which then cannot be deleted");
      }
    } else if (world && (more & CHANGES) != 0) {
      risks.add(words(more & CHANGES) + " on " + path + ", and so take or end an office");
    }
    if (has(more, Perms.ADMIN) && (world || (all & CHANGES) != 0)) {
      risks.add("change the ACL of " + path + ", and so give itself every permission");
    }
    return risks;
  }

  private static boolean has(int permissions, int permission) {
    return (permissions & permission) != 0;
  }

  private static String words(int permissions) {
    List<String> words = new ArrayList<>();
    Map<Integer, String> all = new LinkedHashMap<>();
    all.put(Perms.WRITE, "write");
    all.put(Perms.CREATE, "create");
    all.put(Perms.DELETE, "delete");
    all.forEach(
        (permission, word) -> {
          if (has(permissions, permission)) {
            words.add(word);
          }
        });
    return String.join(", ", words);
  }

  /** An id without the digest of a password. */
  static String shown(Id id) {
    String name = id.getId();
    int colon = name.indexOf(':');
    String kept = id.getScheme().equals("digest") && colon >= 0 ? name.substring(0, colon) : name;
    return id.getScheme() + ":" + Printable.of(kept);
  }

  /** Who is who. Not thread-safe. An {@link Id} is a scheme with a name, digest or x509 say. */
  public static final class Builder {

    private final Set<Id> workers = new LinkedHashSet<>();
    private final Set<Id> coordinators = new LinkedHashSet<>();
    private final Set<Id> operators = new LinkedHashSet<>();
    private final Set<Id> archivers = new LinkedHashSet<>();
    private final Set<Id> readers = new LinkedHashSet<>();
    private final Set<Id> admins = new LinkedHashSet<>();
    private final Set<String> groups = new LinkedHashSet<>();

    private Builder() {}

    /** Those who stand as candidates or are workers of a group. */
    public Builder workers(Id... ids) {
      workers.addAll(List.of(ids));
      return this;
    }

    /**
     * Workers that may also coordinate the {@link #groups}: in these groups, they alone stand for
     * the office of the coordinator and write the plan. They need not be named as workers too.
     */
    public Builder coordinators(Id... ids) {
      coordinators.addAll(List.of(ids));
      return this;
    }

    /**
     * Groups in which roles are kept apart more strictly: the plan and the settings are written by
     * coordinators and operators only, directives by operators only (a coordinator takes out moves
     * that are done), registrations by their creator only, and only operators add to the group's
     * own trail.
     *
     * @param paths as the groups' workers name them, without the client's namespace. Each path that
     *     ends in one of them is taken for that group, and each path below it for a part of it
     */
    public Builder groups(String... paths) {
      for (String path : paths) {
        new Scope(path); // Which has the same rules, and says what is wrong.
        groups.add(path);
      }
      return this;
    }

    /** Those who write directives, revoke, and change groups. */
    public Builder operators(Id... ids) {
      operators.addAll(List.of(ids));
      return this;
    }

    /** Those who keep entries elsewhere and delete them here. */
    public Builder archivers(Id... ids) {
      archivers.addAll(List.of(ids));
      return this;
    }

    /** The ids that only read; {@link Ids#ANYONE_ID_UNSAFE} for all clients. */
    public Builder readers(Id... ids) {
      readers.addAll(List.of(ids));
      return this;
    }

    /** One who may change ACLs, and so can do everything. Usually there is none. */
    public Builder admin(Id id) {
      admins.add(id);
      return this;
    }

    /**
     * Makes the scheme.
     *
     * @throws IllegalArgumentException if there are no workers, or if an id that deletes entries,
     *     or changes ACLs, could also write them; or if coordinators are named without groups, or
     *     groups without coordinators
     */
    public AppendOnlyAcl build() {
      if (workers.isEmpty() && coordinators.isEmpty()) {
        throw new IllegalArgumentException(
            "the scheme has no workers: nobody could lead; name them with workers(...)");
      }
      if (groups.isEmpty() != coordinators.isEmpty()) {
        throw new IllegalArgumentException(
            groups.isEmpty()
                ? "the scheme has coordinators and names no groups: in no group would they be told"
                    + " from workers; name the groups with groups(...)"
                : "the scheme names groups and no coordinators: no client could write their plans; name"
                    + " them with coordinators(...)");
      }
      apart(archivers, workers, "archiver", "worker");
      apart(archivers, coordinators, "archiver", "coordinator");
      apart(archivers, operators, "archiver", "operator");
      for (Set<Id> others : List.of(workers, coordinators, operators, archivers)) {
        apart(admins, others, "admin", "worker, coordinator, operator or archiver");
      }
      return new AppendOnlyAcl(this);
    }

    private static void apart(Set<Id> some, Set<Id> others, String role, String other) {
      for (Id id : some) {
        if (others.contains(id)) {
          throw new IllegalArgumentException(
              shown(id)
                  + " is both "
                  + role
                  + " and "
                  + other
                  + ", and could rewrite history: give the "
                  + role
                  + " credentials of its own");
        }
      }
    }

    private List<ACL> acl(AclPlace place) {
      Map<Id, Integer> permissions = new LinkedHashMap<>();
      grant(permissions, workers, place.workers);
      grant(permissions, coordinators, place.coordinators);
      grant(permissions, operators, place.operators);
      grant(permissions, archivers, place.archivers);
      grant(permissions, readers, Perms.READ);
      grant(permissions, admins, Perms.READ | Perms.ADMIN);
      if (place.isItsCreators()) {
        // The server puts the ids that the creating client has proved in the place of this one.
        grant(permissions, List.of(Ids.AUTH_IDS), Perms.READ | Perms.WRITE);
      }
      List<ACL> acl = new ArrayList<>();
      permissions.forEach((id, all) -> acl.add(new ACL(all, id)));
      return acl;
    }

    private static void grant(Map<Id, Integer> permissions, Collection<Id> ids, int more) {
      ids.forEach(id -> permissions.merge(id, more, (a, b) -> a | b));
    }
  }
}
