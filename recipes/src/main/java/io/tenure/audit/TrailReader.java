package io.tenure.audit;

import io.tenure.internal.ScopeRecord;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Reads the znodes of a trail, many at a time. Blocks the caller; must not be called on ZooKeeper's
 * event thread. Thread-safe: no state but Curator's.
 */
final class TrailReader {

  /**
   * How many reads are under way at a time: enough to hide the round trip, few enough for one
   * server.
   */
  private static final int READS_IN_FLIGHT = 256;

  /** One znode: its data and what the server says about it. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Znode(String path, byte[] data, Stat stat) {}

  private final CuratorFramework client;
  private final Scope scope;

  TrailReader(CuratorFramework client, Scope scope) {
    this.client = client;
    this.scope = scope;
  }

  /** Makes sure that what is read next is as new as what the quorum has applied. */
  void sync() throws InterruptedException {
    check(
        await(start(call -> client.sync().inBackground(call).forPath(scope.path()))), scope.path());
  }

  /** The scope's record; empty if there is no scope. */
  Optional<ScopeRecord> record() throws InterruptedException {
    return read(List.of(scope.path())).stream()
        .findFirst()
        .filter(node -> node.data().length > 0)
        .map(node -> ScopeRecord.parse(node.path(), node.data()));
  }

  /** Whether somebody is in office. */
  boolean isLed() throws InterruptedException {
    return !read(List.of(scope.leaderPath())).isEmpty();
  }

  /** The names in the trail; the watcher, if any, is told of the next change. */
  List<String> names(@Nullable CuratorWatcher watcher) throws InterruptedException {
    CuratorEvent event =
        await(
            start(
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
    return check(event, scope.auditPath())
        ? event.getChildren().stream().sorted().toList()
        : List.of();
  }

  /** Reads znodes in the order given; those that are not there are left out. */
  List<Znode> read(List<String> paths) throws InterruptedException {
    List<Znode> nodes = new ArrayList<>(paths.size());
    for (int from = 0; from < paths.size(); from += READS_IN_FLIGHT) {
      List<String> some = paths.subList(from, Math.min(paths.size(), from + READS_IN_FLIGHT));
      List<CompletableFuture<CuratorEvent>> reads = new ArrayList<>(some.size());
      for (String path : some) {
        reads.add(
            start(call -> client.getData().undecompressed().inBackground(call).forPath(path)));
      }
      for (int i = 0; i < reads.size(); i++) {
        CuratorEvent event = await(reads.get(i));
        if (check(event, some.get(i))) {
          byte[] data = event.getData();
          nodes.add(new Znode(some.get(i), data == null ? new byte[0] : data, event.getStat()));
        }
      }
    }
    return nodes;
  }

  private interface Call {
    void start(BackgroundCallback callback) throws Exception;
  }

  private static CompletableFuture<CuratorEvent> start(Call call) throws InterruptedException {
    CompletableFuture<CuratorEvent> future = new CompletableFuture<>();
    try {
      call.start((client, event) -> future.complete(event));
    } catch (InterruptedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new CoordinationException("ZooKeeper cannot be asked: " + e.getMessage(), e);
    }
    return future;
  }

  private static CuratorEvent await(CompletableFuture<CuratorEvent> future)
      throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Whether the znode is there. */
  private static boolean check(CuratorEvent event, String path) {
    Code code = Code.get(event.getResultCode());
    if (code == Code.OK || code == Code.NONODE) {
      return code == Code.OK;
    }
    throw failed(code, path);
  }

  private static TenureException failed(Code code, String path) {
    KeeperException cause = KeeperException.create(code, path);
    return code == Code.NOAUTH
        ? new PermissionDeniedException(
            "the server denies read on " + path + ": grant it in the ACL", cause)
        : new CoordinationException(path + " cannot be read: " + code, cause);
  }
}
