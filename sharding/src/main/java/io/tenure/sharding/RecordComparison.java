package io.tenure.sharding;

import io.tenure.internal.RecordCheck;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailLength;
import io.tenure.internal.session.ListPause;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.Stat;

/**
 * Holds the records of vacant shards against their trails, see {@link RecordCheck}. What is usually
 * enough, the last entry of each, is read for all of them in one request; the entries of a shard
 * whose record something else than a transition has written are read one by one.
 *
 * <p>Confined to the monitor's event thread.
 */
final class RecordComparison {

  /**
   * A shard whose record may be older than its trail.
   *
   * @param read of the record
   * @param trail of the parent of the entries
   */
  record Suspect(Scope scope, String shard, ScopeRecord record, Stat read, Stat trail) {}

  /**
   * The result of one comparison.
   *
   * @param refused why no worker may be elected there; empty where the record fits, or has changed
   *     meanwhile and is to be read again
   */
  record Verdict(boolean fits, Optional<TenureException> refused) {
    static final Verdict FITS = new Verdict(true, Optional.empty());
    static final Verdict AGAIN = new Verdict(false, Optional.empty());
  }

  private final Monitor monitor;

  /** Of shards whose list has probably lost the connection. */
  private final Map<String, ListPause> listPauses = new HashMap<>();

  RecordComparison(Monitor monitor) {
    this.monitor = monitor;
  }

  /** Compares, and tells the verdict on each. */
  CompletableFuture<Void> compare(
      long session, List<Suspect> suspects, BiConsumer<Suspect, Verdict> verdicts) {
    List<Suspect> named =
        suspects.stream().filter(one -> one.record().lastEntryName().isPresent()).toList();
    List<Op> reads =
        named.stream()
            .map(one -> getData(one.scope(), one.record().lastEntryName().orElseThrow()))
            .toList();
    CompletableFuture<Reply> read =
        reads.isEmpty() ? CompletableFuture.completedFuture(null) : monitor.read(session, reads);
    return read.thenCompose(
        reply -> {
          if (!named.isEmpty() && reply.results().size() != named.size()) {
            Verdict verdict = new Verdict(false, lasting(reply.code(), named.get(0)));
            suspects.forEach(one -> verdicts.accept(one, verdict));
            return CompletableFuture.completedFuture(null);
          }
          CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
          for (Suspect one : suspects) {
            int place = named.indexOf(one);
            Optional<RecordCheck.Seen> last =
                place < 0
                    ? Optional.empty()
                    : seen(one.record().lastEntryName().orElseThrow(), reply.results().get(place));
            if (last.filter(seen -> isOfLastTransition(one, seen)).isPresent()) {
              verdicts.accept(one, Verdict.FITS);
            } else {
              all =
                  all.thenCompose(done -> entries(session, one, last))
                      .thenAccept(verdict -> verdicts.accept(one, verdict));
            }
          }
          return all;
        });
  }

  private static Optional<TenureException> lasting(Code code, Suspect one) {
    return code == Code.OK || ServerErrors.isTransient(code)
        ? Optional.empty()
        : Optional.of(ServerErrors.refused(code, one.scope().auditPath(), "read"));
  }

  private Op getData(Scope scope, String name) {
    return Op.getData(monitor.realPath(scope.auditPath() + "/" + name));
  }

  private static boolean isOfLastTransition(Suspect one, RecordCheck.Seen last) {
    return RecordCheck.isOfLastTransition(one.record(), one.read().getMzxid(), last);
  }

  private static Optional<RecordCheck.Seen> seen(String name, OpResult result) {
    if (!(result instanceof OpResult.GetDataResult read)) {
      return Optional.empty(); // Gone meanwhile; or its forger lets no other client read it.
    }
    byte[] data = read.getData() == null ? new byte[0] : read.getData();
    return Optional.of(new RecordCheck.Seen(name, data, read.getStat().getCzxid()));
  }

  private CompletableFuture<Verdict> entries(
      long session, Suspect one, Optional<RecordCheck.Seen> last) {
    ListPause pause = listPauses.get(one.shard());
    boolean listable =
        TrailLength.fits(one.trail().getNumChildren(), one.record(), monitor.packetBytes())
            && (pause == null || !pause.isOn(monitor.clock().monotonicNanos()));
    if (!listable) {
      return counted(session, one, last);
    }
    return monitor
        .read(session, List.of(Op.getChildren(monitor.realPath(one.scope().auditPath()))))
        .thenCompose(
            reply -> {
              if (reply.results().size() != 1) {
                noteLoss(one, reply);
                return CompletableFuture.completedFuture(
                    new Verdict(false, lasting(reply.code(), one)));
              }
              listPauses.remove(one.shard());
              List<String> names =
                  reply.results().get(0) instanceof OpResult.GetChildrenResult listed
                      ? listed.getChildren()
                      : List.of();
              return read(session, one, RecordCheck.notBefore(one.record(), names))
                  .thenCompose(
                      read ->
                          read.isEmpty()
                              ? CompletableFuture.completedFuture(Verdict.AGAIN)
                              : verdict(
                                  session,
                                  one,
                                  RecordCheck.older(
                                      one.scope(),
                                      one.record(),
                                      one.read().getMzxid(),
                                      read.get())));
            });
  }

  /**
   * The connection was lost, perhaps by this list: names may be longer than those of transitions.
   * The next try does without it.
   */
  private void noteLoss(Suspect one, Reply reply) {
    if (reply.code() == Code.CONNECTIONLOSS) {
      listPauses
          .computeIfAbsent(one.shard(), any -> new ListPause())
          .lost(monitor.clock().monotonicNanos());
    }
  }

  private CompletableFuture<Verdict> counted(
      long session, Suspect one, Optional<RecordCheck.Seen> last) {
    return monitor
        .read(session, List.of(Op.getData(monitor.realPath(one.scope().quarantinePath()))))
        .thenCompose(
            reply -> {
              if (reply.results().size() != 1) {
                return CompletableFuture.completedFuture(
                    new Verdict(false, lasting(reply.code(), one)));
              }
              int aside =
                  reply.results().get(0) instanceof OpResult.GetDataResult found
                      ? found.getStat().getNumChildren()
                      : 0;
              RecordCheck.Counts counts =
                  RecordCheck.Counts.of(
                      one.trail().getNumChildren(), one.trail().getCversion(), aside);
              return verdict(
                  session,
                  one,
                  RecordCheck.older(
                      one.scope(), one.record(), one.read().getMzxid(), last, counts));
            });
  }

  /** One by one, since their sizes are unknown; empty if there was no connection. */
  private CompletableFuture<Optional<List<RecordCheck.Seen>>> read(
      long session, Suspect one, List<String> names) {
    CompletableFuture<Optional<List<RecordCheck.Seen>>> read =
        CompletableFuture.completedFuture(Optional.of(new ArrayList<>()));
    for (String name : names) {
      read =
          read.thenCompose(
              all ->
                  all.isEmpty()
                      ? CompletableFuture.completedFuture(all)
                      : monitor
                          .read(session, List.of(getData(one.scope(), name)))
                          .thenApply(reply -> with(all.get(), name, reply)));
    }
    return read;
  }

  private static Optional<List<RecordCheck.Seen>> with(
      List<RecordCheck.Seen> all, String name, Reply reply) {
    if (reply.results().size() != 1) {
      return Optional.empty();
    }
    seen(name, reply.results().get(0)).ifPresent(all::add);
    return Optional.of(all);
  }

  /** The parts were not read at one instant: a commit may have come between them. */
  private CompletableFuture<Verdict> verdict(
      long session, Suspect one, Optional<ForeignDataException> older) {
    if (older.isEmpty()) {
      return CompletableFuture.completedFuture(Verdict.FITS);
    }
    return monitor
        .read(session, List.of(Op.getData(monitor.realPath(one.scope().path()))))
        .thenApply(
            reply ->
                reply.results().size() == 1
                        && reply.results().get(0) instanceof OpResult.GetDataResult again
                        && again.getStat().getMzxid() == one.read().getMzxid()
                    ? new Verdict(false, older.map(TenureException.class::cast))
                    : Verdict.AGAIN);
  }
}
