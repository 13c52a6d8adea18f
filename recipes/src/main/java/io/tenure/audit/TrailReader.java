package io.tenure.audit;

import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrimMarker;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Scope;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Reads the znodes of one trail. Blocks the caller; must not be called on ZooKeeper's event thread.
 * Thread-safe: no state but Curator's.
 */
final class TrailReader {

  /** How often a trail may be deleted and made anew while it is read. */
  private static final int MAX_TRIES = 10;

  private final CuratorFramework client;
  private final ZnodeReader znodes;
  private final Scope scope;

  TrailReader(CuratorFramework client, Scope scope) {
    this.client = client;
    this.znodes = new ZnodeReader(client);
    this.scope = scope;
  }

  /** Makes sure that what is read next is as new as what the quorum has applied. */
  void sync() throws InterruptedException {
    znodes.sync(scope.path());
  }

  /** A scope's record and what the server says about its znode. */
  record Recorded(ScopeRecord record, Stat stat) {}

  /** The scope's record; empty if there is no scope. */
  Optional<Recorded> record() throws InterruptedException {
    return read(List.of(scope.path())).stream()
        .findFirst()
        .filter(node -> node.data().length > 0)
        .map(node -> new Recorded(ScopeRecord.parse(node.path(), node.data()), node.stat()));
  }

  /**
   * The parent of the entries.
   *
   * @param marker what was taken out of the trail after it was archived
   * @param stat what the server says about it; empty if it is not there
   */
  record Parent(TrimMarker marker, Optional<Stat> stat) {}

  /** The parent of the entries, which may not be there. */
  Parent parent() throws InterruptedException {
    return read(List.of(scope.auditPath())).stream()
        .findFirst()
        .map(
            node ->
                new Parent(TrimMarker.parse(node.path(), node.data()), Optional.of(node.stat())))
        .orElseGet(() -> new Parent(TrimMarker.none(), Optional.empty()));
  }

  /** The names in the trail. */
  List<String> names() throws InterruptedException {
    CuratorEvent event = list(null);
    return ZnodeReader.isThere(event, scope.auditPath())
        ? event.getChildren().stream().sorted().toList()
        : List.of();
  }

  private CuratorEvent list(@Nullable CuratorWatcher watcher) throws InterruptedException {
    Optional<String> suspicion = znodes.requireListable(scope.auditPath());
    CuratorEvent event =
        ZnodeReader.await(
            ZnodeReader.start(
                client,
                call -> {
                  if (watcher == null) {
                    client.getChildren().inBackground(call).forPath(scope.auditPath());
                  } else {
                    client
                        .getChildren()
                        .usingWatcher(watcher)
                        .inBackground(call)
                        .forPath(scope.auditPath());
                  }
                }));
    ZnodeReader.requireAnswered(event, scope.auditPath(), suspicion);
    return event;
  }

  /**
   * The trail as it is now, its record read before its list and after.
   *
   * @param watcher told of the next change of the list, or of the trail's creation
   * @return empty if there is no trail
   */
  Optional<TrailState> state(CuratorWatcher watcher) throws InterruptedException {
    for (int tries = 0; tries < MAX_TRIES; tries++) {
      TrailState.Earlier earlier =
          new TrailState.Earlier(
              read(List.of(scope.auditPath())).stream().findFirst(),
              read(List.of(scope.path())).stream().findFirst());
      CuratorEvent listed = list(watcher);
      if (!ZnodeReader.isThere(listed, scope.auditPath())) {
        if (isThere(watcher)) {
          continue; // Made meanwhile.
        }
        return Optional.empty();
      }
      List<ZnodeReader.Znode> audit = read(List.of(scope.auditPath()));
      long made = listed.getStat().getCzxid();
      if (audit.isEmpty() || audit.get(0).stat().getCzxid() != made || !earlier.isOf(made)) {
        continue; // Deleted or made anew meanwhile.
      }
      Optional<ZnodeReader.Znode> parent = read(List.of(scope.path())).stream().findFirst();
      TrailState state =
          TrailState.of(scope.path(), earlier, listed.getChildren(), audit.get(0), parent);
      if (state.isTooEarly()) {
        continue;
      }
      return Optional.of(state);
    }
    throw new CoordinationException(
        scope.auditPath() + " was deleted and made anew at each try to read it; try again");
  }

  private boolean isThere(CuratorWatcher watcher) throws InterruptedException {
    CuratorEvent event =
        ZnodeReader.await(
            ZnodeReader.start(
                client,
                call ->
                    client
                        .checkExists()
                        .usingWatcher(watcher)
                        .inBackground(call)
                        .forPath(scope.auditPath())));
    return ZnodeReader.isThere(event, scope.auditPath());
  }

  /** Reads znodes; an answer for each. */
  List<ZnodeReader.Read<ZnodeReader.Znode>> readEach(List<String> paths)
      throws InterruptedException {
    return znodes.readEach(paths);
  }

  /** Reads znodes in the order given; those that are not there are left out. */
  List<ZnodeReader.Znode> read(List<String> paths) throws InterruptedException {
    return znodes.read(paths);
  }
}
