package io.tenure.sharding;

import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailRecord;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the persistent znodes of a group where they are not there yet, and reads its settings. Many
 * workers may do so at the same time: what another made first is as good.
 *
 * <p>Confined to the monitor's event thread.
 */
final class GroupNodes {

  private static final Logger log = LoggerFactory.getLogger(GroupNodes.class);

  /** Each time, somebody else has made or deleted one of them between reading and writing. */
  private static final int MAX_ATTEMPTS = 20;

  /**
   * What a group is when a worker joins.
   *
   * @param untouched none of its shards has a scope yet
   */
  record Opened(GroupSettings settings, boolean untouched) {}

  private final Monitor monitor;
  private final GroupPaths paths;
  private final SettingsWish wish;
  private List<String> warned = List.of();

  GroupNodes(Monitor monitor, GroupPaths paths, SettingsWish wish) {
    this.monitor = monitor;
    this.paths = paths;
    this.wish = wish;
  }

  /**
   * Opens the group.
   *
   * @return empty if there is no connection now; fails with a {@link
   *     io.tenure.scope.TenureException} if it cannot be opened
   */
  CompletableFuture<Optional<Opened>> open(long session) {
    return open(session, 0);
  }

  private CompletableFuture<Optional<Opened>> open(long session, int attempt) {
    if (attempt == MAX_ATTEMPTS) {
      return CompletableFuture.failedFuture(
          new CoordinationException(
              "the znodes of group "
                  + paths.group()
                  + " cannot be made: somebody deletes them as fast as they are made"));
    }
    List<String> all =
        List.of(
            paths.group(),
            paths.workers(),
            paths.plans(),
            paths.directives(),
            paths.shards(),
            paths.audit());
    return monitor
        .read(session, all.stream().map(path -> Op.getData(monitor.realPath(path))).toList())
        .thenCompose(
            reply -> {
              if (reply.results().size() != all.size()) {
                return noAnswer(reply, paths.group(), "read");
              }
              Map<String, OpResult> found = new LinkedHashMap<>();
              for (int i = 0; i < all.size(); i++) {
                found.put(all.get(i), reply.results().get(i));
              }
              return opened(session, attempt, found);
            });
  }

  private CompletableFuture<Optional<Opened>> noAnswer(
      Reply reply, String path, String permission) {
    return reply.ok() || reply.isUnknown() || ServerErrors.isTransient(reply.code())
        ? CompletableFuture.completedFuture(Optional.empty())
        : CompletableFuture.failedFuture(ServerErrors.refused(reply.code(), path, permission));
  }

  private CompletableFuture<Optional<Opened>> opened(
      long session, int attempt, Map<String, OpResult> found) {
    for (Map.Entry<String, OpResult> entry : found.entrySet()) {
      if (entry.getValue() instanceof OpResult.ErrorResult error
          && ServerErrors.code(error.getErr()) != Code.NONODE
          && !entry.getKey().equals(paths.audit())) { // A worker has no need to read it.
        return CompletableFuture.failedFuture(
            ServerErrors.refused(ServerErrors.code(error.getErr()), entry.getKey(), "read"));
      }
    }
    if (found.get(paths.group()) instanceof OpResult.GetDataResult group
        && group.getData() != null
        && group.getData().length > 0) {
      GroupSettings settings = GroupSettings.parse(paths.group(), group.getData());
      ChangedSettings changed = ChangedSettings.parse(paths.group(), group.getData());
      warn(wish.check(paths.group(), settings, changed));
      List<String> missing =
          found.entrySet().stream()
              .filter(entry -> !(entry.getValue() instanceof OpResult.GetDataResult))
              .map(Map.Entry::getKey)
              // Where an older version made the group, the first change makes its trail.
              .filter(path -> !path.equals(paths.audit()))
              .toList();
      if (missing.isEmpty()) {
        boolean untouched =
            found.get(paths.shards()) instanceof OpResult.GetDataResult shards
                && shards.getStat().getNumChildren() == 0;
        return CompletableFuture.completedFuture(Optional.of(new Opened(settings, untouched)));
      }
      return make(session, attempt, missing.stream().map(this::createEmpty).toList(), missing);
    }
    return makeGroup(session, attempt, found);
  }

  /** Says once what this worker was told in vain; each registration finds it again. */
  private void warn(List<String> overruled) {
    if (!overruled.isEmpty() && !overruled.equals(warned)) {
      log.warn(
          "group={} was changed while it ran, and its settings count, not what this worker was"
              + " told: {}. Give the worker what the group has, or nothing",
          paths.group(),
          String.join("; ", overruled));
    }
    warned = overruled;
  }

  private CompletableFuture<Optional<Opened>> makeGroup(
      long session, int attempt, Map<String, OpResult> found) {
    byte[] settings = wish.forNewGroup(paths.group()).bytes();
    byte[] trail = TrailRecord.empty().bytes();
    List<CuratorOp> ops = new ArrayList<>();
    List<String> touched = new ArrayList<>();
    for (Map.Entry<String, OpResult> entry : found.entrySet()) {
      String path = entry.getKey();
      boolean there =
          !(entry.getValue() instanceof OpResult.ErrorResult error)
              || ServerErrors.code(error.getErr()) != Code.NONODE;
      if (path.equals(paths.group())) {
        // One that is there and empty was made as a parent of something: it becomes the group.
        ops.add(there ? setIfEmpty(entry.getValue(), settings) : create(path, settings));
        touched.add(path);
      } else if (!there) {
        ops.add(path.equals(paths.audit()) ? create(path, trail) : createEmpty(path));
        touched.add(path);
      }
    }
    // With it, what the first coordinator would have to make, one after the other.
    Scope coordinator = paths.coordinator();
    ops.add(create(coordinator.path(), ScopeRecord.empty().bytes()));
    ops.add(createEmpty(coordinator.auditPath()));
    ops.add(createEmpty(coordinator.latchPath()));
    touched.addAll(List.of(coordinator.path(), coordinator.auditPath(), coordinator.latchPath()));
    return make(session, attempt, ops, touched);
  }

  private CompletableFuture<Optional<Opened>> make(
      long session, int attempt, List<CuratorOp> ops, List<String> touched) {
    return monitor
        .transact(session, ops)
        .thenCompose(
            reply -> {
              int failed = reply.failedOp();
              if (failed < 0 && !reply.ok()) {
                return noAnswer(reply, paths.group(), "create");
              } else if (!reply.ok() && reply.code() == Code.NONODE) {
                return makeParents(session, parentOf(touched.get(failed)))
                    .thenCompose(done -> open(session, attempt + 1));
              } else if (!reply.ok()
                  && reply.code() != Code.NODEEXISTS
                  && reply.code() != Code.BADVERSION) {
                return CompletableFuture.failedFuture(
                    ServerErrors.refused(reply.code(), parentOf(touched.get(failed)), "create"));
              }
              return open(session, attempt + 1);
            });
  }

  /** Makes a znode's ancestors and itself, from the top; those that are there are left alone. */
  private CompletableFuture<Void> makeParents(long session, String path) {
    if (path.equals("/")) {
      return CompletableFuture.completedFuture(null);
    }
    return makeParents(session, parentOf(path))
        .thenCompose(done -> monitor.transact(session, List.of(createEmpty(path))))
        .thenApply(
            reply -> {
              if (reply.code() == Code.NOAUTH) {
                throw ServerErrors.refused(reply.code(), parentOf(path), "create");
              }
              return null; // Whether it is there, the next attempt finds out.
            });
  }

  private static String parentOf(String path) {
    return path.substring(0, Math.max(1, path.lastIndexOf('/')));
  }

  private CuratorOp createEmpty(String path) {
    return create(path, new byte[0]);
  }

  private CuratorOp create(String path, byte[] data) {
    try {
      return monitor
          .client()
          .transactionOp()
          .create()
          .uncompressed()
          .withMode(CreateMode.PERSISTENT)
          .forPath(path, data);
    } catch (Exception e) {
      throw new IllegalStateException("the creation of " + path + " cannot be built", e);
    }
  }

  private CuratorOp setIfEmpty(OpResult found, byte[] data) {
    try {
      return monitor
          .client()
          .transactionOp()
          .setData()
          .uncompressed()
          .withVersion(((OpResult.GetDataResult) found).getStat().getVersion())
          .forPath(paths.group(), data);
    } catch (Exception e) {
      throw new IllegalStateException("the setting of " + paths.group() + " cannot be built", e);
    }
  }
}
