package io.tenure.recipes;

import io.tenure.internal.CandidateFormat;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.UncompressedClient;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.jspecify.annotations.Nullable;

/**
 * A candidate's place in the queue of Curator's LeaderLatch. Before it enters for the first time it
 * finds out whether the scope is Tenure's, whether the client may do what a leader must do, and
 * whether another candidate has its id: the latch itself would only log what goes wrong, and wait.
 *
 * <p>Confined to the monitor's event thread.
 */
final class LatchQueue {

  private static final Log log = Log.of(LatchQueue.class);

  /**
   * At each reconnect within a session, Curator's latch watches the candidate before it with one
   * more watcher, until that one goes. After so many, a new latch begins with one.
   */
  private static final int RECONNECTS_OF_ONE_LATCH = 8;

  /** Is told on the event thread. */
  interface Owner {
    /** The candidate is at the head of the queue. A hint. */
    void head();

    /** The candidate is no longer at the head. A hint. */
    void headLost();

    /** The candidate cannot stand. */
    void failed(TenureException cause);
  }

  private final ElectionDriver.Settings settings;
  private final Scope scope;
  private final Monitor monitor;
  private final ScopeStore store;
  private final CuratorWatcher watcher;
  private final Owner owner;

  private final Retry entering;
  private final QueueHead head;
  private final QueueNames names;

  private @Nullable LeaderLatch latch;
  private boolean rehearsed;

  /** How often the client has connected again since this latch was at the head, or was made. */
  private int reconnects;

  /** The number of the latest wish to enter the queue; leaving it makes the earlier ones void. */
  private long queueing;

  LatchQueue(
      ElectionDriver.Settings settings,
      Monitor monitor,
      ScopeStore store,
      CuratorWatcher watcher,
      Owner owner) {
    this.settings = settings;
    this.scope = settings.scope();
    this.monitor = monitor;
    this.store = store;
    this.watcher = watcher;
    this.owner = owner;
    this.names = new QueueNames(scope, monitor, store.client());
    this.head = new QueueHead(scope, monitor, store.client(), this::ownPath, this::enterAgain);
    this.entering = new Retry(monitor, log, "scope=" + scope + " waits to enter the queue");
  }

  /** Enters the queue, as soon as there is a connection. */
  void join() {
    joinQueue(++queueing);
  }

  private void joinQueue(long number) {
    if (monitor.sessionId() == 0) {
      entering.whenConnected(joinAgain(number));
      return;
    }
    CompletableFuture<Void> room = names.requireRoom();
    CompletableFuture<Void> ready =
        store
            .readToStand(watcher, false)
            .thenCompose(
                view ->
                    view.isPresent()
                        ? CompletableFuture.<Void>completedFuture(null)
                        : store.ensure());
    if (!rehearsed) {
      ready =
          ready
              .thenCompose(done -> store.ensureLatch())
              .thenCompose(done -> store.rehearse(monitor.sessionId()));
    }
    ready
        .thenCompose(done -> room)
        .whenComplete(
            (done, error) -> {
              if (number != queueing) {
                return;
              }
              if (error != null) {
                joinQueueFailed(error, number);
                return;
              }
              entering.succeeded();
              boolean first = !rehearsed;
              rehearsed = true;
              startLatch();
              if (first) {
                LeaderLatch started = latch;
                if (started != null) {
                  new DuplicateCheck(settings, monitor, store)
                      .run(started, () -> latch == started, owner::failed);
                }
              }
            });
  }

  private Runnable joinAgain(long number) {
    return () -> {
      if (number == queueing) {
        joinQueue(number);
      }
    };
  }

  private void joinQueueFailed(Throwable error, long number) {
    Optional<TenureException> lasting = ScopeStore.lasting(scope, error);
    if (lasting.isPresent()) {
      owner.failed(lasting.get());
    } else {
      entering.later(joinAgain(number), ScopeStore.reason(error));
    }
  }

  private void startLatch() {
    LeaderLatch created =
        new LeaderLatch(
            UncompressedClient.of(store.client()),
            scope.latchPath(),
            CandidateFormat.text(settings.candidate()));
    created.addListener(
        new LeaderLatchListener() {
          @Override
          public void isLeader() {
            tell(
                created,
                () -> {
                  reconnects = 0; // The head of the queue watches no other node.
                  head.stop();
                  owner.head();
                });
          }

          @Override
          public void notLeader() {
            tell(
                created,
                () -> {
                  head.waiting();
                  owner.headLost();
                });
          }
        },
        monitor.executor());
    latch = created;
    reconnects = 0;
    head.waiting();
    monitor.outside(
        () -> {
          try {
            created.start();
          } catch (Exception e) {
            monitor.execute(() -> tell(created, () -> owner.failed(notStarted(e))));
          }
        });
  }

  private CoordinationException notStarted(Exception cause) {
    return new CoordinationException("the latch of " + scope + " cannot be started", cause);
  }

  private void tell(LeaderLatch of, Runnable event) {
    if (latch == of) {
      event.run();
    }
  }

  /** The client has connected again: tries at once what has waited for that. */
  void reconnected() {
    entering.connected();
    if (latch != null && ++reconnects > RECONNECTS_OF_ONE_LATCH) {
      log.debug("scope={} enters the queue again", scope);
      enterAgain();
    }
  }

  private void enterAgain() {
    leave();
    join();
  }

  /** Whether the candidate has entered, and waits for its turn or leads. */
  boolean isWaitedIn() {
    return latch != null;
  }

  private @Nullable String ownPath() {
    LeaderLatch present = latch;
    return present == null ? null : present.getOurPath();
  }

  /**
   * Leaves the queue, or stops entering it.
   *
   * @return completes when the latch's node is gone, or cannot be deleted; on another thread
   */
  CompletableFuture<Void> leave() {
    CompletableFuture<Void> gone = new CompletableFuture<>();
    LeaderLatch left = latch;
    latch = null;
    queueing++; // A queue that is being entered is not entered.
    entering.succeeded();
    head.stop();
    // After it was started. While it asks the ACL provider for its node, its close waits.
    monitor.outside(
        () -> {
          if (left == null) {
            gone.complete(null);
          } else {
            monitor.apart(() -> close(left, gone));
          }
        });
    return gone;
  }

  private void close(LeaderLatch left, CompletableFuture<Void> gone) {
    try {
      close(left);
    } finally {
      gone.complete(null);
    }
  }

  private void close(LeaderLatch left) {
    try {
      left.close();
    } catch (IOException e) {
      if (monitor.closedCause().isPresent()) {
        log.debug("scope={} the client is closed, and its latch node with it", scope, e);
      } else {
        log.warn("scope={} the latch node may stay until the session ends", scope, e);
      }
    } catch (IllegalStateException e) {
      log.debug("scope={} the client is closed, and its latch node with it", scope, e);
    }
  }
}
