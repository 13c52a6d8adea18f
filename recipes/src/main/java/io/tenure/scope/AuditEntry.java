package io.tenure.scope;

import java.time.Instant;
import java.util.Optional;

/**
 * What one entry of the audit trail says. Where it stands and when the server wrote it is told by
 * {@code io.tenure.audit.RecordedEntry}.
 *
 * @param index its place in the trail, 1, 2, 3 ... with no gap
 * @param transition what happened, and why
 * @param epoch the tenure it happened to
 * @param candidate whose tenure that is
 * @param session the session that tenure belonged to, as {@code 0x...}
 * @param leaderTime when the writer sent it, by its own clock; shown, never compared
 * @param recordedBy the id of the successor that recorded it, on a {@code lost} entry only
 * @param predecessor how the tenure before ended, on an {@code elected} entry only, and not on the
 *     scope's first
 * @param previousDigest SHA-256 of the bytes of the entry before, in hexadecimal; 64 zeros on the
 *     scope's first
 * @param suffix drawn at random where a znode that no transition made stood in this entry's place;
 *     its name ends in it then, after a {@code ~}. Empty on any other
 */
public record AuditEntry(
    long index,
    Transition transition,
    long epoch,
    Candidate candidate,
    String session,
    Instant leaderTime,
    Optional<String> recordedBy,
    Optional<Predecessor> predecessor,
    String previousDigest,
    Optional<String> suffix) {

  /** An entry whose place was free. */
  public AuditEntry(
      long index,
      Transition transition,
      long epoch,
      Candidate candidate,
      String session,
      Instant leaderTime,
      Optional<String> recordedBy,
      Optional<Predecessor> predecessor,
      String previousDigest) {
    this(
        index,
        transition,
        epoch,
        candidate,
        session,
        leaderTime,
        recordedBy,
        predecessor,
        previousDigest,
        Optional.empty());
  }
}
