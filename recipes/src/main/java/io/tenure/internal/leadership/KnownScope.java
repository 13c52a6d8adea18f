package io.tenure.internal.leadership;

import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a candidate knows of its scope from the last reading, or from the last commit.
 *
 * <p>Small, since there are thousands. Confined to one thread.
 */
final class KnownScope {

  private static final byte[] NO_BYTES = new byte[0];

  private final boolean keepsNames;

  /** Null if the scope is not there or not known. */
  private @Nullable ScopeView view;

  private boolean leaderThere;

  /** The trail is so long that the next transition has to know the entries' names. */
  private boolean longTrail;

  KnownScope(boolean keepsNames) {
    this.keepsNames = keepsNames;
  }

  /** Keeps what later decisions need, which is not the leader's bytes. */
  void keep(ScopeView full, boolean withNames) {
    leaderThere = full.leader().isPresent();
    view =
        new ScopeView(
            full.record(),
            full.version(),
            full.leader().map(leader -> new ScopeView.LeaderData(NO_BYTES, leader.owner())),
            withNames || keepsNames ? full.entryNames() : List.of());
  }

  void forget() {
    view = null;
    longTrail = false;
    leaderThere = false;
  }

  /** The scope will be read again before anything is decided. */
  void forgetView() {
    view = null;
  }

  void trailIsLong(boolean isLong) {
    longTrail = isLong;
  }

  @Nullable ScopeView view() {
    return view;
  }

  boolean hasLongTrail() {
    return longTrail;
  }

  /** Whether there was a leader node. */
  boolean isLeaderThere() {
    return leaderThere;
  }

  long epoch() {
    ScopeView known = view;
    return known == null ? 0 : known.record().epoch();
  }

  /** The scope of a tenure. */
  ScopeView office() {
    ScopeView office = view;
    if (office == null) {
      throw new IllegalStateException("a scope is led without a record");
    }
    return office;
  }

  /** Whether nothing was committed since, nor the scope deleted and made again. */
  boolean isAsIn(@Nullable ScopeView now) {
    ScopeView before = view;
    if (before == null || now == null) {
      return before == null && now == null;
    }
    return before.version() == now.version()
        && before.record().digest().equals(now.record().digest());
  }

  /** Whether the record tells of the tenure with that nonce, as in office. */
  static boolean isLedBy(ScopeRecord record, String nonce) {
    return record.isLed() && !nonce.isEmpty() && record.isOf(nonce);
  }

  static boolean isNodeOf(@Nullable ScopeView found, long session) {
    return found != null && node(found, session).isPresent();
  }

  /** Whether the leader node is the one that the attempt with that nonce has made. */
  static boolean isNodeOf(@Nullable ScopeView found, long session, String nonce) {
    return found != null
        && node(found, session)
            .flatMap(node -> LeaderNode.nonce(node.data()))
            .filter(nonce::equals)
            .isPresent();
  }

  private static Optional<ScopeView.LeaderData> node(ScopeView found, long session) {
    return found.leader().filter(node -> node.owner() == session);
  }
}
