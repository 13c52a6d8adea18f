package io.tenure.sharding;

import io.tenure.internal.Incumbent;
import io.tenure.internal.Sessions;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.TenureException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * The registrations of a group's workers, as they stand on the server.
 *
 * <p>They tell leaders that are gone from leaders whose leader node alone is gone. A session's
 * nodes are deleted in one transaction, and every reader sees transactions in their order. So if a
 * leader node was missing, and after that the registration of the same session was still there,
 * then the end of that session is not what deleted the leader node.
 *
 * <p>Confined to the monitor's event thread.
 */
final class Registrations {

  private final Monitor monitor;
  private final GroupPaths paths;

  Registrations(Monitor monitor, GroupPaths paths) {
    this.monitor = monitor;
    this.paths = paths;
  }

  /**
   * The paths of the registrations of those workers; empty if there is no connection. Fails with a
   * {@link TenureException} if the server denies it: to take that for no registrations would be to
   * take the offices of leaders that live.
   */
  CompletableFuture<Optional<List<String>>> of(long session, Set<String> workerIds) {
    return monitor
        .read(session, List.of(Op.getChildren(monitor.realPath(paths.workers()))))
        .thenApply(
            reply -> {
              ServerErrors.requireUnsuspected(reply, paths.workers());
              return reply.results().isEmpty()
                  ? Optional.empty()
                  : Optional.of(select(reply.results().get(0), workerIds));
            });
  }

  private List<String> select(OpResult result, Set<String> workerIds) {
    if (result instanceof OpResult.ErrorResult error) {
      ServerErrors.requireAbsent(error, paths.workers());
      return List.of();
    }
    return ((OpResult.GetChildrenResult) result)
        .getChildren().stream()
            .map(name -> paths.workers() + "/" + name)
            .filter(path -> workerIds.stream().anyMatch(id -> paths.isRegistration(path, id)))
            .toList();
  }

  /** Reads registrations. */
  CompletableFuture<Reply> read(long session, List<String> registrations) {
    return monitor.read(
        session, registrations.stream().map(path -> Op.getData(monitor.realPath(path))).toList());
  }

  /**
   * The sessions of those of them that are registered, each with its timeout in nanoseconds, 0
   * where it is not said; empty if there is no connection, and fails if the server denies it. To be
   * called after it was read that their leader nodes are missing.
   */
  CompletableFuture<Optional<Map<String, Long>>> sessions(
      long session, Collection<Incumbent> incumbents) {
    Set<String> ids =
        incumbents.stream().map(last -> last.candidate().id()).collect(Collectors.toSet());
    return of(session, ids)
        .thenCompose(
            found ->
                found.isEmpty() || found.get().isEmpty()
                    ? CompletableFuture.completedFuture(found.map(none -> Map.<String, Long>of()))
                    : read(session, found.get()).thenApply(reply -> owners(found.get(), reply)));
  }

  private static Optional<Map<String, Long>> owners(List<String> registrations, Reply read) {
    if (read.results().isEmpty()) {
      return Optional.empty();
    }
    Map<String, Long> sessions = new HashMap<>();
    for (int i = 0; i < registrations.size(); i++) {
      if (read.results().get(i) instanceof OpResult.GetDataResult found) {
        sessions.merge(
            Sessions.format(found.getStat().getEphemeralOwner()),
            timeoutNanos(registrations.get(i), found.getData()),
            Math::max);
      } else if (read.results().get(i) instanceof OpResult.ErrorResult error) {
        ServerErrors.requireAbsent(error, registrations.get(i)); // It is gone by now.
      }
    }
    return Optional.of(sessions);
  }

  private static long timeoutNanos(String path, byte[] data) {
    try {
      return TimeUnit.MILLISECONDS.toNanos(WorkerNode.parse(path, data).sessionTimeoutMillis());
    } catch (TenureException e) {
      return 0; // It lives all the same.
    }
  }
}
