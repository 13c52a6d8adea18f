package io.tenure.sharding;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.TrailLength;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.session.ListPause;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.Retention;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Reads the scopes of shards, many in one request. While one is under way, what comes gathers for
 * the next.
 *
 * <p>To read twice is harmless: a reading that failed for want of a connection is told as such, and
 * the caller asks again.
 *
 * <p>Confined to the monitor's event thread.
 */
final class ScopeReads {

  private static final Log log = Log.of(ScopeReads.class);

  /** Two or three reads for each: bounded like a transaction. */
  private static final int MAX_SHARDS = 100;

  private static final int MAX_IN_FLIGHT = 8;

  /** As long as an entry's name can be, in the characters that most ids are made of. */
  private static final int LIKELY_NAME_BYTES = AuditFormat.nameBytes(128);

  /** The outcome of a reading. */
  interface Answers {
    /**
     * A scope.
     *
     * @param desertedNanos if it is deserted, the leader's session timeout; see {@link
     *     WorkerEvent.Looked}
     */
    void read(String shard, long number, Optional<ScopeView> view, OptionalLong desertedNanos);

    /** Empty if it can be read once there is a connection. */
    void failed(String shard, long number, Optional<TenureException> lasting);
  }

  /**
   * A reading that has not been started.
   *
   * @param entries how many there are to list; 0 before they were counted
   */
  private record Wish(
      long number, boolean watch, boolean sync, LeadershipAction.Names names, int entries) {
    boolean lists() {
      return entries > 0;
    }

    /** To know whether the list of entries fits into a reply, they are counted first. */
    boolean counts() {
      return !lists() && names != LeadershipAction.Names.NO;
    }

    int reads() {
      return lists() || counts() ? 3 : 2;
    }

    /** Once more, where the first reading has set the watch. */
    Wish again() {
      return new Wish(number, false, false, names, 0);
    }

    Wish listing(int count) {
      return new Wish(number, false, false, names, count);
    }

    /** Asked for again: one reading does for both, and only the later is waited for. */
    Wish and(Wish later) {
      return new Wish(
          later.number, watch || later.watch, sync || later.sync, names.and(later.names), 0);
    }
  }

  /** A scope whose record tells of a leader without a node. */
  private record WithoutLeader(
      String shard, Wish wish, Optional<ScopeView> view, Incumbent incumbent) {}

  private final Monitor monitor;
  private final GroupPaths paths;
  private Retention retention;
  private final OfficeWatches watches;
  private final Answers answers;
  private final Registrations registrations;
  private final LinkedHashMap<String, Wish> wishes = new LinkedHashMap<>();

  /** Entries that cannot be deleted, because another client has hung a znode below them. */
  private final Set<String> undeletable = new HashSet<>();

  private final RecordChecks checks = new RecordChecks();
  private final RecordComparison comparison;

  /** Trails whose list does not fit into a reply, which was said. */
  private final Set<String> tooLong = new HashSet<>();

  /** Trails whose list may have cost the connection: each is asked for alone. */
  private final Set<String> alone = new HashSet<>();

  private final Map<String, ListPause> listPauses = new HashMap<>();

  private int inFlight;

  ScopeReads(
      Monitor monitor,
      GroupPaths paths,
      Retention retention,
      OfficeWatches watches,
      Answers answers) {
    this.monitor = monitor;
    this.paths = paths;
    this.retention = retention;
    this.watches = watches;
    this.answers = answers;
    this.registrations = new Registrations(monitor, paths);
    this.comparison = new RecordComparison(monitor);
  }

  void add(String shard, LeadershipAction.Read read) {
    wishes.merge(
        shard, new Wish(read.number(), read.watch(), read.sync(), read.names(), 0), Wish::and);
  }

  /** From now on, no commit tries to delete this entry. */
  void cannotDelete(String path) {
    undeletable.add(path);
  }

  /** From now on, so much of each trail is kept. */
  void retain(Retention entries) {
    retention = entries;
  }

  void clear() {
    wishes.clear();
  }

  /** Sends what may be sent now. */
  void flush() {
    boolean idle = inFlight == 0;
    while ((idle ? !wishes.isEmpty() : wishes.size() >= MAX_SHARDS)
        && inFlight < MAX_IN_FLIGHT
        && monitor.isConnected()) {
      Map<String, Wish> some = new LinkedHashMap<>();
      var all = wishes.entrySet().iterator();
      while (all.hasNext() && some.size() < MAX_SHARDS) {
        Map.Entry<String, Wish> wish = all.next();
        some.put(wish.getKey(), wish.getValue());
        all.remove();
      }
      inFlight++;
      read(monitor.sessionId(), some);
    }
  }

  private void read(long session, Map<String, Wish> some) {
    boolean sync = some.values().stream().anyMatch(Wish::sync);
    CompletableFuture<Reply> synced =
        sync ? monitor.sync(session) : CompletableFuture.completedFuture(null);
    synced
        .thenCompose(done -> readScopes(session, some))
        .whenComplete(
            (nothing, error) -> {
              inFlight--;
              if (error != null) {
                Optional<TenureException> lasting = lasting(error);
                if (lasting.isEmpty()) {
                  log.error("reading {} shards failed", some.size(), error);
                }
                // Those that have been answered already no longer wait for this number.
                some.forEach((shard, wish) -> failed(shard, wish, lasting));
              }
              flush();
            });
  }

  private CompletableFuture<Void> readScopes(long session, Map<String, Wish> some) {
    List<Op> reads = new ArrayList<>(3 * some.size());
    some.forEach(
        (shard, wish) -> {
          Scope scope = paths.shard(shard);
          String leader = monitor.realPath(scope.leaderPath());
          if (wish.watch()) {
            // Before the reading, so that a change after it is not missed. One connection keeps
            // the order; if this fails, the reading fails as well.
            watches.set(session, shard);
          }
          reads.add(Op.getData(monitor.realPath(scope.path())));
          reads.add(Op.getData(leader));
          String audit = monitor.realPath(scope.auditPath());
          if (wish.lists()) {
            reads.add(Op.getChildren(audit));
          } else if (wish.counts()) {
            reads.add(Op.getData(audit));
          }
        });
    return monitor.read(session, reads).thenCompose(reply -> answered(session, some, reply));
  }

  private CompletableFuture<Void> answered(long session, Map<String, Wish> some, Reply reply) {
    int expected = some.values().stream().mapToInt(Wish::reads).sum();
    if (reply.results().size() != expected) {
      Optional<TenureException> lasting = lasting(reply.code(), paths.shards());
      if (reply.code() == Code.CONNECTIONLOSS) {
        listsLost(some);
      }
      some.forEach((shard, wish) -> failed(shard, wish, lasting));
      return CompletableFuture.completedFuture(null);
    }
    Map<String, Wish> again = new LinkedHashMap<>();
    List<WithoutLeader> withoutLeader = new ArrayList<>();
    List<RecordComparison.Suspect> suspects = new ArrayList<>();
    int next = 0;
    for (Map.Entry<String, Wish> entry : some.entrySet()) {
      String shard = entry.getKey();
      Wish wish = entry.getValue();
      List<OpResult> results = reply.results().subList(next, next + wish.reads());
      next += results.size();
      if (wish.lists()) {
        alone.remove(shard);
        listPauses.remove(shard);
      }
      try {
        Optional<ScopeView> view = view(paths.shard(shard), results);
        Optional<Incumbent> gone = withoutNode(view);
        Optional<RecordComparison.Suspect> suspect =
            view.flatMap(found -> suspect(shard, wish, found, results));
        if (suspect.isPresent()) {
          suspects.add(suspect.get());
          continue;
        }
        int toList = view.map(found -> entriesToList(shard, wish, found, results)).orElse(0);
        if (toList > 0) {
          again.put(shard, wish.listing(toList));
        } else if (gone.isPresent()) {
          withoutLeader.add(new WithoutLeader(shard, wish, view, gone.get()));
        } else {
          answers.read(shard, wish.number(), view, OptionalLong.empty());
        }
      } catch (TenureException e) {
        failed(shard, wish, Optional.of(e));
      }
    }
    CompletableFuture<Void> told =
        withoutLeader.isEmpty()
            ? CompletableFuture.completedFuture(null)
            : tellWhoIsGone(session, withoutLeader);
    CompletableFuture<Void> all = told;
    if (!suspects.isEmpty()) {
      all = all.thenCompose(done -> compare(session, some, suspects));
    }
    for (Map<String, Wish> lists : inOneReplyEach(again)) {
      all = all.thenCompose(done -> readScopes(session, lists));
    }
    return all;
  }

  /** Whether the record may be older than the trail, so that more has to be read. */
  private Optional<RecordComparison.Suspect> suspect(
      String shard, Wish wish, ScopeView view, List<OpResult> results) {
    if (!wish.counts() || !(results.get(2) instanceof OpResult.GetDataResult audit)) {
      return Optional.empty();
    }
    Stat read = ((OpResult.GetDataResult) results.get(0)).getStat();
    return checks.isSuspect(shard, view, read, audit)
        ? Optional.of(
            new RecordComparison.Suspect(
                paths.shard(shard), shard, view.record(), read, audit.getStat()))
        : Optional.empty();
  }

  /** Those whose record is as new as the trail are read once more, and told then. */
  private CompletableFuture<Void> compare(
      long session, Map<String, Wish> wishes, List<RecordComparison.Suspect> suspects) {
    Map<String, Wish> sound = new LinkedHashMap<>();
    return comparison
        .compare(
            session,
            suspects,
            (suspect, verdict) -> {
              Wish wish = Objects.requireNonNull(wishes.get(suspect.shard()));
              if (verdict.fits()) {
                checks.fits(suspect.shard(), suspect.record(), suspect.read());
                sound.put(suspect.shard(), wish.again());
              } else {
                failed(suspect.shard(), wish, verdict.refused());
              }
            })
        .thenCompose(
            done ->
                sound.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : readScopes(session, sound));
  }

  /** How many entries are to be listed; 0 if none, or if their list may not fit into a reply. */
  private int entriesToList(String shard, Wish wish, ScopeView view, List<OpResult> results) {
    if (!wish.counts() || !(results.get(2) instanceof OpResult.GetDataResult audit)) {
      return 0;
    }
    boolean trims =
        wish.names() == LeadershipAction.Names.YES
            || CommitProtocol.needsEntryNames(view.record(), retention);
    ListPause pause = listPauses.get(shard);
    if (!trims || (pause != null && pause.isOn(monitor.clock().monotonicNanos()))) {
      return 0;
    }
    int entries = audit.getStat().getNumChildren();
    int packetBytes = monitor.packetBytes();
    if (TrailLength.fits(entries, view.record(), packetBytes)) {
      return entries;
    }
    if (tooLong.add(shard)) {
      log.warn(
          "{}",
          TrailLength.cannotTrim(
              paths.shard(shard).auditPath(), entries, view.record(), retention, packetBytes));
    }
    return 0;
  }

  /** As many lists at a time as surely fit into a reply, with the records beside them. */
  private List<Map<String, Wish>> inOneReplyEach(Map<String, Wish> lists) {
    List<Map<String, Wish>> parts = new ArrayList<>();
    Map<String, Wish> part = new LinkedHashMap<>();
    long bytes = 0;
    for (Map.Entry<String, Wish> list : lists.entrySet()) {
      long more = TrailLength.listBytes(list.getValue().entries(), LIKELY_NAME_BYTES);
      boolean full = bytes + more > monitor.packetBytes() / 2;
      if (!part.isEmpty() && (full || alone.contains(list.getKey()) || isAlone(part))) {
        parts.add(part);
        part = new LinkedHashMap<>();
        bytes = 0;
      }
      part.put(list.getKey(), list.getValue());
      bytes += more;
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }

  private boolean isAlone(Map<String, Wish> part) {
    return part.keySet().stream().anyMatch(alone::contains);
  }

  /**
   * The connection was lost while lists were asked for, perhaps by one that is longer than a reply
   * may be: next time each is asked for alone, and if that happens again, not for a while.
   */
  private void listsLost(Map<String, Wish> some) {
    some.forEach(
        (shard, wish) -> {
          if (wish.lists() && !alone.add(shard) && some.size() == 1) {
            ListPause pause = listPauses.computeIfAbsent(shard, any -> new ListPause());
            if (pause.lost(monitor.clock().monotonicNanos())) {
              log.warn("{}", ListPause.text(paths.shard(shard).path()));
            }
          }
        });
  }

  /** Whom the record tells of, if there is no leader node. */
  static Optional<Incumbent> withoutNode(Optional<ScopeView> view) {
    return view.filter(found -> found.record().isLed() && found.leader().isEmpty())
        .flatMap(found -> found.record().incumbent());
  }

  private CompletableFuture<Void> tellWhoIsGone(long session, List<WithoutLeader> some) {
    return registrations
        .sessions(session, some.stream().map(WithoutLeader::incumbent).toList())
        .thenAccept(
            registered ->
                some.forEach(
                    one -> {
                      if (registered.isEmpty()) {
                        failed(one.shard(), one.wish(), Optional.empty());
                      } else {
                        answers.read(
                            one.shard(),
                            one.wish().number(),
                            one.view(),
                            timeout(registered.get().get(one.incumbent().session())));
                      }
                    }));
  }

  private static OptionalLong timeout(@Nullable Long registered) {
    return registered == null ? OptionalLong.empty() : OptionalLong.of(registered);
  }

  private Optional<ScopeView> view(Scope scope, List<OpResult> results) {
    if (results.get(0) instanceof OpResult.ErrorResult error) {
      ServerErrors.requireAbsent(error, scope.path());
      return Optional.empty();
    }
    OpResult.GetDataResult read = (OpResult.GetDataResult) results.get(0);
    byte[] data = read.getData();
    // Another client made an empty znode as a parent: it becomes a scope.
    ScopeRecord record =
        data == null || data.length == 0
            ? ScopeRecord.empty()
            : ScopeRecord.parse(scope.path(), data);
    Optional<ScopeView.LeaderData> leader = Optional.empty();
    if (results.get(1) instanceof OpResult.GetDataResult office) {
      leader =
          Optional.of(
              new ScopeView.LeaderData(
                  office.getData() == null ? new byte[0] : office.getData(),
                  office.getStat().getEphemeralOwner()));
    } else if (results.get(1) instanceof OpResult.ErrorResult error) {
      ServerErrors.requireAbsent(error, scope.leaderPath());
    }
    List<String> names =
        results.size() > 2 && results.get(2) instanceof OpResult.GetChildrenResult listed
            ? listed.getChildren().stream()
                .filter(name -> !undeletable.contains(scope.auditPath() + "/" + name))
                .toList()
            : List.of();
    return Optional.of(new ScopeView(record, read.getStat().getVersion(), leader, names));
  }

  private void failed(String shard, Wish wish, Optional<TenureException> lasting) {
    answers.failed(shard, wish.number(), lasting);
  }

  private static Optional<TenureException> lasting(Throwable error) {
    return error.getCause() instanceof TenureException refused
        ? Optional.of(refused)
        : Optional.empty();
  }

  private static Optional<TenureException> lasting(Code code, String path) {
    return code == Code.OK || ServerErrors.isTransient(code)
        ? Optional.empty()
        : Optional.of(ServerErrors.refused(code, path, "read"));
  }
}
