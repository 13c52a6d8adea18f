package io.tenure.recipes;

import io.tenure.internal.Backoff;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.Scope;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the queue now and then, while a candidate waits in it, for two causes of a wait that
 * would last for ever and in silence:
 *
 * <ul>
 *   <li>The node at the head goes with no session, because a tool has restored it.
 *   <li>The candidate has no node of its own. Curator's latch gives up after a single attempt to
 *       make the node that failed, while the queue was being deleted for example.
 * </ul>
 *
 * <p>Confined to the monitor's event thread.
 */
final class QueueHead {

  private static final Log log = Log.of(QueueHead.class);

  /** What Curator's latch puts before the sequence number. */
  private static final String LATCH = "latch-";

  private static final long MIN_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(2);

  private final Scope scope;
  private final Monitor monitor;
  private final CuratorFramework client;
  private final QueueNames queue;
  private final Supplier<@Nullable String> ownPath;
  private final Runnable enterAgain;

  private @Nullable Future<?> timer;
  private String said = "";
  private boolean lengthSaid;

  /**
   * Looks at nothing yet.
   *
   * @param ownPath the candidate's own node; null while the latch knows of none
   * @param enterAgain enters the queue with another latch
   */
  QueueHead(
      Scope scope,
      Monitor monitor,
      CuratorFramework client,
      Supplier<@Nullable String> ownPath,
      Runnable enterAgain) {
    this.scope = scope;
    this.monitor = monitor;
    this.client = client;
    this.queue = new QueueNames(scope, monitor, client);
    this.ownPath = ownPath;
    this.enterAgain = enterAgain;
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
              lookLater(backoff);
              look();
            },
            backoff.nextNanos());
  }

  private void look() {
    // Before the list is asked for: a node that is made meanwhile cannot be missed in the list.
    String own = ownPath.get();
    Future<?> asked = timer;
    queue
        .list()
        .thenCompose(
            names -> {
              if (timer == null || timer != asked) {
                return CompletableFuture.<Void>completedFuture(null);
              }
              if (own == null || !names.contains(own.substring(own.lastIndexOf('/') + 1))) {
                log.info("scope={} the candidate has no node in the queue: enters again", scope);
                enterAgain.run();
                return CompletableFuture.<Void>completedFuture(null);
              }
              return names.stream()
                  .min(Comparator.comparing(QueueHead::order))
                  .map(head -> look(scope.latchPath() + "/" + head))
                  .orElseGet(() -> CompletableFuture.completedFuture(null));
            })
        .exceptionally(
            error -> {
              warnOfLength(error);
              log.debug("scope={} queue not looked at", scope, error);
              return null;
            });
  }

  /** Where it was entered by candidates whose clients take more. */
  private void warnOfLength(Throwable error) {
    if (timer != null
        && !lengthSaid
        && error.getCause() instanceof QueueNames.TooLongException tooLong) {
      lengthSaid = true;
      log.warn("scope={} {}", scope, tooLong.getMessage());
    }
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
