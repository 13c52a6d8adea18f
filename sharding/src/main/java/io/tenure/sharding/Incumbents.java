package io.tenure.sharding;

import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * Tells leaders that are gone from leaders whose leader node alone is gone.
 *
 * <p>A session's nodes are deleted in one transaction, and whoever reads sees transactions in their
 * order. So if a leader node was missing, and after that the registration of the same session was
 * still there, then the end of that session is not what deleted the leader node.
 *
 * <p>Confined to the monitor's event thread.
 */
final class Incumbents {

  private final Monitor monitor;
  private final GroupPaths paths;

  Incumbents(Monitor monitor, GroupPaths paths) {
    this.monitor = monitor;
    this.paths = paths;
  }

  /** Whom the record tells of, if there is no leader node. */
  static Optional<Incumbent> withoutNode(Optional<ScopeView> view) {
    return view.filter(found -> found.record().isLed() && found.leader().isEmpty())
        .flatMap(found -> found.record().incumbent());
  }

  /**
   * The sessions of those that are registered; empty if that could not be read. To be called after
   * it was read that the leader node is missing.
   */
  CompletableFuture<Optional<Set<String>>> registered(
      long session, Collection<Incumbent> incumbents) {
    Set<String> ids =
        incumbents.stream().map(last -> last.candidate().id()).collect(Collectors.toSet());
    return monitor
        .read(session, List.of(Op.getChildren(monitor.realPath(paths.workers()))))
        .thenCompose(
            listed ->
                listed.results().isEmpty()
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : sessions(session, registrations(listed.results().get(0), ids)));
  }

  private List<Op> registrations(OpResult result, Set<String> ids) {
    return result instanceof OpResult.GetChildrenResult listed
        ? listed.getChildren().stream()
            .map(name -> paths.workers() + "/" + name)
            .filter(path -> ids.stream().anyMatch(id -> paths.isRegistration(path, id)))
            .map(path -> Op.getData(monitor.realPath(path)))
            .toList()
        : List.of();
  }

  private CompletableFuture<Optional<Set<String>>> sessions(long session, List<Op> reads) {
    if (reads.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.of(Set.of()));
    }
    return monitor
        .read(session, reads)
        .thenApply(read -> read.results().isEmpty() ? Optional.empty() : Optional.of(owners(read)));
  }

  private static Set<String> owners(Reply read) {
    Set<String> sessions = new HashSet<>();
    for (OpResult result : read.results()) {
      if (result instanceof OpResult.GetDataResult found) {
        sessions.add(Sessions.format(found.getStat().getEphemeralOwner()));
      } // Else it is gone by now.
    }
    return sessions;
  }
}
