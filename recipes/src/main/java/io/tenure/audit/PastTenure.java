package io.tenure.audit;

import io.tenure.scope.Candidate;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.Optional;

/**
 * One tenure as the audit trail tells it.
 *
 * @param epoch its number
 * @param candidate who led
 * @param from when it began, by the server's clock; empty if the entry of its election is no longer
 *     kept
 * @param ending how and when it ended; empty if its end is not recorded
 */
public record PastTenure(
    long epoch, Candidate candidate, Optional<Instant> from, Optional<Ending> ending) {

  /**
   * The end of a tenure.
   *
   * @param end how it ended
   * @param at the server's time of the entry
   * @param exact whether the tenure ended then; if not, it ended <em>at or before</em> that time,
   *     which is so for {@code lost}
   */
  public record Ending(Transition.End end, Instant at, boolean exact) {}

  /** One line for people. */
  @Override
  public String toString() {
    return "epoch "
        + epoch
        + " "
        + candidate.id()
        + " from "
        + from.map(Instant::toString).orElse("?")
        + ending
            .map(
                e ->
                    (e.exact() ? " to " : " to at or before ")
                        + e.at()
                        + " ("
                        + e.end().word()
                        + ")")
            .orElse(" on");
  }
}
