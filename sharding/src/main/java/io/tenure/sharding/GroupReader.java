package io.tenure.sharding;

import io.tenure.internal.LeaderNode;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * Reads what the coordinator goes by: settings, workers, directives, and the plan as it stands.
 * Where one of them cannot be understood, what it last said counts, see {@link LastUnderstood}; a
 * part of the plan that cannot be understood is passed over. Either is said once in the log.
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
   * @param data of those that can be read, by path, with the plan's own
   * @param children all that are there
   */
  record StandingPlan(
      List<PlanNode> nodes, Map<String, byte[]> data, List<String> children, PlanSummary summary) {

    /** Whether it has a part for a worker. */
    boolean isFor(String workerId) {
      return nodes.stream().anyMatch(node -> node.workerId().equals(workerId));
    }

    /** The shards of which it does not say who leads them, or that no worker has room for them. */
    List<String> unnamed(ShardSet shards) {
      Set<String> named = new HashSet<>(summary.unplaced());
      nodes.forEach(node -> named.addAll(node.leads()));
      return shards.names().stream().filter(shard -> !named.contains(shard)).toList();
    }
  }

  private final Monitor monitor;
  private final GroupPaths paths;
  private final LastUnderstood last;
  private final Set<String> complained = new HashSet<>();

  GroupReader(Monitor monitor, GroupPaths paths, Supplier<Optional<GroupSettings>> knownToWorker) {
    this.monitor = monitor;
    this.paths = paths;
    this.last = new LastUnderstood(paths, knownToWorker);
  }

  /**
   * Settings, workers and directives.
   *
   * @param isPlanned whether the plan has a part for a worker
   */
  CoordinatorMachine.View view(Predicate<String> isPlanned)
      throws NotConnectedException, InterruptedException {
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
    last.retain(Set.copyOf(children));
    List<CoordinatorMachine.Worker> workers = new ArrayList<>();
    List<Directives.Written> directives = new ArrayList<>();
    Map<String, String> unreadable = new HashMap<>();
    read(children, NODES_PER_READ)
        .forEach(
            (path, result) -> {
              if (!path.startsWith(paths.directives() + "/")) {
                worker(path, result, isPlanned).ifPresent(workers::add);
              } else if (result instanceof OpResult.GetDataResult found) {
                directives.add(new Directives.Written(path, data(found)));
              } else {
                denied(path, result).ifPresent(why -> unreadable.put(path, why));
              }
            });
    return new CoordinatorMachine.View(settings, workers, last.directives(directives, unreadable));
  }

  private GroupSettings settings(OpResult result) {
    if (result instanceof OpResult.GetDataResult found) {
      try {
        return last.settings(GroupSettings.parse(paths.group(), found.getData()));
      } catch (TenureException e) {
        return last.settings(e, found.getStat());
      }
    }
    try {
      ServerErrors.requireAbsent((OpResult.ErrorResult) result, paths.group());
    } catch (TenureException e) {
      return last.settings(e, null);
    }
    throw new CoordinationException(
        paths.group() + " was deleted while its workers run: the next one that joins makes it");
  }

  private Optional<CoordinatorMachine.Worker> worker(
      String path, OpResult result, Predicate<String> isPlanned) {
    try {
      if (result instanceof OpResult.GetDataResult found) {
        if (found.getStat().getEphemeralOwner() == 0) {
          last.passedOver(path, GroupPaths.persistentRegistration(path));
          return Optional.empty();
        }
        return Optional.of(last.worker(path, parse(path, data(found))));
      }
      ServerErrors.requireAbsent((OpResult.ErrorResult) result, path);
      return Optional.empty();
    } catch (TenureException e) {
      return last.worker(path, e, isPlanned);
    }
  }

  private CoordinatorMachine.Worker parse(String path, byte[] data) {
    return new CoordinatorMachine.Worker(
        WorkerNode.parse(paths, path, data), GroupPaths.incarnation(path));
  }

  private static byte[] data(OpResult.GetDataResult found) {
    return found.getData() == null ? new byte[0] : found.getData();
  }

  /** Why a znode that is there cannot be read. */
  private static Optional<String> denied(String path, OpResult result) {
    try {
      ServerErrors.requireAbsent((OpResult.ErrorResult) result, path);
      return Optional.empty();
    } catch (TenureException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static Optional<PlanCopy.Found> found(String path, OpResult result) {
    if (result instanceof OpResult.GetDataResult found) {
      return Optional.of(new PlanCopy.Found(data(found), found.getStat()));
    }
    ServerErrors.requireAbsent((OpResult.ErrorResult) result, path);
    return Optional.empty();
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
    Map<String, byte[]> all = new LinkedHashMap<>();
    if (top.results().get(0) instanceof OpResult.GetDataResult found) {
      byte[] data = data(found);
      all.put(paths.plans(), data);
      if (data.length > 0) {
        summary =
            understood(paths.plans(), () -> PlanSummary.parse(paths.plans(), data)).orElse(summary);
      }
    }
    List<String> children = children(paths.plans(), top.results().get(1));
    List<PlanNode> nodes = new ArrayList<>();
    // One by one: plans of many long-named shards are large.
    data(read(children, 1))
        .forEach(
            (path, data) -> {
              all.put(path, data);
              understood(path, () -> PlanNode.parse(paths, path, data)).ifPresent(nodes::add);
            });
    return new StandingPlan(nodes, all, children, summary);
  }

  /**
   * Who leads shards, by their leader nodes. Without shards that were ever led there is nothing to
   * be read one by one.
   */
  Map<String, String> leaders(List<String> shards)
      throws NotConnectedException, InterruptedException {
    if (shards.isEmpty() || !hasChildren(paths.shards())) {
      return Map.of();
    }
    Map<String, String> leaders = new LinkedHashMap<>();
    read(shards.stream().map(shard -> paths.shard(shard).leaderPath()).toList(), NODES_PER_READ)
        .forEach(
            (path, result) -> {
              if (result instanceof OpResult.GetDataResult found) {
                leaderOf(path, data(found))
                    .ifPresent(worker -> leaders.put(paths.shardOf(path), worker));
              } // Else it has no leader, or its leader cannot be known.
            });
    return leaders;
  }

  private static Optional<String> leaderOf(String path, byte[] data) {
    try {
      return Optional.of(LeaderNode.parse(path, data).incumbent().candidate().id());
    } catch (TenureException e) {
      return Optional.empty(); // An operator's word, most likely: its leader gives up.
    }
  }

  private boolean hasChildren(String path) throws NotConnectedException, InterruptedException {
    Reply reply =
        await(monitor.read(monitor.sessionId(), List.of(Op.getData(monitor.realPath(path)))));
    return reply.results().get(0) instanceof OpResult.GetDataResult found
        && found.getStat().getNumChildren() > 0;
  }

  /** Znodes of the plan, as they are now. */
  Map<String, Optional<PlanCopy.Found>> found(Collection<String> all)
      throws NotConnectedException, InterruptedException {
    Map<String, Optional<PlanCopy.Found>> found = new LinkedHashMap<>();
    read(List.copyOf(all), 1)
        .forEach(
            (path, result) ->
                understood(path, () -> found(path, result))
                    .ifPresent(node -> found.put(path, node)));
    return found;
  }

  /** The children of the plan. */
  List<String> planPaths() throws NotConnectedException, InterruptedException {
    Reply reply =
        await(
            monitor.read(
                monitor.sessionId(), List.of(Op.getChildren(monitor.realPath(paths.plans())))));
    return children(paths.plans(), reply.results().get(0));
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
            found.put(path, data(read));
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
