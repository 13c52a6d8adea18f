package io.tenure.internal.leadership;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.EntryNaming;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeView;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the transactions of one scope, and remembers what the last ones met: entries that cannot be
 * deleted, names that are taken, a parent of entries that is missing.
 *
 * <p>Confined to one thread.
 */
final class ScopeCommits {

  private final Candidacy candidacy;

  /** How the next transaction names its entries. */
  private EntryNaming naming = EntryNaming.PLAIN;

  /** The scope is there without the parent of its entries. */
  private boolean auditMissing;

  /** This candidate may not delete entries: it keeps them all. */
  private boolean keepsAll;

  /** The next transaction deletes no entry, since the last one met some that cannot be deleted. */
  private boolean keepsNext;

  ScopeCommits(Candidacy candidacy) {
    this.candidacy = candidacy;
  }

  Commit elect(Optional<ScopeView> found, Incumbent incumbent, String reason) {
    return found
        .map(
            view ->
                withAudit(
                    CommitProtocol.elect(
                        view, incumbent, reason, retention(), candidacy.now(), naming)))
        .orElseGet(
            () -> CommitProtocol.found(incumbent, reason, retention(), candidacy.now(), naming));
  }

  Commit end(ScopeView office, Transition.End end) {
    return withAudit(CommitProtocol.end(office, end, retention(), candidacy.now(), naming));
  }

  private Commit withAudit(Commit commit) {
    return auditMissing ? CommitProtocol.withAudit(commit) : commit;
  }

  private Retention retention() {
    return keepsAll || keepsNext ? Retention.KEEP_ALL : candidacy.retention();
  }

  /**
   * Whether the next transaction has to know the names of the entries.
   *
   * @param longTrail what the last reading told, where that reading is not kept
   */
  boolean needsNames(@Nullable ScopeView view, boolean longTrail) {
    return view == null
        ? longTrail && !keepsAll
        : CommitProtocol.needsEntryNames(view.record(), retention());
  }

  /** Whether the names have to be read before a tenure can be ended. */
  boolean missesNames(ScopeView office) {
    return !candidacy.keepsNames() && office.entryNames().isEmpty() && needsNames(office, false);
  }

  LeadershipAction.Names names(@Nullable ScopeView view, boolean longTrail) {
    if (keepsAll) {
      return LeadershipAction.Names.NO;
    }
    return needsNames(view, longTrail)
        ? LeadershipAction.Names.YES
        : LeadershipAction.Names.IF_LONG;
  }

  // ---- the outcome of the last one ----

  void committed() {
    naming = EntryNaming.PLAIN;
    auditMissing = false;
    keepsNext = false;
  }

  void notCommitted() {
    auditMissing = false;
  }

  /** The election has come true, as a reading tells. */
  void elected() {
    naming = EntryNaming.PLAIN;
  }

  void auditMissing() {
    auditMissing = true;
  }

  /** There may be thousands that cannot be deleted, and one is found with each try. */
  void trimBlocked() {
    keepsNext = true;
  }

  /** That a candidate may not trim a trail is no reason not to lead. */
  void trimDenied() {
    keepsAll = true;
  }

  /** The next transaction has names that could not be taken ahead. */
  void entryTaken() {
    naming = EntryNaming.of(candidacy.nonce());
  }
}
