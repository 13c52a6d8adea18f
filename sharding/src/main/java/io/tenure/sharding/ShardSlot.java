package io.tenure.sharding;

import io.tenure.internal.EntryNaming;
import io.tenure.internal.ScopeView;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker knows of one shard. A plain struct, written by {@link ShardMachine} and {@link
 * WorkerMachine} alone; small, since there are thousands.
 */
final class ShardSlot {

  /** How far the task of a planned successor is. */
  enum Warmth {
    COLD,
    WARMING,
    READY
  }

  private static final byte[] NO_BYTES = new byte[0];

  final String shard;

  SlotState state = SlotState.IDLE;
  ShardRole role = ShardRole.NONE;

  /** Among those who stand by; the first is 0. */
  int rank;

  /** Why the plan gave or took the shard. */
  String reason = "";

  /**
   * The last reading, or what the last commit made; null if the scope is not there or not known.
   */
  @Nullable ScopeView view;

  /** Somebody was in office then. */
  boolean leaderThere;

  /** Its trail is so long that the next transition has to know the entries' names. */
  boolean longTrail;

  /** What a reading will find once the transaction that is under way is committed. */
  @Nullable ScopeView sent;

  /** Of the present attempt to be elected, or the tenure that came of it; empty without either. */
  String nonce = "";

  /** The attempt's transaction may still come true. */
  boolean attemptUnknown;

  /** It is in office, or something that was sent may still put it there. */
  boolean occupied;

  /** The reading that is waited for; 0 if none is. Answers to others are too old to act on. */
  long look;

  /** That reading watches the leader node. */
  boolean lookWatches;

  /** The leader node has changed since that reading was asked for. */
  boolean changed;

  /** Times in a row that a commit failed because the scope had changed. */
  int conflicts;

  /** How often in a row an action failed that is due under any plan. */
  int failures;

  /** The scope is there without the parent of its entries. */
  boolean auditMissing;

  /** Its next transaction deletes no entry, since the last one met some that cannot be deleted. */
  boolean keepsNext;

  /** How its next transaction names its entries. */
  EntryNaming naming = EntryNaming.PLAIN;

  /** This worker may not delete its entries: it leaves them all. */
  boolean keepsAll;

  /** How long the end of a tenure was awaited whose leader node was deleted by hand. */
  long awaitedNanos;

  /** Somebody who stands by has waited for the others long enough. */
  boolean graceOver;

  /** The number of the wake-up that is waited for; 0 if none is. */
  long wake;

  @Nullable Predecessor predecessor;

  Transition.@Nullable End ending;

  Warmth warmth = Warmth.COLD;

  /** When its last tenure began, by the wall clock. */
  Instant electedAt = Instant.EPOCH;

  /** A task of an earlier tenure still runs, or this one's does. */
  boolean taskAlive;

  /** The task was asked to stop. */
  boolean stopping;

  /** The last task still runs although its tenure has ended, until that task is gone. */
  boolean unable;

  ShardSlot(String shard) {
    this.shard = shard;
  }

  /** Keeps what later decisions need, which is not the leader's bytes. */
  void keep(ScopeView full, boolean withNames) {
    leaderThere = full.leader().isPresent();
    view =
        new ScopeView(
            full.record(),
            full.version(),
            full.leader().map(leader -> new ScopeView.LeaderData(NO_BYTES, leader.owner())),
            withNames ? full.entryNames() : List.of());
  }

  boolean isLed() {
    return state == SlotState.LEADING;
  }

  /**
   * Led although the plan does not know: it stood by, or was to take over later. Not while it stops
   * because the plan has made it a standby.
   */
  boolean isTakenOver() {
    return isLed() && !stopping && (role == ShardRole.STAND_BY || role == ShardRole.TAKE_OVER);
  }

  boolean isReady() {
    return warmth == Warmth.READY && !isLed();
  }

  boolean isUnused() {
    return state == SlotState.IDLE && role == ShardRole.NONE && !taskAlive;
  }
}
