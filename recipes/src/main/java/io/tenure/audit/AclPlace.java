package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import java.util.Collection;
import org.apache.zookeeper.ZooDefs.Perms;

/**
 * What a znode is to {@link AppendOnlyAcl}, told by its path alone, and what each role may do with
 * it, in the letters of zkCli: create, delete, read, write. Create and delete are about the
 * children: ZooKeeper asks the parent.
 *
 * <p>From {@link #GROUP} on, places are told apart only in the groups that the scheme names:
 * elsewhere a group cannot be told from a scope, whose candidates write everything.
 *
 * <p>Immutable.
 */
enum AclPlace {
  /** The parent of the entries of a scope in a group. */
  SCOPE_TRAIL("cr", "cr", "r", "drw"),
  /** That of a group, or of a scope in none. */
  TRAIL("cr", "cr", "crw", "drw"),
  /** An entry of any trail, and what is in quarantine: no role changes it. */
  ENTRY("r", "r", "r", "r"),
  /** Where an archiver puts what no transition made, out of the trail. */
  QUARANTINE("r", "r", "r", "cr"),
  /** Scopes with their leaders, queues and checkpoints, and what is above them. */
  OTHER("cdrw", "cdrw", "cdrw", "r"),

  /** A named group, with its settings: the first worker makes what is below it. */
  GROUP("cr", "crw", "cdrw", "r"),
  /** What operators have changed. */
  GROUP_TRAIL("r", "r", "crw", "drw"),
  /** The scope of the coordinator: a worker that may not stand for it cannot block it either. */
  COORDINATOR("r", "cdrw", "cdrw", "r"),
  /** The parent of its entries. */
  COORDINATOR_TRAIL("r", "cr", "r", "drw"),
  /** The plan, and each worker's part of it. */
  PLAN("r", "cdrw", "cdrw", "r"),
  /** The parent of what operators want; the coordinator takes out moves that are done. */
  DIRECTIVES("r", "dr", "cdrw", "r"),
  /** What an operator wants. */
  DIRECTIVE("r", "r", "rw", "r"),
  /** The parents of what workers say of themselves. */
  REGISTRATIONS("cdr", "cdr", "dr", "r"),
  /** What a worker says of itself: its creator alone writes it. */
  REGISTRATION("r", "r", "r", "r"),
  /** The parent of the shards. */
  SHARDS("cr", "cr", "cdr", "r");

  private static final String AUDIT = "audit";
  private static final String ASIDE = "quarantine";

  final int workers;
  final int coordinators;
  final int operators;
  final int archivers;

  AclPlace(String workers, String coordinators, String operators, String archivers) {
    this.workers = permissions(workers);
    this.coordinators = permissions(coordinators);
    this.operators = permissions(operators);
    this.archivers = permissions(archivers);
  }

  private static int permissions(String letters) {
    int all = 0;
    for (int i = 0; i < letters.length(); i++) {
      all |=
          switch (letters.charAt(i)) {
            case 'c' -> Perms.CREATE;
            case 'd' -> Perms.DELETE;
            case 'r' -> Perms.READ;
            case 'w' -> Perms.WRITE;
            default -> throw new IllegalArgumentException(letters);
          };
    }
    return all;
  }

  /** Whether the creator of the znode may write it, in every role. */
  boolean isItsCreators() {
    return this == REGISTRATION;
  }

  boolean isTrail() {
    return this == SCOPE_TRAIL || this == TRAIL || this == GROUP_TRAIL || this == COORDINATOR_TRAIL;
  }

  /**
   * What a znode is.
   *
   * @param groups the paths of the groups that are named, as their workers call them: Curator asks
   *     for the ACL of a path sometimes with the client's namespace and sometimes without it
   */
  static AclPlace of(String path, Collection<String> groups) {
    for (String group : groups) {
      int at = (path + "/").indexOf(group + "/");
      if (at >= 0) {
        String below = path.substring(at + group.length());
        return below.isEmpty() ? GROUP : inGroup(below.substring(1).split("/", -1));
      }
    }
    return anywhere(path.split("/", -1));
  }

  private static AclPlace inGroup(String[] names) {
    boolean top = names.length == 1;
    return switch (names[0]) {
      case AUDIT -> top ? GROUP_TRAIL : ENTRY;
      case ASIDE -> top ? QUARANTINE : ENTRY;
      case "coordinator" -> inScope(names, 1, COORDINATOR_TRAIL, COORDINATOR);
      case "plan" -> PLAN;
      case "directives" -> top ? DIRECTIVES : DIRECTIVE;
      case "workers", "refused" -> top ? REGISTRATIONS : REGISTRATION;
      case "shards" -> top ? SHARDS : inScope(names, 2, SCOPE_TRAIL, OTHER);
      default -> OTHER;
    };
  }

  /**
   * What is at or below a scope of a group.
   *
   * @param depth how many of the names are the scope's
   */
  private static AclPlace inScope(String[] names, int depth, AclPlace trail, AclPlace rest) {
    String part = names.length > depth ? names[depth] : "";
    boolean top = names.length == depth + 1;
    return switch (part) {
      case AUDIT -> top ? trail : ENTRY;
      case ASIDE -> top ? QUARANTINE : ENTRY;
      default -> rest;
    };
  }

  private static AclPlace anywhere(String[] names) {
    int last = names.length - 1;
    if (last < 2) {
      return OTHER; // Neither a scope nor a group is the root.
    }
    if (names[last].equals(AUDIT)) {
      boolean ofGroup =
          names[last - 1].equals("coordinator") || (last > 2 && names[last - 2].equals("shards"));
      return ofGroup ? SCOPE_TRAIL : TRAIL;
    }
    if (names[last].equals(ASIDE)) {
      return QUARANTINE;
    } else if (last > 2 && names[last - 1].equals(ASIDE)) {
      return ENTRY;
    }
    // A scope can lie in a folder with that name.
    return names[last - 1].equals(AUDIT) && AuditFormat.index(names[last]).isPresent()
        ? ENTRY
        : OTHER;
  }
}
