package io.tenure.sharding;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.testing.InMemoryScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** What {@link ShardLink} and {@link ScopeReads} do for a worker, in the simulated ensemble. */
final class SimulatedLink {

  private static final int SET_ASIDE = 15;
  private static final int REFUSED = 60;

  private final SimulatedEnsemble ensemble;
  private final Retention retention;
  private final Consumer<WorkerEvent> worker;

  /** A reading that is wanted. */
  private record Look(
      String shard, long number, boolean watch, boolean sync, LeadershipAction.Names names) {}

  /** A commit that is wanted. */
  private record Send(String shard, Commit commit) {}

  // Not sent yet.
  private final Map<String, Look> wishes = new LinkedHashMap<>();
  private final List<Send> commits = new ArrayList<>();
  private final List<String> watches = new ArrayList<>();

  /** Shards with a transaction under way. */
  final Set<String> committing = new TreeSet<>();

  private SimulatedSession session;

  SimulatedLink(
      SimulatedEnsemble ensemble,
      Retention retention,
      SimulatedSession session,
      Consumer<WorkerEvent> worker) {
    this.ensemble = ensemble;
    this.retention = retention;
    this.worker = worker;
    this.session = session;
    begin(session);
  }

  SimulatedSession session() {
    return session;
  }

  /** In another session. */
  void begin(SimulatedSession in) {
    session = in;
    in.watcher(shard -> worker.accept(new WorkerEvent.OfficeChanged(shard)));
  }

  // ---- what the machine wants ----

  void look(String of, LeadershipAction.Read read) {
    wishes.merge(
        of,
        new Look(of, read.number(), read.watch(), read.sync(), read.names()),
        (a, b) ->
            new Look(
                a.shard(),
                b.number(),
                a.watch() || b.watch(),
                a.sync() || b.sync(),
                a.names().and(b.names())));
  }

  void watch(String shard) {
    watches.add(shard);
  }

  void send(String shard, Commit commit) {
    if (!committing.add(shard)) {
      throw new AssertionError("two transactions of shard " + shard + " under way");
    }
    commits.add(new Send(shard, commit));
  }

  void dropLeader(String shard, String nonce) {
    session.send(new Drop(shard, nonce));
  }

  /** Sends what has gathered, or a part of it. */
  boolean flush() {
    if (!session.connected || (wishes.isEmpty() && commits.isEmpty() && watches.isEmpty())) {
      return false;
    }
    if (!ensemble.fault(3)) {
      commits.forEach(send -> session.send(new Transaction(send)));
      commits.clear();
    }
    if (!ensemble.fault(3)) {
      wishes.values().forEach(this::read);
      wishes.clear();
    }
    if (!ensemble.fault(3)) {
      watches.forEach(shard -> session.send(new Watch(shard, true)));
      watches.clear();
    }
    return true;
  }

  /** The session is gone: what was under way is answered, what was not sent is of no use. */
  void sessionGone() {
    session.gone = true;
    session.connected = false;
    session.everythingIsLost();
    wishes.clear();
    commits.clear();
    watches.clear();
    committing.clear();
  }

  private void answer(String shard, WorkerEvent event) {
    committing.remove(shard);
    worker.accept(event);
  }

  private static TenureException refused() {
    return new CoordinationException("the server does not want to");
  }

  // ---- reading ----

  private void read(Look look) {
    if (look.sync()) {
      session.send(new Sync(look));
    } else {
      readNow(look);
    }
  }

  private void readNow(Look look) {
    if (look.watch()) {
      session.send(new Watch(look.shard(), false));
    }
    session.send(new Read(look));
  }

  /** Lost or not: the reading goes on, as new as it may be. */
  private final class Sync implements SimulatedSession.Request {
    private final Look look;

    Sync(Look look) {
      this.look = look;
    }

    @Override
    public void serve() {
      session.catchUp();
    }

    @Override
    public void answered() {
      readNow(look);
    }

    @Override
    public void lost() {
      if (!session.gone) {
        readNow(look);
      } else {
        worker.accept(new WorkerEvent.LookFailed(look.shard(), look.number(), Optional.empty()));
      }
    }
  }

  /** An exists call. */
  private final class Watch implements SimulatedSession.Request {
    private final String shard;
    private final boolean ofNewLeader;
    private boolean there;
    private boolean asCreated;

    Watch(String shard, boolean ofNewLeader) {
      this.shard = shard;
      this.ofNewLeader = ofNewLeader;
    }

    @Override
    public void serve() {
      SimulatedEnsemble.State state = session.watch(shard);
      there = state.leader().isPresent();
      asCreated = there && state.leader().get().owner() == session.id && state.leaderVersion() == 0;
    }

    @Override
    public void answered() {
      session.registered(shard, there);
      if (ofNewLeader && !asCreated) {
        worker.accept(new WorkerEvent.OfficeChanged(shard));
      }
    }

    @Override
    public void lost() {
      if (ofNewLeader) {
        worker.accept(new WorkerEvent.OfficeChanged(shard));
      }
    }
  }

  /** The record, the leader node and the names are read one after the other. */
  private final class Read implements SimulatedSession.Request {
    private final Look look;
    private Optional<ScopeView> view = Optional.empty();
    private boolean deserted;
    private boolean refused;

    Read(Look look) {
      this.look = look;
    }

    @Override
    public void serve() {
      Optional<ScopeView> record = session.read(look.shard()).view();
      Optional<ScopeView.LeaderData> leader = session.read(look.shard()).leader();
      List<String> names =
          look.names() == LeadershipAction.Names.YES
              ? session.read(look.shard()).view().map(ScopeView::entryNames).orElse(List.of())
              : List.of();
      view = record.map(r -> new ScopeView(r.record(), r.version(), leader, names));
      deserted =
          ScopeReads.withoutNode(view)
              .map(last -> ensemble.isAlive(Sessions.parse(last.session())))
              .orElse(false);
      refused = ensemble.fault(REFUSED);
    }

    @Override
    public void answered() {
      if (refused) {
        worker.accept(
            new WorkerEvent.LookFailed(look.shard(), look.number(), Optional.of(refused())));
      } else if (look.names() == LeadershipAction.Names.IF_LONG
          && view.isPresent()
          && CommitProtocol.needsEntryNames(view.get().record(), retention)) {
        session.send(
            new Read(
                new Look(look.shard(), look.number(), false, false, LeadershipAction.Names.YES)));
      } else {
        worker.accept(new WorkerEvent.Looked(look.shard(), look.number(), view, deserted));
      }
    }

    @Override
    public void lost() {
      worker.accept(new WorkerEvent.LookFailed(look.shard(), look.number(), Optional.empty()));
    }
  }

  // ---- writing ----

  /** A commit, and its answer. */
  private final class Transaction implements SimulatedSession.Request {
    private final String shard;
    private final Commit commit;
    private final int life;
    private boolean served;
    private WorkerEvent answer;

    Transaction(Send send) {
      this.shard = send.shard();
      this.commit = send.commit();
      this.life = ensemble.scope(shard).life;
      this.answer = new WorkerEvent.NotCommitted(shard, false);
    }

    @Override
    public void serve() {
      served = true;
      if (ensemble.fault(REFUSED)) {
        answer = new WorkerEvent.CommitFailed(shard, refused());
      } else if (!ensemble.fault(SET_ASIDE)) {
        Optional<ScopeOp> obstacle = ensemble.apply(shard, commit, session.id);
        if (obstacle.isEmpty()) {
          answer = new WorkerEvent.Committed(shard);
        } else if (obstacle.get() instanceof ScopeOp.CreateEntry entry) {
          InMemoryScope scope = ensemble.scope(shard).now;
          if (scope.isForged(entry.name())) {
            answer = new WorkerEvent.EntryTaken(shard);
          } else if (scope.audit.containsKey(entry.name())) {
            throw new AssertionError("an entry is there that the record does not know");
          } else {
            answer = new WorkerEvent.AuditMissing(shard);
          }
        }
      }
      session.catchUp();
    }

    @Override
    public void answered() {
      answer(shard, answer);
    }

    @Override
    public void lost() {
      if (!served) {
        int fate = ensemble.random.nextInt(4);
        if (fate == 0 && session.alive && life == ensemble.scope(shard).life) {
          ensemble.apply(shard, commit, session.id);
        } else if (fate > 1) {
          ensemble.straggles(session, shard, life, commit);
        }
      }
      answer(shard, new WorkerEvent.NotCommitted(shard, true));
    }
  }

  /** Deletes the leader node if it is still that tenure's; asked again until there is an answer. */
  private final class Drop implements SimulatedSession.Request {
    private final String shard;
    private final String nonce;

    Drop(String shard, String nonce) {
      this.shard = shard;
      this.nonce = nonce;
    }

    @Override
    public void serve() {
      Optional<ScopeView.LeaderData> leader = ensemble.scope(shard).now.leader;
      if (leader.isPresent()
          && leader.get().owner() == session.id
          && SimulatedEnsemble.isOfOrOverwritten(leader.get().data(), nonce)) {
        ensemble.deleteLeader(shard, false);
      }
      session.catchUp();
    }

    @Override
    public void answered() {}

    @Override
    public void lost() {
      if (!session.gone) {
        session.send(this);
      }
    }
  }
}
