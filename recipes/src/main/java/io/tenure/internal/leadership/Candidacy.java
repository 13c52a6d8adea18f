package io.tenure.internal.leadership;

import io.tenure.internal.Incumbent;
import io.tenure.internal.Sessions;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * What all leaderships of one candidate share.
 *
 * <p>Confined to one thread.
 */
public final class Candidacy {

  private final Candidate candidate;
  private final Supplier<String> nonces;
  private final boolean keepsNames;
  private Retention retention;
  private Instant now = Instant.EPOCH;
  private long numbers;

  /**
   * A candidacy.
   *
   * @param keepsNames whether the names of entries stay in memory between two transitions, so that
   *     the second needs no further reading; with thousands of scopes they would be too many
   */
  public Candidacy(
      Candidate candidate, Retention retention, Supplier<String> nonces, boolean keepsNames) {
    this.candidate = candidate;
    this.retention = retention;
    this.nonces = nonces;
    this.keepsNames = keepsNames;
  }

  /** An event begins at that wall time, which is only written into entries. */
  public void begin(Instant wallTime) {
    now = wallTime;
  }

  /** How much of each trail is kept from the next transaction on. */
  public void retain(Retention entries) {
    retention = entries;
  }

  /** A number that no reading and no wake-up of this candidacy has had. */
  public long nextNumber() {
    return ++numbers;
  }

  /** The wall time of the event that is being handled. */
  public Instant now() {
    return now;
  }

  public Candidate candidate() {
    return candidate;
  }

  Retention retention() {
    return retention;
  }

  boolean keepsNames() {
    return keepsNames;
  }

  String nonce() {
    return nonces.get();
  }

  Incumbent incumbent(long session, String nonce) {
    return new Incumbent(candidate, Sessions.format(session), nonce, now);
  }
}
