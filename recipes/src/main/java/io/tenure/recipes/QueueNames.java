package io.tenure.recipes;

import io.tenure.internal.QueueLength;
import io.tenure.internal.session.Monitor;
import io.tenure.scope.Scope;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntPredicate;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;

/**
 * The names in a scope's queue. They are counted first: a list that does not fit into a reply is
 * not asked for, since the client would lose its connection.
 *
 * <p>Thread-safe: no state but Curator's. Answers come on the monitor's event thread.
 */
final class QueueNames {

  /** The queue is too long; it may get shorter. */
  static final class TooLongException extends ScopeStore.LaterException {
    private static final long serialVersionUID = 1L;

    TooLongException(String message) {
      super(message);
    }
  }

  private final String path;
  private final Monitor monitor;
  private final CuratorFramework client;

  QueueNames(Scope scope, Monitor monitor, CuratorFramework client) {
    this.path = scope.latchPath();
    this.monitor = monitor;
    this.client = client;
  }

  /**
   * Finds out whether one more candidate may enter.
   *
   * @return fails with {@link TooLongException} if not
   */
  CompletableFuture<Void> requireRoom() {
    return counted(count -> QueueLength.hasRoom(count, monitor.packetBytes()));
  }

  /**
   * Lists the queue, in no order.
   *
   * @return fails with {@link TooLongException} if the list does not fit into a reply
   */
  CompletableFuture<List<String>> list() {
    return counted(count -> QueueLength.fits(count, monitor.packetBytes()))
        .thenCompose(
            fits ->
                monitor.call(callback -> client.getChildren().inBackground(callback).forPath(path)))
        .thenApply(
            event ->
                ScopeStore.check(event, path, "read") == Code.NONODE
                    ? List.of()
                    : event.getChildren());
  }

  private CompletableFuture<Void> counted(IntPredicate fits) {
    return monitor
        .call(callback -> client.checkExists().inBackground(callback).forPath(path))
        .thenAccept(
            event -> {
              if (ScopeStore.check(event, path, "read") == Code.OK) {
                int count = event.getStat().getNumChildren();
                if (!fits.test(count)) {
                  throw new CompletionException(
                      new TooLongException(
                          QueueLength.tooLong(path, count, monitor.packetBytes())));
                }
              }
            });
  }
}
