package io.tenure.scope;

/**
 * Who held the office before, and how that ended.
 *
 * @param candidateId the predecessor's id
 * @param epoch the epoch of its tenure, one less than the successor's
 * @param end how it ended; {@link Transition.End#needsRecovery()} tells whether to expect half-done
 *     work
 */
public record Predecessor(String candidateId, long epoch, Transition.End end) {}
