package io.tenure.sharding;

import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailRecord;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.PersistentZnodes;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.jspecify.annotations.Nullable;

/**
 * Makes the persistent znodes of a group where they are not there yet, and reads its settings. Many
 * workers may do so at the same time: what another made first is as good.
 *
 * <p>Confined to the monitor's event thread.
 */
final class GroupNodes {

  private static final Log log = Log.of(GroupNodes.class);

  /** Each time, another client has made or deleted one of them between reading and writing. */
  private static final int MAX_ATTEMPTS = 20;

  /**
   * What a group is when a worker joins.
   *
   * @param untouched none of its shards has a scope yet
   */
  record Opened(GroupSettings settings, boolean untouched) {}

  private final Monitor monitor;
  private final ZnodeOps znodes;
  private final PersistentZnodes persistent;
  private final GroupPaths paths;
  private final SettingsWish wish;
  private List<String> warned = List.of();

  /** As they could last be read; null before. */
  private @Nullable GroupSettings known;

  private String toldOfDamage = "";

  GroupNodes(Monitor monitor, GroupPaths paths, SettingsWish wish) {
    this.monitor = monitor;
    this.znodes = new ZnodeOps(monitor.client());
    this.persistent = new PersistentZnodes(monitor, znodes);
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
    if (found.get(paths.group()) instanceof OpResult.GetDataResult group && hasData(group)) {
      GroupSettings settings = settings(group.getData());
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
      return make(
          session, attempt, () -> missing.stream().map(this::createEmpty).toList(), missing);
    }
    if (found.get(paths.group()) instanceof OpResult.GetDataResult && isPlanned(found)) {
      return CompletableFuture.completedFuture(Optional.of(new Opened(emptied(), false)));
    }
    return makeGroup(session, attempt, found);
  }

  /**
   * The settings of the group. A worker that was in the group before, and comes back while they
   * cannot be read, goes on with those that it knows.
   */
  private GroupSettings settings(byte[] data) {
    GroupSettings settings;
    ChangedSettings changed;
    try {
      settings = GroupSettings.parse(paths.group(), data);
      changed = ChangedSettings.parse(paths.group(), data);
    } catch (TenureException e) {
      return lastKnown(e);
    }
    warn(wish.check(paths.group(), settings, changed));
    known = settings;
    return settings;
  }

  private static boolean hasData(OpResult result) {
    return result instanceof OpResult.GetDataResult read
        && read.getData() != null
        && read.getData().length > 0;
  }

  /** A group that has a plan had settings: to make others in their place would change it. */
  private boolean isPlanned(Map<String, OpResult> found) {
    OpResult plan = found.get(paths.plans());
    return plan != null && hasData(plan);
  }

  private GroupSettings emptied() {
    return lastKnown(
        new ForeignDataException(
            paths.group()
                + " is empty, although "
                + paths.plans()
                + " holds a plan of this group"));
  }

  private GroupSettings lastKnown(TenureException cause) {
    String problem = String.valueOf(cause.getMessage());
    GroupSettings last = known;
    if (last == null) {
      throw new ForeignDataException(
          "the settings of group "
              + paths.group()
              + " cannot be read: "
              + problem
              + ". Write them again, as the coordinator's log shows them, or upgrade this worker"
              + " if a newer version wrote them; then start this worker again",
          cause);
    }
    if (!problem.equals(toldOfDamage)) {
      toldOfDamage = problem;
      log.warn("group={} joined with the settings known before: {}", paths.group(), problem);
    }
    return last;
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
    List<Supplier<CuratorOp>> ops = new ArrayList<>();
    List<String> touched = new ArrayList<>();
    for (Map.Entry<String, OpResult> entry : found.entrySet()) {
      String path = entry.getKey();
      boolean there =
          !(entry.getValue() instanceof OpResult.ErrorResult error)
              || ServerErrors.code(error.getErr()) != Code.NONODE;
      if (path.equals(paths.group())) {
        // One that is there and empty was made as a parent of something: it becomes the group.
        ops.add(() -> there ? setIfEmpty(entry.getValue(), settings) : create(path, settings));
        touched.add(path);
      } else if (!there) {
        ops.add(() -> path.equals(paths.audit()) ? create(path, trail) : createEmpty(path));
        touched.add(path);
      }
    }
    if (attempt == 0) {
      // With it, what the first coordinator would have to make, one after the other. Where a group
      // was deleted under workers that still run, it may be there already.
      Scope coordinator = paths.coordinator();
      ops.add(() -> create(coordinator.path(), ScopeRecord.empty().bytes()));
      ops.add(() -> createEmpty(coordinator.auditPath()));
      ops.add(() -> createEmpty(coordinator.latchPath()));
      touched.addAll(List.of(coordinator.path(), coordinator.auditPath(), coordinator.latchPath()));
    }
    return make(session, attempt, () -> ops.stream().map(Supplier::get).toList(), touched);
  }

  private CompletableFuture<Optional<Opened>> make(
      long session, int attempt, Supplier<List<CuratorOp>> ops, List<String> touched) {
    return monitor
        .transact(session, paths.group(), ops)
        .thenCompose(
            reply -> {
              int failed = reply.failedOp();
              if (failed < 0 && !reply.ok()) {
                return noAnswer(reply, paths.group(), "create");
              } else if (reply.code() == Code.NOAUTH && isCoordinators(touched.get(failed))) {
                // Who may coordinate makes them.
                return open(session, attempt + 1);
              } else if (!reply.ok() && reply.code() == Code.NONODE) {
                return persistent
                    .makeAbove(session, touched.get(failed))
                    .thenCompose(GroupNodes::made)
                    .thenCompose(done -> open(session, attempt + 1));
              } else if (!reply.ok()
                  && reply.code() != Code.NODEEXISTS
                  && reply.code() != Code.BADVERSION) {
                String path = touched.get(failed);
                String denied = reply.code() == Code.NOAUTH ? parentOf(path) : path;
                return CompletableFuture.failedFuture(
                    ServerErrors.refused(reply.code(), denied, "create"));
              }
              return open(session, attempt + 1);
            });
  }

  private boolean isCoordinators(String path) {
    return path.startsWith(paths.coordinator().path() + "/");
  }

  /** Without an answer, the next attempt finds out whether the node is there. */
  private static CompletableFuture<Void> made(PersistentZnodes.Made last) {
    Reply reply = last.reply();
    String path = last.path();
    boolean perhaps =
        reply.isUnknown() || reply.code() == Code.NONODE || ServerErrors.isTransient(reply.code());
    if (!reply.ok() && reply.code() != Code.NODEEXISTS && !perhaps) {
      String denied = reply.code() == Code.NOAUTH ? parentOf(path) : path;
      throw ServerErrors.refused(reply.code(), denied, "create");
    }
    return CompletableFuture.completedFuture(null);
  }

  private static String parentOf(String path) {
    return path.substring(0, Math.max(1, path.lastIndexOf('/')));
  }

  private CuratorOp createEmpty(String path) {
    return create(path, new byte[0]);
  }

  private CuratorOp create(String path, byte[] data) {
    return znodes.create(path, data, CreateMode.PERSISTENT);
  }

  private CuratorOp setIfEmpty(OpResult found, byte[] data) {
    int version = ((OpResult.GetDataResult) found).getStat().getVersion();
    return znodes.set(paths.group(), data, version);
  }
}
