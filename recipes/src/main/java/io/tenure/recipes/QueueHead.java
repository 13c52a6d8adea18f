package io.tenure.recipes;

import io.tenure.internal.Backoff;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.Scope;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then, while a candidate waits in the queue, whether the node at its head goes with
 * a session. One that does not, because a tool has restored it, would keep all candidates behind it
 * waiting for ever and in silence.
 *
 * <p>Confined to the monitor's event thread.
 */
final class QueueHead {

  private static final Logger log = LoggerFactory.getLogger(QueueHead.class);

  /** What Curator's latch puts before the sequence number. */
  private static final String LATCH = "latch-";

  private static final long MIN_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Scope scope;
  private final Monitor monitor;
  private final CuratorFramework client;

  private @Nullable Future<?> timer;
  private String said = "";

  QueueHead(Scope scope, Monitor monitor, CuratorFramework client) {
    this.scope = scope;
    this.monitor = monitor;
    this.client = client;
  }

  /** The candidate waits, from now on. */
  void waiting() {
    stop();
    long first = Math.max(MIN_PAUSE_NANOS, monitor.sessionTimeoutNanos());
    lookLater(new Backoff(first, Math.max(first, LONGEST_PAUSE_NANOS)));
  }

  /** It is at the head itself, or has left. */
  void stop() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void lookLater(Backoff backoff) {
    timer =
        monitor.schedule(
            () -> {
              look();
              lookLater(backoff);
            },
            backoff.nextNanos());
  }

  private void look() {
    monitor
        .call(callback -> client.getChildren().inBackground(callback).forPath(scope.latchPath()))
        .thenCompose(
            listed -> {
              Optional<String> head =
                  ServerErrors.code(listed.getResultCode()) == Code.OK
                      ? listed.getChildren().stream().min(Comparator.comparing(QueueHead::order))
                      : Optional.empty();
              return head.isEmpty()
                  ? CompletableFuture.<Void>completedFuture(null)
                  : look(scope.latchPath() + "/" + head.get());
            })
        .exceptionally(
            error -> {
              log.debug("scope={} queue not looked at", scope, error);
              return null;
            });
  }

  private CompletableFuture<Void> look(String head) {
    return monitor
        .call(callback -> client.checkExists().inBackground(callback).forPath(head))
        .thenAccept(
            found -> {
              if (timer != null
                  && ServerErrors.code(found.getResultCode()) == Code.OK
                  && found.getStat().getEphemeralOwner() == 0
                  && !said.equals(head)) {
                said = head;
                log.warn(
                    "scope={} the candidate waits in the queue behind {}, a persistent node made by a"
                        + " person or a tool: it goes with no session, and no candidate behind it"
                        + " is elected. Delete it: delete {}",
                    scope,
                    head,
                    head);
              }
            });
  }

  /** As Curator's latch sorts them. */
  private static String order(String name) {
    int at = name.lastIndexOf(LATCH);
    return at < 0 ? name : name.substring(at + LATCH.length());
  }
}
