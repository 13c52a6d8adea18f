package io.tenure.recipes;

import io.tenure.internal.Backoff;
import io.tenure.internal.CandidateFormat;
import io.tenure.internal.Sessions;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.Uncompressed;
import io.tenure.scope.Candidate;
import io.tenure.scope.DuplicateCandidateException;
import io.tenure.scope.TenureException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Looks for another live candidate with the same id when one enters the queue. Two processes under
 * one name do no harm to the office, which goes by session and nonce, but make the audit trail lie
 * to its readers.
 *
 * <p>A process that was restarted finds its own old node until its old session ends. So a node of
 * another session counts only if it is still there twice, long after that session must have ended
 * if no process kept it alive. A new quorum leader gives all sessions their whole timeout again,
 * and cuts all connections: so the time begins anew with each connection of this client. A rival at
 * the head of the queue that leaves the office vacant shows no life at all; it is waited for. Of
 * two that find each other, the later in the queue gives way.
 *
 * <p>Confined to the monitor's event thread.
 */
final class DuplicateCheck {

  private static final Log log = Log.of(DuplicateCheck.class);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /**
   * So often a rival's session must be found alive after it should have ended without its process.
   */
  private static final int LOOKS = 2;

  private static final long MIN_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What can be seen of a rival. */
  private enum Sign {
    /** Its node or its session is gone. */
    GONE,
    /** It should take office, and does not. */
    NONE,
    /** Its session lives, which is all that it has to do. */
    SESSION
  }

  /** What {@link #run} was asked for. */
  private record Asked(
      LeaderLatch latch, BooleanSupplier wanted, Consumer<TenureException> onDuplicate) {}

  private record Rival(String path, Candidate candidate, long session) {}

  private final ElectionDriver.Settings settings;
  private final Monitor monitor;
  private final ScopeStore store;
  private final QueueNames queue;
  private final Backoff untilListed = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);

  DuplicateCheck(ElectionDriver.Settings settings, Monitor monitor, ScopeStore store) {
    this.settings = settings;
    this.monitor = monitor;
    this.store = store;
    this.queue = new QueueNames(settings.scope(), monitor, store.client());
  }

  /**
   * Starts the check.
   *
   * @param wanted false once the candidate has left the queue: then the check ends
   * @param onDuplicate told if there is another candidate with the id
   */
  void run(LeaderLatch latch, BooleanSupplier wanted, Consumer<TenureException> onDuplicate) {
    if (!wanted.getAsBoolean()) {
      return;
    }
    String own = latch.getOurPath();
    if (own == null || monitor.sessionId() == 0) {
      monitor.schedule(() -> run(latch, wanted, onDuplicate), untilListed.nextNanos());
      return;
    }
    String ownName = own.substring(own.lastIndexOf('/') + 1);
    queue
        .list()
        .thenCompose(
            names -> {
              if (!names.contains(ownName)) {
                // Its node was deleted, and Curator makes a new one, which is no rival of it.
                monitor.schedule(() -> run(latch, wanted, onDuplicate), untilListed.nextNanos());
                return CompletableFuture.completedFuture(List.<Rival>of());
              }
              return rivals(names, ownName);
            })
        .whenComplete(
            (rivals, error) -> {
              if (error != null) {
                log.debug("scope={} queue not read for duplicates", settings.scope(), error);
                monitor.schedule(() -> run(latch, wanted, onDuplicate), untilListed.nextNanos());
              } else if (wanted.getAsBoolean()) {
                rivals.stream()
                    .findFirst()
                    .ifPresent(r -> judge(r, new Asked(latch, wanted, onDuplicate)));
              }
            });
  }

  private void judge(Rival rival, Asked asked) {
    if (rival.session() == monitor.sessionId()) {
      asked.onDuplicate().accept(duplicate(rival));
      return;
    }
    log.warn(
        "scope={} candidate id {} is also that of host {} pid {} (session {}): "
            + "waiting whether that session ends",
        settings.scope(),
        settings.candidate().id(),
        rival.candidate().host(),
        rival.candidate().pid(),
        Sessions.format(rival.session()));
    lookLater(rival, LOOKS, monitor.connections(), asked);
  }

  /** Looks again when the rival's session must have ended if no process keeps it alive. */
  private void lookLater(Rival rival, int looks, long connections, Asked asked) {
    // The server rounds the timeout up to its next tick; half as much again is enough for that.
    long timeout = Math.max(MIN_TIMEOUT_NANOS, monitor.sessionTimeoutNanos());
    monitor.schedule(
        () -> {
          if (asked.wanted().getAsBoolean()) {
            look(rival, looks, connections, asked);
          }
        },
        timeout + timeout / 2);
  }

  private void look(Rival rival, int looks, long connections, Asked asked) {
    if (monitor.connections() != connections || !monitor.isConnected()) {
      lookLater(rival, LOOKS, monitor.connections(), asked);
      return;
    }
    signOfLife(rival)
        .whenComplete(
            (sign, error) -> {
              if (!asked.wanted().getAsBoolean()) {
                return;
              }
              if (sign == Sign.GONE) {
                // Another may have been behind it, in a queue that it was in before us.
                run(asked.latch(), asked.wanted(), asked.onDuplicate());
              } else if (error != null || sign == Sign.NONE) {
                lookLater(rival, looks, connections, asked);
              } else if (looks > 1) {
                lookLater(rival, looks - 1, connections, asked);
              } else {
                asked.onDuplicate().accept(duplicate(rival));
              }
            });
  }

  private CompletableFuture<Sign> signOfLife(Rival rival) {
    return read(rival.path())
        .thenCompose(
            still -> {
              if (still.isEmpty() || still.get().session() != rival.session()) {
                return CompletableFuture.completedFuture(Sign.GONE);
              }
              return isVacant()
                  .thenCombine(queue.list(), (vacant, names) -> sign(rival, vacant, names));
            });
  }

  private static Sign sign(Rival rival, boolean vacant, List<String> queue) {
    boolean isHead =
        queue.stream().noneMatch(name -> sequence(name).compareTo(sequence(rival.path())) < 0);
    return vacant && isHead ? Sign.NONE : Sign.SESSION;
  }

  private CompletableFuture<Boolean> isVacant() {
    String path = settings.scope().leaderPath();
    return monitor
        .call(callback -> store.client().checkExists().inBackground(callback).forPath(path))
        .thenApply(event -> ScopeStore.check(event, path, "read") == Code.NONODE);
  }

  private DuplicateCandidateException duplicate(Rival rival) {
    return new DuplicateCandidateException(
        "candidate id "
            + settings.candidate().id()
            + " of scope "
            + settings.scope()
            + " is in use by host "
            + rival.candidate().host()
            + " pid "
            + rival.candidate().pid()
            + " (session "
            + Sessions.format(rival.session())
            + ", "
            + rival.path()
            + "): give each candidate an id of its own. If that process is gone, its session ends"
            + " within its timeout: then acquire again");
  }

  /** The candidates before us in the queue that have our id, in its order. */
  private CompletableFuture<List<Rival>> rivals(List<String> names, String ownName) {
    List<CompletableFuture<Optional<Rival>>> reads =
        names.stream()
            .filter(name -> sequence(name).compareTo(sequence(ownName)) < 0)
            .sorted(Comparator.comparing(DuplicateCheck::sequence))
            .map(name -> read(settings.scope().latchPath() + "/" + name))
            .toList();
    return CompletableFuture.allOf(reads.toArray(CompletableFuture[]::new))
        .thenApply(done -> reads.stream().flatMap(read -> read.join().stream()).toList());
  }

  private CompletableFuture<Optional<Rival>> read(String path) {
    return monitor
        .call(callback -> Uncompressed.getData(store.client()).inBackground(callback).forPath(path))
        .thenApply(event -> rival(path, event))
        .exceptionally(
            error -> {
              if (error instanceof CompletionException) {
                return Optional.empty();
              }
              throw new CompletionException(error);
            });
  }

  private Optional<Rival> rival(String path, CuratorEvent event) {
    if (ServerErrors.code(event.getResultCode()) != Code.OK) {
      return Optional.empty();
    }
    return CandidateFormat.parse(path, event.getData())
        .filter(candidate -> candidate.id().equals(settings.candidate().id()))
        .map(candidate -> new Rival(path, candidate, event.getStat().getEphemeralOwner()));
  }

  private static String sequence(String name) {
    return name.substring(Math.max(0, name.length() - 10));
  }
}
