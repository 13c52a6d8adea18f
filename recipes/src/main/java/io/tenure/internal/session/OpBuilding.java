package io.tenure.internal.session;

import io.tenure.scope.ClientClosedException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Builds the operations of transactions on threads of their own. To build the creation of a znode
 * is to ask the client's ACL provider, which is the user's code: one that blocks (it asks a vault,
 * say) must keep the event thread from nothing. What waits for it then are the transactions that
 * need its answer; leases, renewals and the ends of sessions do not.
 *
 * <p>A transaction is sent when it is built, if its session still lives, so transactions of one
 * caller that wait for each other's answers keep their order, and others need none. One that was
 * answered meanwhile, since its session or the monitor has ended, is never sent.
 *
 * <p>Confined to the monitor's event thread.
 */
final class OpBuilding {

  private static final Log log = Log.of(OpBuilding.class);

  /** So many transactions may wait for the user's code before a further one has to wait. */
  private static final int THREADS = 16;

  private static final long MIN_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A transaction that is being built. */
  private record Unbuilt(
      long session, String path, CompletableFuture<Reply> answer, Moment asked) {}

  private final Monitor monitor;
  private final ThreadPoolExecutor threads = CallbackThread.several("tenure-building", THREADS);
  private final Set<Unbuilt> unbuilt = new LinkedHashSet<>();
  private boolean watching;
  private boolean said;

  OpBuilding(Monitor monitor) {
    this.monitor = monitor;
  }

  /**
   * Builds and sends a transaction.
   *
   * @param path what it is about, for people
   * @return completes on the event thread, always; with what the building throws, if it does
   */
  CompletableFuture<Reply> transact(long session, String path, Supplier<List<CuratorOp>> building) {
    Unbuilt one = new Unbuilt(session, path, new EventFuture<>(), now());
    unbuilt.add(one);
    watch();
    threads.execute(
        () -> {
          try {
            List<CuratorOp> ops = building.get();
            monitor.execute(() -> built(one, ops));
          } catch (Throwable e) {
            monitor.execute(() -> failed(one, e));
          }
        });
    return one.answer();
  }

  /** Runs a task that may wait for the ACL provider; in no order. */
  void execute(Runnable task) {
    threads.execute(() -> EventThread.guarded(task));
  }

  private void built(Unbuilt one, List<CuratorOp> ops) {
    if (!unbuilt.remove(one)) {
      return;
    }
    if (ops.isEmpty()) {
      one.answer().complete(new Reply(Code.OK, List.of(), one.asked()));
      return;
    }
    monitor.transact(one.session(), ops).thenAccept(one.answer()::complete);
  }

  private void failed(Unbuilt one, Throwable cause) {
    if (unbuilt.remove(one)) {
      one.answer().completeExceptionally(cause);
    } else if (!(cause instanceof ClientClosedException)) {
      log.debug("{} could not be built, and is of no use by now", one.path(), cause);
    }
  }

  /** The session has ended: what is not built is answered, and not sent. */
  void sessionGone(long session) {
    answer(one -> one.session() == session, Code.SESSIONEXPIRED);
  }

  /** The monitor has ended. */
  void stop() {
    answer(one -> true, Code.CONNECTIONLOSS);
    threads.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
  }

  private void answer(Predicate<Unbuilt> which, Code code) {
    List<Unbuilt> answered = unbuilt.stream().filter(which).toList();
    answered.forEach(unbuilt::remove);
    answered.forEach(one -> one.answer().complete(new Reply(code, List.of(), one.asked())));
  }

  // ---- saying why it is long ----

  private void watch() {
    if (!watching) {
      watching = true;
      monitor.schedule(this::look, limitNanos());
    }
  }

  private void look() {
    watching = false;
    if (unbuilt.isEmpty()) {
      said = false;
      return;
    }
    Unbuilt oldest = unbuilt.iterator().next();
    long ageNanos = oldest.asked().monotonicNanosUntil(now());
    if (ageNanos < limitNanos()) {
      said = false;
    } else if (!said) {
      said = true;
      log.warn(
          "the client's ACL provider has not said for {} ms who may do what with {}: until it does,"
              + " nothing is elected or recorded there. Let it answer from memory",
          TimeUnit.NANOSECONDS.toMillis(ageNanos),
          oldest.path());
    }
    watch();
  }

  private long limitNanos() {
    return Math.max(MIN_LIMIT_NANOS, monitor.sessionTimeoutNanos());
  }

  private Moment now() {
    return Moment.now(monitor.clock());
  }
}
