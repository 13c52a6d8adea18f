package io.tenure.cli;

import io.tenure.internal.NearNames;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.common.PathUtils;

/**
 * Finds scopes and groups: by their children, so that one whose own data is damaged is found as
 * well. Confined to the thread of the command, which it blocks.
 */
final class Targets {

  private static final Set<String> INSIDE_SCOPE =
      Set.of("latch", "leader", "audit", "checkpoint", "quarantine");
  private static final Set<String> INSIDE_GROUP = Set.of("workers", "plan", "shards");

  /** How far a search goes, so that it ends soon beside all that is kept in this ZooKeeper. */
  private static final int MAX_SEARCHED = 5_000;

  private final CuratorFramework client;

  Targets(CuratorFramework client) {
    this.client = client;
  }

  /**
   * What stands at a path.
   *
   * @throws CommandException if nothing of Tenure does; near names are suggested
   */
  Target find(String argument) throws InterruptedException {
    String path = normalized(argument);
    Optional<List<String>> children = children(path);
    if (children.isEmpty()) {
      throw new CommandException(
          ExitCode.NOT_THERE, "there is no " + path + nearby(path) + namespaceHint());
    }
    Optional<Target> kind = kind(path, children.get());
    if (kind.isEmpty()) {
      throw new CommandException(
          ExitCode.NOT_THERE,
          path + " is neither a scope nor a group" + below(path) + namespaceHint());
    }
    return kind.get();
  }

  /** What stands at a path; empty if nothing of Tenure does. */
  Optional<Target> findIfThere(String path) throws InterruptedException {
    Optional<List<String>> children = children(path);
    return children.isEmpty() ? Optional.empty() : kind(path, children.get());
  }

  /** As {@link #find}, but only a group. */
  Target.OfGroup findGroup(String argument) throws InterruptedException {
    if (find(argument) instanceof Target.OfGroup group) {
      return group;
    }
    String path = normalized(argument);
    int shards = path.lastIndexOf("/shards/");
    throw new CommandException(
        ExitCode.NOT_THERE,
        path
            + " is a scope, and this command is for groups"
            + (shards > 0 ? ": did you mean " + path.substring(0, shards) + "?" : ""));
  }

  /** As {@link #find}, but only a scope. */
  Scope findScope(String argument) throws InterruptedException {
    if (find(argument) instanceof Target.OfScope found) {
      return found.scope();
    }
    String path = normalized(argument);
    throw new CommandException(
        ExitCode.NOT_THERE,
        path
            + " is a group, and this command is for one scope: give "
            + path
            + "/shards/SHARD or "
            + path
            + "/coordinator");
  }

  /** Every scope and group at or below a path; the shards of a group are not listed. */
  List<Target> all(String root) throws InterruptedException {
    List<Target> found = new ArrayList<>();
    Deque<String> open = new ArrayDeque<>(List.of(root));
    int searched = 0;
    while (!open.isEmpty() && searched++ < MAX_SEARCHED) {
      String path = open.remove();
      List<String> children = children(path).orElse(List.of());
      Optional<Target> kind = path.equals("/") ? Optional.empty() : kind(path, children);
      kind.ifPresent(found::add);
      for (String child : children) {
        boolean inside =
            kind.isPresent()
                && (INSIDE_SCOPE.contains(child) || kind.get() instanceof Target.OfGroup);
        if (!inside && !(path.equals("/") && child.equals("zookeeper"))) {
          open.add(path.equals("/") ? "/" + child : path + "/" + child);
        }
      }
    }
    found.sort((a, b) -> a.path().compareTo(b.path()));
    return found;
  }

  private static Optional<Target> kind(String path, List<String> children) {
    if (children.containsAll(INSIDE_GROUP)) {
      return Optional.of(new Target.OfGroup(path));
    } else if (children.contains("audit") || children.contains("leader")) {
      return Target.scopeAt(path).map(Target.OfScope::new);
    }
    return Optional.empty();
  }

  /** The path that was meant: with a slash at its start, and none at its end. */
  static String normalized(String argument) {
    String path = "/" + argument.replaceAll("^/+|/+$", "");
    try {
      PathUtils.validatePath(path);
      return path;
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          ExitCode.USAGE, "\"" + argument + "\" is no znode path: " + e.getMessage());
    }
  }

  private String nearby(String path) throws InterruptedException {
    String parent = path;
    do {
      parent = parent.substring(0, Math.max(1, parent.lastIndexOf('/')));
    } while (!parent.equals("/") && children(parent).isEmpty());
    String prefix = parent.equals("/") ? "/" : parent + "/";
    String rest = path.substring(prefix.length());
    List<String> children = children(parent).orElse(List.of());
    if (children.containsAll(INSIDE_GROUP)) {
      List<String> shards = children(parent + "/shards").orElse(List.of());
      if (shards.contains(rest)) {
        return ": did you mean its shard " + parent + "/shards/" + rest + "?";
      }
    }
    List<String> near = NearNames.near(rest, children).stream().map(name -> prefix + name).toList();
    if (!near.isEmpty()) {
      return ": did you mean " + String.join(" or ", near) + "?";
    }
    return below(parent);
  }

  private String below(String path) throws InterruptedException {
    List<Target> found = all(path);
    if (found.isEmpty()) {
      return path.equals("/") ? ", nor any scope or group" : "";
    }
    List<String> some = found.stream().limit(5).map(Target::path).toList();
    return "; below "
        + path
        + " there "
        + (found.size() == 1 ? "is " : "are ")
        + String.join(", ", some)
        + (found.size() > some.size() ? " and " + (found.size() - some.size()) + " more" : "");
  }

  private String namespaceHint() {
    String namespace = client.getNamespace();
    return namespace == null || namespace.isEmpty()
        ? " (no --namespace is given)"
        : " (in namespace " + namespace + ")";
  }

  /** The names below a path; empty if it is not there. */
  private Optional<List<String>> children(String path) throws InterruptedException {
    try {
      return Optional.of(client.getChildren().forPath(path));
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException e) {
      return Optional.empty();
    } catch (KeeperException.NoAuthException e) {
      throw new PermissionDeniedException(
          "the server denies read on " + path + ": grant it in the ACL, or give --auth", e);
    } catch (Exception e) {
      throw ServerErrors.failed(e, path, "read");
    }
  }
}
