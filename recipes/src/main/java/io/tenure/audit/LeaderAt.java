package io.tenure.audit;

/** The answer to "who led at that time?". All times are the server's. */
public sealed interface LeaderAt {

  /** This tenure was in office at that time. */
  record Led(PastTenure tenure) implements LeaderAt {}

  /**
   * This tenure had begun by that time, and no other candidate led; it may have ended before. Only
   * a bound is known, because its session ended in office.
   */
  record MayHaveLed(PastTenure tenure) implements LeaderAt {}

  /** No candidate was in office at that time. */
  record Nobody() implements LeaderAt {}

  /** The trail does not reach back that far. */
  record NotKept() implements LeaderAt {}
}
