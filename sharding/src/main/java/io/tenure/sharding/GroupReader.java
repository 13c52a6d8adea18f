package io.tenure.sharding;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * Reads what the coordinator goes by: settings, workers, directives, and the plan as it stands.
 * What cannot be understood is passed over, and said once in the log.
 *
 * <p>Confined to one thread, which it blocks until the answers are there; not the event thread.
 */
final class GroupReader {

  private static final Log log = Log.of(GroupReader.class);

  /** Of registrations and directives, which are small: an answer must fit into one packet. */
  private static final int NODES_PER_READ = 20;

  /** There is no connection now, or the session has ended. */
  static final class NotConnectedException extends Exception {
    private static final long serialVersionUID = 1L;

    NotConnectedException(String message) {
      super(message);
    }
  }

  /**
   * The plan as it stands.
   *
   * @param nodes those that can be understood
   * @param names of all znodes there
   */
  record StandingPlan(List<PlanNode> nodes, Set<String> names, PlanSummary summary) {}

  private final Monitor monitor;
  private final GroupPaths paths;
  private final Set<String> complained = new HashSet<>();

  GroupReader(Monitor monitor, GroupPaths paths) {
    this.monitor = monitor;
    this.paths = paths;
  }

  /** Settings, workers and directives. */
  CoordinatorMachine.View view() throws NotConnectedException, InterruptedException {
    Reply top =
        await(
            monitor.read(
                monitor.sessionId(),
                List.of(
                    Op.getData(monitor.realPath(paths.group())),
                    Op.getChildren(monitor.realPath(paths.workers())),
                    Op.getChildren(monitor.realPath(paths.directives())))));
    GroupSettings settings = settings(top.results().get(0));
    List<String> children = children(paths.workers(), top.results().get(1));
    children.addAll(children(paths.directives(), top.results().get(2)));
    List<CoordinatorMachine.Worker> workers = new ArrayList<>();
    List<Directives.Written> directives = new ArrayList<>();
    data(read(children, NODES_PER_READ))
        .forEach(
            (path, data) -> {
              if (path.startsWith(paths.directives())) {
                directives.add(new Directives.Written(path, data));
              } else {
                understood(path, () -> WorkerNode.parse(path, data))
                    .map(node -> new CoordinatorMachine.Worker(node, GroupPaths.incarnation(path)))
                    .ifPresent(workers::add);
              }
            });
    return new CoordinatorMachine.View(settings, workers, Directives.parse(directives));
  }

  private GroupSettings settings(OpResult result) {
    if (result instanceof OpResult.GetDataResult found) {
      return GroupSettings.parse(paths.group(), found.getData());
    }
    ServerErrors.requireAbsent((OpResult.ErrorResult) result, paths.group());
    throw new CoordinationException(
        paths.group() + " was deleted while its workers run: the next one that joins makes it");
  }

  /** The plan, behind everything that the quorum has applied so far. */
  StandingPlan plan() throws NotConnectedException, InterruptedException {
    long session = monitor.sessionId();
    // Requests of one session are answered in their order, so nothing has to wait for the sync.
    monitor.sync(session);
    Reply top =
        await(
            monitor.read(
                session,
                List.of(
                    Op.getData(monitor.realPath(paths.plans())),
                    Op.getChildren(monitor.realPath(paths.plans())))));
    PlanSummary summary = PlanSummary.none();
    if (top.results().get(0) instanceof OpResult.GetDataResult found
        && found.getData() != null
        && found.getData().length > 0) {
      byte[] data = found.getData();
      summary =
          understood(paths.plans(), () -> PlanSummary.parse(paths.plans(), data)).orElse(summary);
    }
    List<String> children = children(paths.plans(), top.results().get(1));
    List<PlanNode> nodes = new ArrayList<>();
    // One by one: plans of many long-named shards are large.
    data(read(children, 1))
        .forEach(
            (path, data) ->
                understood(path, () -> PlanNode.parse(path, data)).ifPresent(nodes::add));
    Set<String> names = new HashSet<>();
    children.forEach(path -> names.add(path.substring(path.lastIndexOf('/') + 1)));
    return new StandingPlan(nodes, names, summary);
  }

  private static List<String> children(String parent, OpResult result) {
    List<String> children = new ArrayList<>();
    if (result instanceof OpResult.GetChildrenResult listed) {
      listed.getChildren().forEach(name -> children.add(parent + "/" + name));
    } else if (result instanceof OpResult.ErrorResult error) {
      // A list that is denied is not an empty one: all workers would be taken for gone.
      ServerErrors.requireAbsent(error, parent);
    }
    Collections.sort(children);
    return children;
  }

  private interface Parse<T> {
    T parse();
  }

  private <T> Optional<T> understood(String path, Parse<T> parse) {
    try {
      return Optional.of(parse.parse());
    } catch (TenureException e) {
      if (complained.add(path)) {
        log.warn("group={} passed over: {}", paths.group(), e.getMessage());
      }
      return Optional.empty();
    }
  }

  /** Several requests at a time, each for several znodes. */
  private Map<String, OpResult> read(List<String> all, int perRead)
      throws NotConnectedException, InterruptedException {
    long session = monitor.sessionId();
    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int from = 0; from < all.size(); from += perRead) {
      List<Op> reads =
          all.subList(from, Math.min(all.size(), from + perRead)).stream()
              .map(path -> Op.getData(monitor.realPath(path)))
              .toList();
      replies.add(monitor.read(session, reads));
    }
    Map<String, OpResult> results = new LinkedHashMap<>();
    int next = 0;
    for (CompletableFuture<Reply> reply : replies) {
      for (OpResult result : await(reply).results()) {
        results.put(all.get(next++), result);
      }
    }
    return results;
  }

  /** The data of those that are there. */
  private Map<String, byte[]> data(Map<String, OpResult> results) {
    Map<String, byte[]> found = new LinkedHashMap<>();
    results.forEach(
        (path, result) -> {
          if (result instanceof OpResult.GetDataResult read) {
            found.put(path, read.getData() == null ? new byte[0] : read.getData());
          } else if (result instanceof OpResult.ErrorResult error) {
            understood(
                path,
                () -> {
                  ServerErrors.requireAbsent(error, path);
                  return path;
                });
          }
        });
    return found;
  }

  private Reply await(CompletableFuture<Reply> future)
      throws NotConnectedException, InterruptedException {
    Reply reply;
    try {
      reply = future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a reply always comes", e.getCause());
    }
    if (reply.ok() || !reply.results().isEmpty()) {
      return reply;
    }
    ServerErrors.requireUnsuspected(reply, paths.group());
    if (reply.isUnknown() || ServerErrors.isTransient(reply.code())) {
      throw new NotConnectedException(reply.code().name());
    }
    throw ServerErrors.refused(reply.code(), paths.group(), "read");
  }
}
