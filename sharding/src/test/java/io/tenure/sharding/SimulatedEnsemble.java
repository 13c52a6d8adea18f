package io.tenure.sharding;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeView;
import io.tenure.testing.InMemoryScope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * ZooKeeper as workers see it: the scopes of a few shards, and the log of everything that was ever
 * done to them. {@link SimulatedSession}s read it through servers that lag behind.
 */
final class SimulatedEnsemble {

  /**
   * A scope as of one log entry.
   *
   * @param leaderVersion of the leader node's data; 0 as it was created
   * @param leaderZxid which entry created, set or deleted the leader node last
   */
  record State(long zxid, Optional<ScopeView> view, int leaderVersion, long leaderZxid) {

    Optional<ScopeView.LeaderData> leader() {
      return view.flatMap(ScopeView::leader);
    }
  }

  /** One shard's scope, now and ever. */
  static final class SimulatedScope {
    final String shard;
    final List<State> states = new ArrayList<>();

    /** The nonces of the tenures that were committed, and the evictions until then. */
    final Map<String, Integer> elected = new HashMap<>();

    InMemoryScope now = InMemoryScope.absent();

    /** How often it was deleted: what was sent to one life does not come true in another. */
    int life;

    /** How often an operator took the leader node away from its leader. */
    int evictions;

    SimulatedScope(String shard) {
      this.shard = shard;
      states.add(new State(0, now.find(), 0, 0));
    }

    State latest() {
      return states.get(states.size() - 1);
    }

    State at(long zxid) {
      int i = states.size() - 1;
      while (states.get(i).zxid() > zxid) {
        i--;
      }
      return states.get(i);
    }
  }

  /** A transaction whose answer was given up, and that is still on its way. */
  private record Straggler(SimulatedSession session, String shard, int life, Commit commit) {}

  private record Change(String shard, boolean ofLeader) {}

  final Random random;

  /** Whether anything goes wrong. */
  boolean faults = true;

  /** Whether everything that went wrong has been answered, too. */
  boolean calm;

  final Map<String, SimulatedScope> scopes = new TreeMap<>();
  private final List<Change> log = new ArrayList<>();
  private final Set<Long> ended = new HashSet<>();
  private final List<Straggler> stragglers = new ArrayList<>();
  private final Transcript transcript;
  private long nextSession = 0x1000;
  private Instant wallTime = Instant.parse("2026-03-01T02:00:00Z");

  SimulatedEnsemble(Random random, List<String> shards, Transcript transcript) {
    this.random = random;
    this.transcript = transcript;
    shards.forEach(shard -> scopes.put(shard, new SimulatedScope(shard)));
  }

  SimulatedSession newSession() {
    return new SimulatedSession(this, nextSession++, transcript);
  }

  /** Whether a session has its nodes, the registration among them. */
  boolean isAlive(long session) {
    return !ended.contains(session);
  }

  SimulatedScope scope(String shard) {
    return scopes.get(shard);
  }

  /** True once in so many times, while there are faults. */
  boolean fault(int oneIn) {
    return faults && random.nextInt(oneIn) == 0;
  }

  long lastZxid() {
    return log.size();
  }

  /** The shard whose leader node an entry of the log changed. */
  Optional<String> leaderChangedBy(long zxid) {
    Change change = log.get((int) zxid - 1);
    return change.ofLeader() ? Optional.of(change.shard()) : Optional.empty();
  }

  /** Goes on with each event, as it does between any two lives of a scope. */
  Instant wallTime() {
    wallTime = wallTime.plusMillis(1);
    return wallTime;
  }

  // ---- transactions ----

  /** Applies a commit, or says which operation is in its way. */
  Optional<ScopeOp> apply(String shard, Commit commit, long session) {
    SimulatedScope scope = scope(shard);
    Optional<ScopeOp> obstacle =
        isOfAnotherLife(scope, commit)
            ? Optional.of(commit.ops().get(0))
            : scope.now.obstacle(commit);
    if (obstacle.isEmpty()) {
      boolean leader = commit.ops().stream().anyMatch(SimulatedEnsemble::isOnLeader);
      scope.now.apply(commit, session);
      if (commit.ops().stream().anyMatch(ScopeOp.CreateLeader.class::isInstance)) {
        scope.elected.put(
            commit.after().record().incumbent().orElseThrow().nonce(), scope.evictions);
      }
      changed(scope, 0, leader);
      transcript.add("  applied %s: %s", shard, commit);
    }
    return obstacle;
  }

  /**
   * Versions begin again when an operator deletes a scope, so the commit of a leader who has not
   * heard of it yet might find its version in the next life. The protocol cannot tell, and does not
   * claim to; the digests can.
   */
  private static boolean isOfAnotherLife(SimulatedScope scope, Commit commit) {
    if (scope.life == 0) {
      return false;
    }
    String digest = scope.now.read().record().digest();
    return commit.ops().stream()
        .filter(ScopeOp.CreateEntry.class::isInstance)
        .map(ScopeOp.CreateEntry.class::cast)
        .findFirst()
        .map(entry -> AuditFormat.parse(entry.name(), entry.data()).previousDigest())
        .filter(previous -> !previous.equals(digest))
        .isPresent();
  }

  private static boolean isOnLeader(ScopeOp op) {
    return op instanceof ScopeOp.CreateLeader || op instanceof ScopeOp.DeleteLeader;
  }

  private void changed(SimulatedScope scope, int leaderVersion, boolean leaderChanged) {
    log.add(new Change(scope.shard, leaderChanged));
    long leaderZxid = leaderChanged ? lastZxid() : scope.latest().leaderZxid();
    scope.states.add(new State(lastZxid(), scope.now.find(), leaderVersion, leaderZxid));
  }

  /** It arrives at some later time, or never. */
  void straggles(SimulatedSession session, String shard, int life, Commit commit) {
    stragglers.add(new Straggler(session, shard, life, commit));
  }

  boolean hasStragglers() {
    return !stragglers.isEmpty();
  }

  void aStragglerArrives() {
    if (!stragglers.isEmpty()) {
      Straggler late = stragglers.remove(random.nextInt(stragglers.size()));
      if (late.session().alive && scope(late.shard()).life == late.life()) {
        transcript.add("  late: %s %s", late.shard(), late.commit());
        apply(late.shard(), late.commit(), late.session().id);
      }
    }
  }

  void stragglersAreLost() {
    stragglers.clear();
  }

  /**
   * Whether a leader node was made by the attempt with that nonce, regardless of what was written
   * since.
   */
  static boolean isOfOrOverwritten(byte[] leader, String nonce) {
    String text = new String(leader, StandardCharsets.UTF_8);
    return text.contains(nonce) || !text.startsWith("{");
  }

  // ---- what else happens to scopes ----

  void sessionEnds(long session) {
    ended.add(session);
    for (SimulatedScope scope : scopes.values()) {
      if (scope.now.leader.map(leader -> leader.owner() == session).orElse(false)) {
        scope.now.sessionEnds(session);
        changed(scope, 0, true);
      }
    }
  }

  /** The leader node alone is deleted, by an operator or because its record cannot be written. */
  void deleteLeader(String shard, boolean byOperator) {
    SimulatedScope scope = scope(shard);
    if (scope.now.leader.isPresent()) {
      transcript.add("  leader node of %s deleted", shard);
      scope.now.leader = Optional.empty();
      scope.evictions += byOperator ? 1 : 0;
      changed(scope, 0, true);
    }
  }

  void operatorWrites(String shard, String text) {
    SimulatedScope scope = scope(shard);
    if (scope.now.leader.isPresent()) {
      transcript.add("  operator writes \"%s\" into %s", text, shard);
      scope.now.leader =
          Optional.of(
              new ScopeView.LeaderData(
                  text.getBytes(StandardCharsets.UTF_8), scope.now.leader.get().owner()));
      changed(scope, scope.latest().leaderVersion() + 1, true);
    }
  }

  /** The whole scope, with everything below it; sometimes it is made again, without data. */
  void operatorDeletesScope(String shard) {
    SimulatedScope scope = scope(shard);
    if (scope.now.exists()) {
      transcript.add("  operator deletes %s", shard);
      boolean led = scope.now.leader.isPresent();
      scope.now = InMemoryScope.absent();
      scope.life++;
      scope.evictions++;
      changed(scope, 0, led);
    }
  }

  void operatorMakesScope(String shard) {
    SimulatedScope scope = scope(shard);
    if (!scope.now.exists()) {
      transcript.add("  operator makes %s", shard);
      scope.now = InMemoryScope.emptyZnode();
      scope.life++;
      changed(scope, 0, false);
    }
  }

  void operatorDeletesAudit(String shard) {
    SimulatedScope scope = scope(shard);
    if (scope.now.exists()) {
      transcript.add("  operator deletes the audit of %s", shard);
      scope.now.deleteAudit();
      changed(scope, scope.latest().leaderVersion(), false);
    }
  }

  /** A client that may add to a trail makes a znode in it. */
  void forgeEntry(String shard, List<String> ids) {
    SimulatedScope scope = scope(shard);
    if (scope.now.exists()) {
      transcript.add("  an entry of %s is forged", shard);
      scope.now.forgeEntry(random, ids);
      changed(scope, scope.latest().leaderVersion(), false);
    }
  }

  /** Epochs dense, digests chained, every transition once; and no more entries than wanted. */
  void check() {
    for (SimulatedScope scope : scopes.values()) {
      scope.now.check();
      if (scope.now.kept() > SimulatedWorker.RETENTION.entries()) {
        throw new AssertionError("entries of " + scope.shard + ": " + scope.now.audit.keySet());
      }
    }
  }
}
